"""The verb: what is to be said now? No database, no clock."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.rules.reminders import hours_on
from knowledge.rules.sending_hours import Hours
from knowledge.rules.working_calendar import at_work, awake
from knowledge.terms.obligation import Ladder, Obligation
from services.coordination.contract import ReminderStatus
from services.coordination.planning import Due, Limits, Plan, Said, means_left, plan
from services.coordination.worklist import Key

ON = date(2026, 11, 22)
ZONES = ["UTC", "Europe/Berlin", "Asia/Shanghai", "America/St_Johns", "Pacific/Kiritimati"]
FREE = Limits(1000, {})


def due(day: date, rule: str = "R", ladder: Ladder = Ladder.LAB) -> Obligation:
    return Obligation(rule=rule, occurrence="1", act="s_phos", due=day, opens=day, ladder=ladder)


def hours(zone: str = "UTC", share: float = 0.0, country: str | None = None) -> Hours:
    return Hours(awake(zone, ON), at_work(zone, ON, country=country), share, timedelta(hours=1))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


SaidOf = dict[Key, dict[str, date]]


def remember(before: SaidOf, planned: Plan, day: date) -> None:
    for said in planned.say:
        assert said.rung.key not in before.setdefault(said.key, {})
        before[said.key][said.rung.key] = day


@settings(deadline=None)
@given(
    day=st.dates(date(2026, 11, 23), date(2035, 1, 1)),
    ladder=st.sampled_from(list(Ladder)),
    zone=st.sampled_from(ZONES),
    country=st.sampled_from([None, "DE", "CN"]),
    share=st.floats(0, 1, exclude_max=True),
    at_minutes=st.lists(st.integers(-200_000, 200_000), min_size=1, max_size=30),
)
def test_however_often_and_whenever_it_is_woken_each_rung_is_settled_once_and_in_its_hours(
    day: date,
    ladder: Ladder,
    zone: str,
    country: str | None,
    share: float,
    at_minutes: list[int],
) -> None:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    owed = [Due(due(day, ladder=ladder), begin - timedelta(days=200))]
    settled: SaidOf = {}
    where = hours(zone, share, country)
    for minutes in sorted(at_minutes):
        at = begin + timedelta(minutes=minutes)
        planned = plan(owed, settled, where, at, FREE)
        remember(settled, planned, owed[0].day)
        sent = [said for said in planned.say if said.status is not ReminderStatus.OVERTAKEN]
        assert len(sent) <= 1
        for said in sent:
            there = hours_on(ladder, where)
            assert said.rung.immediate or there.may_be_told(said.rung.recipient, at)
        assert planned.next_wake is None or planned.next_wake > at


@settings(deadline=None)
@given(
    day=st.dates(date(2026, 11, 23), date(2035, 1, 1)),
    ladder=st.sampled_from(list(Ladder)),
    zone=st.sampled_from(ZONES),
    share=st.floats(0, 1, exclude_max=True),
)
def test_who_wakes_when_told_to_sends_every_rung_in_time(
    day: date, ladder: Ladder, zone: str, share: float
) -> None:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=200)
    owed, where = [Due(due(day, ladder=ladder), at)], hours(zone, share)
    settled: SaidOf = {}
    said: list[Said] = []
    wake: datetime | None = at
    while wake is not None:
        planned = plan(owed, settled, where, wake, FREE)
        remember(settled, planned, owed[0].day)
        said += planned.say
        assert planned.next_wake is None or planned.next_wake > wake
        wake = planned.next_wake

    overtaken = [one for one in said if one.status is ReminderStatus.OVERTAKEN]
    # A step that days off have pushed to the very moment of the next is overtaken by it.
    assert all(any(o.rung.at == one.rung.at for one in said if one is not o) for o in overtaken)
    assert {one.status for one in said} <= {ReminderStatus.SENT, ReminderStatus.OVERTAKEN}


@pytest.mark.parametrize(
    ("back_at", "sent_at"),
    [
        ("2026-06-08T22:00:00", "2026-06-09T09:00:00"),
        ("2026-06-09T03:00:00", "2026-06-09T09:00:00"),
        ("2026-06-09T08:00:00", "2026-06-09T08:00:00"),
        ("2026-06-09T19:59:59", "2026-06-09T19:59:59"),
        ("2026-06-09T20:00:00", "2026-06-10T09:00:00"),
    ],
)
def test_after_an_outage_at_night_the_patient_is_told_in_the_morning_and_that_it_is_late(
    back_at: str, sent_at: str
) -> None:
    owed = [Due(due(date(2026, 6, 1)), utc("2026-01-01T00:00:00"))]
    settled: SaidOf = {owed[0].key: dict.fromkeys(("T-14", "T-3", "T0"), owed[0].day)}

    at: datetime = utc(back_at)
    planned = plan(owed, settled, hours(), at, FREE)
    while not planned.say:
        assert planned.next_wake is not None
        at = planned.next_wake
        planned = plan(owed, settled, hours(), at, FREE)

    [said] = planned.say
    assert (said.rung.key, said.status) == ("T+7", ReminderStatus.LATE)
    assert at == utc(sent_at)


def test_after_an_outage_over_a_weekend_those_at_work_are_told_on_monday() -> None:
    owed = [Due(due(date(2026, 6, 5)), utc("2026-01-01T00:00:00"))]
    saturday = utc("2026-06-06T10:00:00")

    planned = plan(
        owed, {owed[0].key: dict.fromkeys(("T-14", "T-3"), owed[0].day)}, hours(), saturday, FREE
    )

    assert planned.say == ()
    assert planned.next_wake == utc("2026-06-08T09:00:00")


def test_what_is_critical_is_said_at_night_on_a_holiday() -> None:
    night = utc("2026-12-26T02:00:00")
    owed = [Due(due(date(2026, 12, 25), ladder=Ladder.CRITICAL), night)]

    [said] = plan(owed, {}, hours("Europe/Berlin", 0.5, "DE"), night, Limits(0, {})).say

    assert (said.rung.recipient, said.status) == ("clinician", ReminderStatus.SENT)


def test_what_is_over_the_cap_of_a_day_follows_on_the_next_days_in_its_order() -> None:
    at = utc("2026-05-18T09:00:00")
    owed = [Due(due(date(2026, 6, 1), rule=f"R{n}"), utc("2026-01-01T00:00:00")) for n in range(8)]

    planned = plan(owed, {}, hours(), at, Limits(3, {at.date(): 1}))

    sent = [one for one in planned.say if one.status is ReminderStatus.SENT]
    held = [one for one in planned.say if one.status is ReminderStatus.HELD]
    assert [one.key[0] for one in sent] == ["R0", "R1"]
    days = [one.hold_until.date() for one in held if one.hold_until]
    assert days == [date(2026, 5, 19)] * 3 + [date(2026, 5, 20)] * 3
    assert planned.next_wake == utc("2026-05-19T09:00:00")


@settings(deadline=None)
@given(
    number=st.integers(1, 12),
    a_day=st.integers(1, 5),
    known=st.dictionaries(st.integers(0, 3), st.integers(0, 6)),
    zone=st.sampled_from(ZONES),
)
def test_no_day_has_more_than_the_cap_and_nothing_is_dropped(
    number: int, a_day: int, known: dict[int, int], zone: str
) -> None:
    day = date(2026, 5, 18)
    where = hours(zone)
    at = where.moment("patient", day, 0, datetime(2026, 1, 1, 9, tzinfo=UTC).time(), ON)
    told_on = {day + timedelta(days=ahead): count for ahead, count in known.items()}
    owed = [
        Due(due(day + timedelta(days=14), rule=f"R{n}"), at - timedelta(days=9))
        for n in range(number)
    ]

    planned = plan(owed, {}, where, at, Limits(a_day, told_on))

    assert len(planned.say) == number
    local = ZoneInfo(zone)
    days = Counter(told_on)
    new = Counter((one.hold_until or at).astimezone(local).date() for one in planned.say)
    for each, count in new.items():
        assert days[each] + count <= a_day
    for one in planned.say:
        assert where.may_be_told("patient", one.hold_until or at)


def test_whoever_is_told_nothing_has_a_ladder_that_climbs_to_others() -> None:
    owed = [Due(due(date(2026, 6, 1)), utc("2026-01-01T00:00:00"))]
    refusing = replace(FREE, refused=frozenset({"everything"}))
    settled: SaidOf = {}
    said: list[Said] = []
    wake: datetime | None = utc("2026-05-01T00:00:00")
    while wake is not None:
        planned = plan(owed, settled, hours(), wake, refusing)
        remember(settled, planned, owed[0].day)
        said += planned.say
        wake = planned.next_wake

    statuses = {(one.rung.recipient, one.status) for one in said}
    assert statuses == {
        ("patient", ReminderStatus.NOT_WANTED),
        ("staff", ReminderStatus.SENT),
        ("clinician", ReminderStatus.SENT),
        ("supervisor", ReminderStatus.SENT),
    }


@pytest.mark.parametrize(
    ("channel", "refused", "left"),
    [
        ("sms", set(), "sms"),
        ("sms", {"sms"}, None),
        ("sms", {"everything"}, None),
        ("sms-and-letter", {"sms"}, "letter"),
        ("letter-or-app", {"letter"}, "app"),
        ("letter-or-app", {"letter", "app"}, None),
        ("letter-or-app", {"phone"}, "letter-or-app"),
    ],
)
def test_what_is_refused_is_left_out_of_the_means(
    channel: str, refused: set[str], left: str | None
) -> None:
    assert means_left(channel, refused) == left


def test_a_postponed_thing_has_a_ladder_of_its_own_from_the_day_it_stands_on() -> None:
    postponed = Due(
        due(date(2026, 6, 1)),
        utc("2026-06-09T12:00:00"),
        postponed_until=date(2026, 7, 1),
    )
    settled = {postponed.key: dict.fromkeys(("T-14", "T-3", "T0", "T+7"), date(2026, 6, 1))}

    planned = plan([postponed], settled, hours(), utc("2026-06-09T12:00:00"), FREE)
    assert planned.say == ()
    assert planned.next_wake == utc("2026-06-17T09:00:00")
    [said] = plan([postponed], settled, hours(), planned.next_wake, FREE).say

    assert (said.rung.key, said.status) == ("T-14@2026-07-01", ReminderStatus.SENT)


@pytest.mark.parametrize(
    ("moved_to", "steps"),
    [
        (date(2026, 6, 8), ["T0", "T+7"]),
        (date(2026, 6, 9), [f"{step}@2026-06-09" for step in ("T-14", "T-3", "T0")]),
        (date(2026, 5, 25), ["T+7", "T+14"]),
        (date(2026, 5, 24), [f"{step}@2026-05-24" for step in ("T+7", "T+14")]),
    ],
    ids=["a week later", "more than a week later", "a week earlier", "more than a week earlier"],
)
def test_what_was_said_of_a_day_far_from_the_one_it_was_moved_to_does_not_count(
    moved_to: date, steps: list[str]
) -> None:
    """Of a visit on another day nobody has heard; of one a few days off everybody has."""
    since = utc("2026-01-01T00:00:00")
    before: SaidOf = {}
    first = Due(due(date(2026, 6, 1)), since)
    for at in ("2026-05-18T09:00:00", "2026-05-29T09:00:00"):
        remember(before, plan([first], before, hours(), utc(at), FREE), first.day)
    moved = Due(due(moved_to), since)

    sent: list[str] = []
    wake: datetime | None = utc("2026-05-30T10:00:00")
    while wake is not None and len(sent) < len(steps):
        planned = plan([moved], before, hours(), wake, FREE)
        remember(before, planned, moved.day)
        sent += [one.rung.key for one in planned.say if one.status in ("sent", "sent-late")]
        wake = planned.next_wake

    assert sent == steps


def test_a_day_that_creeps_is_told_anew_once_it_is_far_from_what_was_told() -> None:
    since, at = utc("2026-01-01T00:00:00"), utc("2026-05-18T09:00:00")
    before: SaidOf = {}
    first = Due(due(date(2026, 6, 1)), since)
    remember(before, plan([first], before, hours(), at, FREE), first.day)

    said = {}
    for day in (date(2026, 6, 5), date(2026, 6, 10)):
        said[day] = [
            one.rung.key for one in plan([Due(due(day), since)], before, hours(), at, FREE).say
        ]
        wake = plan([Due(due(day), since)], before, hours(), at, FREE).next_wake
        said[day] += [str(wake)[:10]]

    assert said == {date(2026, 6, 5): ["2026-06-02"], date(2026, 6, 10): ["2026-05-27"]}
