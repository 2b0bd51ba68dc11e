"""Doses for anybody: within the ceilings, in whole tens, each step more than the one before."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import NAMESPACE_OID

from hypothesis import given
from hypothesis import strategies as st

from knowledge.rules import burosumab
from services.followup.contract import PlanRequest
from services.followup.follow_up import follow_up
from tests.services.followup.test_treatment import RULES, the_results

WEIGHTS = st.decimals(min_value=5, max_value=250, places=1)
LABELS = st.sampled_from(["US", "EU", None])
AGES = st.integers(min_value=0, max_value=100).map(Decimal)
MOST = 180
PER_KG = 2


@given(kg=WEIGHTS, label=LABELS, age=AGES)
def test_steps_climb_in_whole_tens_below_every_ceiling_and_end(
    kg: Decimal, label: str | None, age: Decimal
) -> None:
    found = burosumab.label_for(label, age)
    dose = burosumab.starting_dose(found, kg)
    steps = 0
    while dose.mg is not None and dose.every_days is not None:
        assert dose.mg % 10 == 0
        assert dose.mg <= MOST
        assert 0 < dose.mg <= PER_KG * kg
        assert dose.arithmetic
        following = burosumab.next_steps(found, dose.mg, dose.every_days, kg)
        assert all(one.mg is None or one.rate > dose.rate for one in following)
        if not following:
            return
        dose, steps = following[0], steps + 1
        assert steps < 50


@given(mg=st.integers(min_value=1, max_value=18).map(lambda tens: tens * 10))
def test_after_a_hold_it_is_always_lower_or_nobody_knows(mg: int) -> None:
    label = burosumab.label_for("US", Decimal(40))
    again = burosumab.restart_dose(label, Decimal(mg), 28)

    assert (again.mg is None and again.missing) or (again.mg is not None and 0 < again.mg < mg)


@given(
    events=st.permutations(
        [
            {"agent": "burosumab", "started_on": "2025-01-13", "dose": 30, "dose_unit": "mg"},
            {"agent": "burosumab", "given_on": "2025-01-13", "dose": 20, "dose_unit": "mg"},
            {"agent": "burosumab", "given_on": "2025-02-10", "dose": 60, "dose_unit": "mg"},
            {"agent": "calcitriol", "started_on": "2025-01-01"},
            {"agent": "calcitriol", "stopped_on": "2025-01-01"},
            {"kind": "planned", "procedure": "surgery", "planned_for": "2025-05-01",
             "noted_on": "2025-02-01"},
            {"kind": "planned", "procedure": "surgery", "planned_for": "2025-05-01",
             "noted_on": "2025-02-01", "cancelled_on": "2025-02-02"},
            {"state": "NOT_LOCALIZED", "noted_on": "2024-12-09"},
            {"kind": "opinion", "noted_on": "2025-01-02", "burosumab_available": False},
            {"kind": "opinion", "noted_on": "2025-01-03", "burosumab_available": True},
        ]
    )
)  # fmt: skip
def test_what_is_proposed_does_not_depend_on_what_was_told_first(events: list[object]) -> None:
    background = RULES["backgrounds"]["on_burosumab"]
    body = {
        "patient": background["patient"],
        "label_profile": "US",
        "history": [*events, the_results("2025-02-24", background["results"])],
    }
    as_of = datetime(2025, 2, 24, 12, tzinfo=UTC)
    [proposal] = follow_up(PlanRequest.model_validate(body), as_of, NAMESPACE_OID).dose_proposals

    assert (proposal.rule, proposal.kind, str(proposal.due)) == ("TX-013", "increase", "2025-03-10")
    assert proposal.dose == Decimal(90)
