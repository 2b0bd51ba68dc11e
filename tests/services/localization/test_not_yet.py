"""What is dated after the day that is asked about is not evidence, until that day has come."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.localization.client import LocalizationClient
from services.localization.contract import AsOf, Examination, Plan, PlanRequest
from services.localization.localize import conclude, localize
from tests.services.localization.cases import built

NORTH = "north"
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
GRACE, AHEAD = date(2026, 3, 2), date(2026, 3, 3)
"""The day that may have come elsewhere, and one that has come nowhere."""

FOCUS = {"site": "femur", "laterality": "left", "uptake": "above_liver", "mimic": "none"}
PLACE = {"site": "femur", "laterality": "left"}
PET = {"modality": "PT", "tracer": "68Ga-DOTATATE", "coverage": ["38266002"], "lesions": [FOCUS]}
SEEN = PET | {"performed_at": "2026-01-20"}


def asked(**said: Any) -> PlanRequest:
    """The diagnosis is confirmed, and this was said."""
    return PlanRequest.model_validate({"biochemistry_confirmed": True} | said)


def told(kind: str, day: date) -> dict[str, Any]:
    """Something of this kind, of this day."""
    sample = {"vein": "left femoral vein", "value": 90, "unit": "pg/mL", "taken_at": str(day)}
    fgf23 = {"value": 90, "unit": "pg/mL", "taken_at": str(day)}
    said: dict[str, dict[str, Any]] = {
        "studies": {"studies": [PET | {"performed_at": str(day)}]},
        "venous_samples": {"venous_samples": [sample]},
        "biopsies": {"biopsies": [PLACE | {"performed_at": str(day), "result": "positive"}]},
        "resections": {"resections": [PLACE | {"performed_at": str(day)}]},
        "fgf23": {"fgf23": [fgf23]},
        "re_looks": {"re_looks": [{"performed_on": str(day)}]},
        "examination": {"examination": built("examinations", "complete") | {"examined_at": day}},
    }
    return said[kind]


KINDS = ["studies", "venous_samples", "biopsies", "resections", "fgf23", "re_looks", "examination"]


def codes(plan: Plan) -> set[str]:
    """What is to be kept in mind."""
    return {one.code for one in plan.caveats}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_still_to_come_says_nothing_but_that_it_was_told(kind: str) -> None:
    before = {} if kind == "studies" else {"studies": [SEEN]}
    without = localize(asked(**before), NOW)

    ahead = localize(asked(**before, **told(kind, AHEAD)), NOW)
    come = localize(asked(**before, **told(kind, GRACE)), NOW)

    assert "after_as_of" in codes(ahead)
    ahead.caveats = [one for one in ahead.caveats if one.code != "after_as_of"]
    assert ahead == without
    assert "after_as_of" not in codes(come)


@pytest.mark.parametrize("kind", ["studies", "resections", "examination"])
def test_it_counts_from_the_day_on_which_the_journey_looks_again(kind: str) -> None:
    before = {} if kind == "studies" else {"studies": [SEEN]}
    request = asked(**before, **told(kind, date(2026, 3, 20)))

    again = conclude(uuid4(), request, NOW, NOW.date()).look_again

    assert again == date(2026, 3, 19)
    on = datetime.combine(again, NOW.timetz())
    assert localize(request, on) != localize(asked(**before), on)
    assert "after_as_of" in codes(localize(request, on - timedelta(days=1)))


async def test_an_examination_of_tomorrow_does_not_take_away_what_was_examined(
    localization: LocalizationClient,
) -> None:
    plan, lump = uuid4(), {"site": "femur", "laterality": "left"}
    await localization.record_plan(NORTH, plan, asked())
    whole = built("examinations", "complete") | {"id": None}
    for told in (whole, {"examined_at": AHEAD, "areas": {}, "lesions": [lump]}):
        report = Examination.model_validate(told)
        await localization.record_examination(NORTH, plan, uuid4(), report)

    first = await localization.record_conclusion(NORTH, plan, uuid4(), AsOf(as_of=NOW))
    now = (await localization.read_conclusion(NORTH, plan, first.id)).answer
    later = AsOf(as_of=NOW + timedelta(days=1))
    second = await localization.record_conclusion(NORTH, plan, uuid4(), later)
    then = (await localization.read_conclusion(NORTH, plan, second.id)).answer

    assert [step.act for step in now.next_steps][:1] == ["sstr_pet_ct"], "all was examined"
    assert (now.candidates, "after_as_of" in codes(now)) == ([], True)
    assert first.look_again == AHEAD - timedelta(days=1)
    assert then.candidates
    assert "after_as_of" not in codes(then)
