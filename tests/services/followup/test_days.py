"""A plan counts the days of its own zone, though a journey asks in UTC."""

from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from services.followup.answer import ScheduleItem
from services.followup.client import FollowupClient
from services.followup.contract import AsOf, EventBody, FollowUp, PlanRequest
from services.followup.days import begun_everywhere
from services.followup.follow_up import conclude, follow_up

SURGERY = {"performed_at": "2024-04-10", "site": "thigh", "margin": "wide", "tissue": "soft_tissue"}
BEIJING, NEW_YORK = "Asia/Shanghai", "America/New_York"


def asked(at: str, **said: Any) -> FollowUp:
    """Day 1 after the operation is 2024-04-11, and its window closes with it."""
    request = PlanRequest.model_validate({"history": [SURGERY], **said})
    return follow_up(request, datetime.fromisoformat(at))


def first_day(answer: FollowUp) -> ScheduleItem:
    """What is drawn on the first day."""
    key = ("FUP-01", "d1")
    return next(one for one in answer.schedule if (one.rule, one.occurrence) == key)


@pytest.mark.parametrize(
    ("at", "zone", "is_over"),
    [
        ("2024-04-11T15:59:59+00:00", BEIJING, False),
        ("2024-04-11T16:00:00+00:00", BEIJING, True),
        ("2024-04-12T00:00:00+08:00", BEIJING, True),
        ("2024-04-11T16:00:00+00:00", None, False),
        ("2024-04-12T00:00:00+08:00", None, True),
        ("2024-04-12T03:59:59+00:00", NEW_YORK, False),
        ("2024-04-12T04:00:00+00:00", NEW_YORK, True),
    ],
)
def test_a_window_closes_with_the_day_where_the_patient_is(
    at: str, zone: str | None, is_over: bool
) -> None:
    assert first_day(asked(at, zone=zone)).overdue is is_over


def test_a_zone_that_no_clock_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="not an IANA time zone"):
        PlanRequest.model_validate({"zone": "Asia/Beijing-West"})


@pytest.mark.parametrize(
    ("zone", "day"), [(None, 2), ("UTC", 2), (BEIJING, 2), (NEW_YORK, 3), ("Pacific/Kiritimati", 2)]
)
def test_a_journey_is_told_a_day_of_utc_on_which_the_day_has_begun_there(
    zone: str | None, day: int
) -> None:
    assert begun_everywhere(date(2024, 4, 2), zone) == date(2024, 4, day)


@pytest.mark.parametrize("zone", [None, BEIJING, NEW_YORK])
def test_who_looks_again_on_the_day_that_was_named_finds_something_changed(
    zone: str | None,
) -> None:
    """Else a journey would be told to look again at once, and again."""
    request = PlanRequest.model_validate({"history": [SURGERY], "zone": zone})
    at = datetime.fromisoformat("2024-04-11T12:00:00+00:00")
    for _ in range(5):
        named = conclude(uuid4(), request, at).look_again
        assert named is not None
        assert named > at.date()
        at = at.replace(year=named.year, month=named.month, day=named.day, hour=0)


async def test_a_stored_plan_keeps_its_zone_also_when_a_conclusion_is_drawn_again(
    followup: FollowupClient,
) -> None:
    plan, said = uuid4(), PlanRequest.model_validate({"zone": BEIJING})
    await followup.record_plan("north", plan, said)
    told = EventBody.model_validate(SURGERY | {"id": "op"}).root
    await followup.record_result("north", plan, uuid4(), told)
    at = AsOf(as_of=datetime.fromisoformat("2024-04-11T16:00:00+00:00"))
    concluded = uuid4()
    await followup.record_conclusion("north", plan, concluded, at)
    mended = EventBody.model_validate(SURGERY | {"id": "op", "version": 2, "site": "femur"}).root
    await followup.record_result("north", plan, uuid4(), mended)

    drawn = await followup.read_conclusion("north", plan, concluded)
    assert drawn.superseded_by is not None
    again = await followup.read_conclusion("north", plan, drawn.superseded_by)
    for one in (drawn, again):
        assert first_day(one.answer).overdue
