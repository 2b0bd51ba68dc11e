"""The verb: who owes what, and when is it overdue? No database, no clock."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.rules.sending_hours import Hours
from knowledge.rules.working_calendar import at_work, awake
from knowledge.terms.obligation import Conclusion, Obligation, ObligationStatus
from services.coordination.contract import Disposition, OpenQuestion
from services.coordination.worklist import (
    Ending,
    Key,
    Owed,
    Urgency,
    ending,
    of_question,
    overdue_at,
    reconcile,
    today,
    urgency,
)

DAY = date(2026, 6, 1)
ZONES = ["UTC", "Europe/Berlin", "Asia/Shanghai", "Asia/Kathmandu", "Africa/Cairo"]
ZONES += ["America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago"]


def due(rule: str = "R", status: ObligationStatus = ObligationStatus.OPEN) -> Obligation:
    return Obligation(rule=rule, occurrence="1", act="s_phos", due=DAY, opens=DAY, status=status)


def concluded(*obligations: Obligation, service: str = "followup") -> Conclusion:
    return Conclusion(
        id=UUID(int=1),
        service=service,
        state="S",
        concluded_at=datetime(2026, 5, 1, tzinfo=UTC),
        obligations=obligations,
    )


def known(*owed: Owed) -> dict[Key, Owed]:
    return {one.key: one for one in owed}


def test_a_repeated_conclusion_changes_nothing() -> None:
    before = known(Owed(due(), "followup"))

    assert reconcile(before, concluded(due()), None, (), None) == []


def test_what_nobody_did_in_time_is_missed_and_never_done() -> None:
    before = known(Owed(due(), "followup"))
    missed = due(status=ObligationStatus.MISSED).model_copy(update={"because": "its window closed"})

    [change] = reconcile(before, concluded(missed), None, (), None)

    assert (change.is_open, change.obligation.status) == (False, ObligationStatus.MISSED)
    assert (change.disposition, change.reason) == (Disposition.MISSED, "its window closed")
    assert reconcile(known(change), concluded(missed), None, (), None) == []


def test_what_is_asked_for_again_is_open_again() -> None:
    before = known(Owed(due(), "followup").ended(Disposition.WITHDRAWN, "no longer asked for"))

    [change] = reconcile(before, concluded(due()), None, (), None)

    assert change.is_open
    assert change.disposition is None


def test_what_a_person_ended_stays_ended_whatever_a_service_says() -> None:
    ended = Owed(due(), "followup").ended(Disposition.DECLINED, "too far", by_person=True)

    assert reconcile(known(ended), concluded(due()), None, (), None) == []


def test_a_conclusion_of_one_service_leaves_behind_what_another_asked_for() -> None:
    before = known(Owed(due("A"), "localization"), Owed(due("B"), "followup"))

    changes = reconcile(before, concluded(due("B")), None, (), None)

    assert [(change.key, change.disposition) for change in changes] == [
        (("A", "1"), Disposition.WITHDRAWN)
    ]


def test_no_conclusion_ends_nothing() -> None:
    assert reconcile(known(Owed(due(), "followup")), None, None, (), None) == []


def test_a_closed_journey_ends_everything_for_the_reason_it_closed() -> None:
    before = known(Owed(due("A"), "localization"), Owed(due("B"), "followup"))

    changes = reconcile(before, None, None, (), ending({"observations", "death"}))

    assert {change.disposition for change in changes} == {Disposition.DECEASED}
    assert ending({"withdrawal", "death"}).disposition is Disposition.DECEASED
    assert isinstance(ending(set()), Ending)


@given(
    day=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    zone=st.sampled_from(ZONES),
    ahead=st.integers(0, 10**9),
)
def test_overdue_begins_with_the_day_after_wherever_the_patient_lives(
    day: date, zone: str, ahead: int
) -> None:
    moment = overdue_at(day, zone, ahead)

    assert today(zone, ahead, moment) > day
    assert today(zone, ahead, moment - timedelta(seconds=1)) == day


@pytest.mark.parametrize(
    ("opened_at", "day"),
    [
        ("2026-05-06T06:59:00+00:00", date(2026, 5, 6)),
        ("2026-05-06T07:00:01+00:00", date(2026, 5, 7)),
        ("2026-05-06T23:30:00+00:00", date(2026, 5, 7)),
        ("2026-05-08T15:00:00+00:00", date(2026, 5, 11)),
        ("2026-05-09T06:00:00+00:00", date(2026, 5, 11)),
    ],
)
def test_a_question_is_due_at_the_first_working_hour_of_sending_after_it_was_asked(
    opened_at: str, day: date
) -> None:
    question = OpenQuestion(
        id=uuid4(),
        question="q",
        role="clinician",
        answers=("yes",),
        opened_at=datetime.fromisoformat(opened_at),
    )

    berlin = "Europe/Berlin"
    hours = Hours(awake(berlin, DAY), at_work(berlin, DAY))
    assert of_question(question, hours).due == day


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-1, Urgency.OVERDUE),
        (0, Urgency.TODAY),
        (1, Urgency.SOON),
        (7, Urgency.SOON),
        (8, Urgency.LATER),
        (None, Urgency.NOTHING),
    ],
)
def test_how_pressing_something_is_depends_on_the_day(days: int | None, expected: Urgency) -> None:
    assert urgency(None if days is None else DAY + timedelta(days=days), DAY) is expected
