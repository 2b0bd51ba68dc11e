"""What an answer says of its state: how it came to it, by which rules, and until when it holds."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.followup.contract import FollowUp, PlanRequest
from services.followup.follow_up import conclude, follow_up
from tests.services.followup.test_corrections import SURGERY, a_result, results

CURED = results(a_result("2024-06-24", "s_phos", 1.1), a_result("2024-06-24", "s_alp", 100))
PENDING = results(a_result("2024-06-24", "s_phos", 1.1), a_result("2024-06-24", "s_alp", 280))


def asked(day: str, *history: dict[str, Any]) -> FollowUp:
    """What follows from this history on this day?"""
    as_of = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    return follow_up(PlanRequest.model_validate({"history": list(history)}), as_of)


def fired(answer: FollowUp) -> set[str]:
    """Which rules speak?"""
    return {rule.id for rule in answer.fired_rules}


@pytest.mark.parametrize(
    ("rule", "speaks", "is_silent"),
    [
        ("FU-007", {"margin": "positive"}, {"margin": "wide"}),
        ("FU-009", {"histology": "malignant"}, {"histology": "benign"}),
    ],
)
def test_an_operation_calls_for_its_rules(
    rule: str, speaks: dict[str, str], is_silent: dict[str, str]
) -> None:
    assert rule in fired(asked("2024-04-11", SURGERY | speaks))
    assert rule not in fired(asked("2024-04-11", SURGERY | is_silent))


SEARCHED = {"state": "NOT_LOCALIZED", "noted_on": "2024-03-01"}
BUROSUMAB = {"agent": "burosumab", "started_on": "2024-03-02"}
CALCITRIOL = {"agent": "calcitriol", "started_on": "2024-03-02"}


@pytest.mark.parametrize(
    ("rule", "speaks", "is_silent"),
    [
        ("FU-010", [SEARCHED, BUROSUMAB], [SEARCHED]),
        ("FU-010", [SEARCHED, CALCITRIOL], [CALCITRIOL, SURGERY]),
        ("FU-011", [BUROSUMAB], [BUROSUMAB | {"stopped_on": "2024-04-01"}]),
        ("FU-011", [SEARCHED, BUROSUMAB], [SEARCHED, CALCITRIOL]),
        ("FU-012", [CALCITRIOL], [CALCITRIOL | {"stopped_on": "2024-04-01"}]),
        ("FU-012", [SEARCHED, CALCITRIOL], [SEARCHED, BUROSUMAB]),
    ],
)
def test_a_drug_that_is_taken_calls_for_its_rules(
    rule: str, speaks: list[dict[str, Any]], is_silent: list[dict[str, Any]]
) -> None:
    assert rule in fired(asked("2024-05-01", *speaks))
    assert rule not in fired(asked("2024-05-01", *is_silent))


def test_after_five_years_of_remission_it_is_for_life() -> None:
    assert "FU-008" not in fired(asked("2029-04-09", SURGERY, CURED))
    assert "FU-008" in fired(asked("2029-04-10", SURGERY, CURED))
    assert "FU-008" not in fired(asked("2029-04-10", SURGERY))


def test_a_masked_result_is_said_and_never_shows_remission() -> None:
    calcitriol = {"agent": "calcitriol", "started_on": "2024-01-02", "stopped_on": "2024-06-22"}
    masked = asked("2024-06-24", SURGERY, calcitriol, CURED)
    free = asked("2024-06-24", SURGERY, calcitriol | {"stopped_on": "2024-06-21"}, CURED)

    assert (masked.state, masked.flags, "FU-004" in fired(masked)) == (
        "POSTOPERATIVE",
        ["MASKED"],
        True,
    )
    assert (free.state, free.flags, "FU-004" in fired(free)) == ("REMISSION", [], False)


def test_every_change_of_state_is_named_with_its_results() -> None:
    low = results(a_result("2025-06-19", "s_phos", 0.6, version=3))
    answer = asked("2025-06-20", SURGERY, PENDING, low)
    steps = [
        (
            step.from_state,
            step.to_state,
            step.on,
            step.rule,
            [(b.id, b.version) for b in step.because],
        )
        for step in answer.transitions
    ]

    assert steps == [
        (
            *("POSTOPERATIVE", "BIOCHEM_REMISSION_ALP_PENDING", date(2024, 6, 24), "FU-002"),
            [("2024-06-24 s_phos", 1), ("2024-06-24 s_alp", 1)],
        ),
        (
            *("BIOCHEM_REMISSION_ALP_PENDING", "EARLY_RESPONSE", date(2025, 4, 10)),
            *("STATE-EARLY-RESPONSE", [("2024-06-24 s_alp", 1)]),
        ),
        (
            *("EARLY_RESPONSE", "PROVISIONAL_PERSISTENT", date(2025, 6, 19), "FU-001"),
            [("2025-06-19 s_phos", 3)],
        ),
    ]
    written = answer.model_dump(mode="json")["transitions"][0]
    assert (written["from"], written["to"]) == ("POSTOPERATIVE", "BIOCHEM_REMISSION_ALP_PENDING")
    assert FollowUp.model_validate_json(answer.model_dump_json()) == answer


def test_a_journey_looks_again_when_a_state_ends_by_itself() -> None:
    request = PlanRequest.model_validate({"history": [SURGERY, PENDING]})
    before, after = (
        conclude(uuid4(), request, datetime(2025, 4, day, 12, tzinfo=UTC)) for day in (9, 10)
    )

    assert (before.state, after.state) == ("BIOCHEM_REMISSION_ALP_PENDING", "EARLY_RESPONSE")
    assert before.look_again is not None
    assert before.look_again <= date(2025, 4, 10)


def fgf23(day: str, value: float, assay: str | None, key: str = "s_fgf23_i") -> dict[str, Any]:
    """An FGF23 of that day, held against 54 pg/mL; C-terminal against 180 RU/mL."""
    unit, high = ("pg/mL", 54) if key == "s_fgf23_i" else ("RU/mL", 180)
    made = a_result(day, "s_phos", value) | {"analyte": key, "unit": unit, "assay": assay}
    return made | {"id": f"{day} {key} {assay}", "reference_range": {"high": high}}


KAINOS, LIAISON = "Kainos", "LIAISON"


@pytest.mark.parametrize(
    ("state", "before", "after"),
    [
        ("EARLY_RESPONSE", [], [fgf23("2024-04-13", 30, KAINOS)]),
        ("EARLY_RESPONSE", [fgf23("2024-03-12", 210, "kainos")], [fgf23("2024-04-13", 30, KAINOS)]),
        ("EARLY_RESPONSE", [fgf23("2024-03-12", 210, None)], [fgf23("2024-04-13", 30, KAINOS)]),
        ("EARLY_RESPONSE", [fgf23("2024-03-12", 40, LIAISON)], [fgf23("2024-04-13", 30, KAINOS)]),
        (
            "EARLY_RESPONSE",
            [fgf23("2024-02-01", 300, KAINOS), fgf23("2024-03-12", 210, LIAISON)],
            [fgf23("2024-04-13", 30, KAINOS)],
        ),
        ("POSTOPERATIVE", [fgf23("2024-03-12", 210, KAINOS)], [fgf23("2024-04-13", 30, LIAISON)]),
        (
            "POSTOPERATIVE",
            [fgf23("2024-03-12", 210, KAINOS)],
            [fgf23("2024-04-13", 90, None, "s_fgf23_c")],
        ),
        (
            "EARLY_RESPONSE",
            [fgf23("2024-03-12", 210, KAINOS)],
            [fgf23("2024-04-13", 30, LIAISON), fgf23("2024-04-14", 30, KAINOS)],
        ),
    ],
    ids=[
        "never raised",
        "one assay",
        "not named",
        "never raised in the other",
        "raised in both",
        "another assay",
        "C-terminal",
        "measured again in the same",
    ],
)
def test_fgf23_is_back_in_range_only_in_an_assay_in_which_it_was_raised(
    state: str, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    normal = [a_result(day, "s_phos", 1.0) for day in ("2024-04-13", "2024-04-14")]
    answer = asked("2024-04-14", SURGERY, results(*before), results(*after, *normal))

    assert answer.state == state
    said = {caveat.code for caveat in answer.caveats}
    assert ("fgf23_other_assay" in said) is (state == "POSTOPERATIVE")
