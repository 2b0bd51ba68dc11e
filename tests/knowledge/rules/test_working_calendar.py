"""When somebody may be told: working days, hours, and one moment for each journey."""

import tomllib
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.rules.clock import local_instant
from knowledge.rules.reminders import Rung, hours_on, rungs
from knowledge.rules.sending_hours import Hours, share_of
from knowledge.rules.working_calendar import (
    Calendar,
    at_work,
    awake,
    digest_moment,
    is_at_work,
    is_known,
    working_days,
)
from knowledge.terms.obligation import Ladder

CASES = tomllib.loads(Path(__file__).with_name("working_calendar.toml").read_text("utf-8"))
ON = date(2026, 11, 22)
ZONES = ["UTC", "Europe/Berlin", "Asia/Shanghai", "America/St_Johns", "Africa/Cairo"]
ZONES += ["Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"]
COUNTRIES = [None, "DE", "CN", "US", "SA", "IL", "IR", "JP", "BR"]
NEVER_A_TURN = (Ladder.CRITICAL,)
ON_EVERY_DAY = (Ladder.POSTOPERATIVE,)

days = st.dates(date(2020, 1, 1), date(2040, 1, 1))
instants = st.integers(0, 20 * 366 * 86400).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
zones = st.sampled_from(ZONES)
countries = st.sampled_from(COUNTRIES)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in CASES["day"]])
def test_people_work_on_working_days(case: dict[str, Any]) -> None:
    calendar = at_work(
        "UTC",
        ON,
        country=case.get("country"),
        subdivision=case.get("subdivision"),
        closed=case.get("closed", ()),
        opened=case.get("opened", ()),
        week=case.get("week"),
    )

    assert calendar.is_open(case["day"]) is case["open"]


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in CASES["hours"]])
def test_hours_keep_to_the_clock_on_the_days_on_which_it_changes(case: dict[str, Any]) -> None:
    calendar = Calendar(case["zone"], case["start"], case["until"], works=False)

    assert calendar.hours(case["day"]) == (case["from_utc"], case["until_utc"])


def test_a_message_of_a_day_that_the_date_line_left_out_goes_on_the_next_morning() -> None:
    apia = Hours(awake("Pacific/Apia", ON), at_work("Pacific/Apia", ON))

    at = apia.moment("patient", date(2011, 12, 30), 0, time(9), ON)

    assert at == local_instant(date(2011, 12, 31), time(9), ZoneInfo("Pacific/Apia"))


def test_only_places_whose_holidays_are_known_are_known() -> None:
    assert is_known("DE", "BY")
    assert is_known("CN", None)
    assert not is_known("DE", "ZZ")
    assert not is_known("XX", None)


@settings(deadline=None)
@given(at=instants, zone=zones, country=countries)
def test_the_first_moment_is_never_early_and_always_within_the_hours(
    at: datetime, zone: str, country: str | None
) -> None:
    for calendar in (at_work(zone, ON, country=country), awake(zone, ON)):
        moment = calendar.first_moment(at)

        assert moment >= at
        assert calendar.first_moment(moment) == moment
        local = moment.astimezone(ZoneInfo(zone))
        assert calendar.is_open(local.date())
        assert calendar.start <= local.time() < calendar.until


def hours_of(zone: str, work: str, country: str | None, share: float) -> Hours:
    return Hours(awake(zone, ON), at_work(work, ON, country=country), share, timedelta(minutes=60))


@given(
    due=days,
    zone=zones,
    work=zones,
    country=countries,
    ladder=st.sampled_from([one for one in Ladder if one not in NEVER_A_TURN]),
    share=st.floats(0, 1, exclude_max=True),
)
def test_every_step_falls_into_the_hours_of_its_recipient_and_in_its_order(
    due: date, zone: str, work: str, country: str | None, ladder: Ladder, share: float
) -> None:
    hours = hours_of(zone, work, country, share)
    ladder_of_days = rungs(ladder, due, zone, ON)

    climbed = rungs(ladder, due, hours, ON)

    assert [rung.key for rung in climbed] == [rung.key for rung in ladder_of_days]
    assert [rung.at for rung in climbed] == sorted(rung.at for rung in climbed)
    for rung in climbed:
        calendar = hours.of(rung.recipient)
        local = rung.at.astimezone(ZoneInfo(calendar.zone))
        if is_at_work(rung.recipient):
            assert hours_on(ladder, hours).may_be_told(rung.recipient, rung.at)
            assert local.date() >= due + timedelta(days=rung.offset)
        else:
            assert time(8) <= local.time() < time(20)
    if ladder not in ON_EVERY_DAY:
        assert_no_step_is_spent_on_days_off(climbed, hours)


def assert_no_step_is_spent_on_days_off(climbed: tuple[Rung, ...], hours: Hours) -> None:
    """So many working days have passed as the ladder has, and no two steps share a day."""
    to_work = [rung for rung in climbed if is_at_work(rung.recipient) and rung.offset >= 0]
    calendar = hours.at_work
    days = [rung.at.astimezone(ZoneInfo(calendar.zone)).date() for rung in to_work]
    assert days == sorted(set(days))
    for rung, day in zip(to_work, days, strict=True):
        passed = sum(
            calendar.is_open(days[0] + timedelta(days=ahead))
            for ahead in range((day - days[0]).days)
        )
        assert passed >= working_days(rung.offset, ON)


@settings(deadline=None)
@given(due=days, zone=zones, share=st.floats(0, 1, exclude_max=True))
def test_without_days_off_a_journey_has_its_turn_within_the_hour_after_nine(
    due: date, zone: str, share: float
) -> None:
    hours = hours_of(zone, zone, None, share)
    patient = [rung for rung in rungs(Ladder.LAB, due, hours, ON) if rung.recipient == "patient"]
    bare = {rung.key: rung.at for rung in rungs(Ladder.LAB, due, zone, ON)}

    for rung in patient:
        assert timedelta(0) <= rung.at - bare[rung.key] < timedelta(minutes=60)
        assert rung.at.astimezone(ZoneInfo(zone)).date() == due + timedelta(days=rung.offset)


def test_shares_are_even_and_stay_the_same() -> None:
    shares = [share_of(f"journey {number}") for number in range(20_000)]

    minutes = [0] * 60
    for share in shares:
        minutes[int(share * 60)] += 1
    assert share_of("journey 1") == shares[1]
    assert min(minutes) > 250  # 333 would be even
    assert max(minutes) < 430


def test_a_late_turn_never_goes_past_the_end_of_the_hours() -> None:
    short = Calendar("UTC", time(9, 30), time(9, 45), works=True)
    hours = Hours(awake("UTC", ON), short, 0.999, timedelta(minutes=60))

    at = hours.moment("staff", date(2026, 11, 25), 0, time(9), ON)

    assert at == datetime(2026, 11, 25, 9, 44, 59, tzinfo=UTC)


def test_hours_that_end_before_the_hour_of_sending_are_used_from_their_beginning() -> None:
    early = Calendar("UTC", time(6), time(8), works=True)
    hours = Hours(awake("UTC", ON), early, 0.0, timedelta(minutes=60))

    at = hours.moment("staff", date(2026, 11, 25), 0, time(9), ON)

    assert at == datetime(2026, 11, 25, 6, tzinfo=UTC)


@settings(deadline=None)
@given(at=instants, zone=zones, country=countries)
def test_one_digest_moment_follows_on_each_working_day(
    at: datetime, zone: str, country: str | None
) -> None:
    calendar = at_work(zone, ON, country=country)

    moment = digest_moment(calendar, at, ON)
    next_one = digest_moment(calendar, moment + timedelta(seconds=1), ON)

    day, next_day = (one.astimezone(ZoneInfo(zone)).date() for one in (moment, next_one))
    assert moment >= at
    assert calendar.is_open(day)
    assert next_day == calendar.first_open(day + timedelta(days=1))
    assert moment == local_instant(day, time(11), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("weekends", "days"),
    [
        (True, ["2026-12-12", "2026-12-23", "2027-01-02"]),
        (False, ["2026-12-11", "2026-12-23", "2027-01-04"]),
    ],
    ids=["not on holidays", "on working days"],
)
def test_a_patients_message_goes_before_the_holiday_or_after_it(
    weekends: bool, days: list[str]
) -> None:
    germany = at_work("Europe/Berlin", ON, country="DE")
    patient = awake("Europe/Berlin", ON, days_of=germany, weekends=weekends)
    hours = Hours(patient, germany)

    # Due on 26 December, a Saturday and a holiday; 2 January is a Saturday.
    climbed = rungs(Ladder.LAB, date(2026, 12, 26), hours, ON)

    told = [str(rung.at.date()) for rung in climbed if rung.recipient == "patient"]
    assert told == days


@settings(deadline=None)
@given(due=days, zone=zones, country=countries, weekends=st.booleans())
def test_with_the_days_of_a_place_a_patient_is_told_on_them_only(
    due: date, zone: str, country: str | None, weekends: bool
) -> None:
    place = at_work(zone, ON, country=country)
    hours = Hours(awake(zone, ON, days_of=place, weekends=weekends), place)

    climbed = rungs(Ladder.LAB, due, hours, ON)

    for rung in climbed:
        if rung.recipient == "patient":
            assert hours.may_be_told("patient", rung.at)
            day = rung.at.astimezone(ZoneInfo(zone)).date()
            assert (day <= due) == (rung.offset < 0)


def test_an_alert_of_friday_evening_climbs_from_monday() -> None:
    hours = hours_of("Europe/Berlin", "Europe/Berlin", "DE", 0.0)
    friday = datetime(2026, 11, 20, 19, tzinfo=UTC)

    climbed = rungs(Ladder.ALERT, date(2026, 11, 18), hours, ON, friday)

    days = [rung.at.date() for rung in climbed]
    assert days[:2] == [date(2026, 11, 23), date(2026, 11, 30)]


def test_what_is_critical_waits_for_no_working_time() -> None:
    hours = hours_of("Europe/Berlin", "Europe/Berlin", "DE", 0.7)
    saturday = datetime(2026, 12, 26, 2, 30, tzinfo=UTC)

    climbed = rungs(Ladder.CRITICAL, date(2026, 12, 25), hours, ON, saturday)

    assert [rung.at for rung in climbed] == [saturday, saturday + timedelta(days=1)]
