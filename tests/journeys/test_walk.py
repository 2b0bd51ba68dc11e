"""The README's walk, typed as written: one published patient from the letter to remission."""

from typing import Any

from tests.journeys.conftest import Ward
from tests.journeys.walk import Walk, the_walk

EXPECTED = [
    # phase, state, question put to a person; None: nothing has been concluded yet
    ("assessment", None, None),
    ("assessment", "INDETERMINATE", None),
    ("assessment", "TIO_POSSIBLE", "proceed-to-localization"),
    ("assessment", "TIO_PROBABLE", "proceed-to-localization"),
    ("localization", "INCOMPLETE", None),
    ("localization", "INCOMPLETE", None),
    ("localization", "INCOMPLETE", None),
    ("localization", "EQUIVOCAL", None),
    ("localization", "LOCALIZED", "plan-treatment"),
    ("treatment", "LOCALIZED", "record-the-operation"),
    ("surveillance", "POSTOPERATIVE", None),
    ("surveillance", "EARLY_RESPONSE", None),
    ("surveillance", "BIOCHEM_REMISSION_ALP_PENDING", None),
    ("surveillance", "REMISSION", None),
]


def test_the_walk_of_the_readme_ends_in_remission_and_each_reminder_arrives_once(
    ward: Ward,
) -> None:
    walk = the_walk()
    assert len(walk.steps) == len(EXPECTED)
    for number, expected in enumerate(EXPECTED):
        walk.take(number, ward.system)
        assert standing(ward, walk) == expected, f"after step {number + 1}"
        if number in CHECKS:
            CHECKS[number](ward, walk)
    expect_the_end(ward, walk)


def expect_the_end(ward: Ward, walk: Walk) -> None:
    """Where the walk ends, however it was interrupted."""
    assert standing(ward, walk) == EXPECTED[-1]
    assert not journey(ward, walk)["events_waiting"]
    sent = ward.sent(walk.journey)
    days = [one["occurrence"] for one in sent if one["rule"] == "FUP-01" and one["rung"] == "T0"]
    assert days == ["d1", "calcium:d2", "d3", "d5", "d7", "d10", "d14"]
    ward.expect_each_delivered_once(walk.journey)


def standing(ward: Ward, walk: Walk) -> tuple[str, str | None, str | None]:
    """Where the journey stands, and what is to be decided."""
    told = journey(ward, walk)
    return told["phase"], told["state"], told["task"] and told["task"]["question"]


def journey(ward: Ward, walk: Walk) -> Any:
    """The journey, as the API tells it."""
    return ward.system.get(f"/coordination/v1/journeys/{walk.journey}")


def assessment(ward: Ward, walk: Walk) -> Any:
    """The whole answer behind the journey's last conclusion."""
    concluded = journey(ward, walk)["conclusion"]["id"]
    return ward.system.get(f"/assessment/v1/assessments/{concluded}")


def derived(answer: Any, quantity: str) -> Any:
    """One computed quantity of an assessment."""
    return next(one for one in answer["derived"] if one["quantity"] == quantity)


def open_rules(ward: Ward, walk: Walk) -> set[str]:
    """The rules by which something is due now."""
    return {o["rule"] for o in journey(ward, walk)["obligations"] if o["status"] == "open"}


def the_letter(ward: Ward, walk: Walk) -> None:
    """assessment.md: V-01 rejects ng/ml, the rest is read; M-00 asks the panel at one visit."""
    answer = assessment(ward, walk)
    assert [(one["observation"], one["rule"]) for one in answer["rejected"]] == [
        ("calcitriol-1", "V-01")
    ]
    low = next(one for one in answer["interpretations"] if one["observation"] == "phosphate-1")
    assert (low["interpretation"], low["range_from"]) == ("low", "laboratory")
    assert (low["value"], low["unit"]) == (1.2, "mg/dl")
    assert answer["differential"]
    panel = next(step for step in answer["next_tests"] if step["step"] == "M-00")
    assert {"s_phos", "u_phos", "s_fgf23_i"} <= set(panel["order"])
    assert "M-00" in open_rules(ward, walk)


def the_pair(ward: Ward, walk: Walk) -> None:
    """assessment.md 2.1-2.3 and R-02: TRP 0.596, FEPO4 40.4 %, TmP/GFR 0.775 mg/dL."""
    answer = assessment(ward, walk)
    assert round(derived(answer, "trp")["value"], 3) == 0.596
    assert round(derived(answer, "fepo4")["value"], 1) == 40.4
    assert round(derived(answer, "tmp_gfr")["value"], 3) == 0.250
    fired = {rule["id"] for rule in answer["fired_rules"]}
    assert {"R-02", "F-01", "C-10"} <= fired


def persistent(ward: Ward, walk: Walk) -> None:
    """assessment.md H-02 and C-09, each with its source and how far it was read."""
    answer = assessment(ward, walk)
    fired = {rule["id"]: rule for rule in answer["fired_rules"]}
    assert {"H-02", "R-02", "F-01", "C-09"} <= fired.keys()
    assert fired["F-01"]["read_status"] == "abstract"
    assert fired["F-01"]["cn_consensus"] == "not_read"
    assert answer["differential"][0]["diagnosis"] == "TIO"


def the_short_scan(ward: Ward, walk: Walk) -> None:
    """localization.md LOC-008: a scan that ends at the thighs is no negative whole-body scan."""
    plan = ward.system.get(f"/localization/v1/plans/{walk.journey}")
    assert "LOC-008" in {rule["id"] for rule in plan["fired_rules"]}
    missing = next(step for step in plan["next_steps"] if step["rule"] == "LOC-008")["missing"]
    assert {"feet", "hands"} <= set(missing)


def remission(ward: Ward, walk: Walk) -> None:
    """treatment-followup.md FU-003 and FUP-04: remission, next core tests after 180 days."""
    plan = ward.system.get(f"/followup/v1/plans/{walk.journey}")
    assert "FU-003" in {rule["id"] for rule in plan["fired_rules"]}
    assert "FUP-04" in open_rules(ward, walk)


CHECKS = {1: the_letter, 2: the_pair, 3: persistent, 6: the_short_scan, 13: remission}
