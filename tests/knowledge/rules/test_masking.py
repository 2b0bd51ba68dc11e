"""Until which hour does a drug mask? The calendar is asked first, the clock near the end only."""

from datetime import UTC, date, datetime, time, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from knowledge.rules import masking, remission
from knowledge.rules.masking import BUROSUMAB, SUPPLEMENT, Exposure, Masks

TODAY = date(2026, 11, 22)
STOPPED = date(2024, 3, 10)
HOURS = timedelta(hours=remission.TABLE.whole(masking.HOURS, TODAY))
ZONES = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
DRAWN = st.builds(
    lambda minutes, zone: (
        datetime(2024, 3, 10, tzinfo=UTC).astimezone(zone) + timedelta(minutes=minutes)
    ),
    st.integers(-7 * 24 * 60, 7 * 24 * 60),
    ZONES,
)


def a_supplement(ended: date | datetime | None) -> Exposure:
    """A phosphate supplement that was taken until then."""
    return Exposure("oral_phosphate", SUPPLEMENT, None, ended)


@given(drawn=DRAWN, hour=st.integers(0, 23), zone=ZONES)
def test_of_an_end_with_its_hour_the_hours_count(
    drawn: datetime, hour: int, zone: timezone
) -> None:
    ended = datetime.combine(STOPPED, time(hour), zone)
    found = Masks([a_supplement(ended)], TODAY).of(drawn)

    assert (found is not None) == (drawn - ended < HOURS)


@given(drawn=DRAWN)
def test_of_an_end_by_the_day_the_clock_on_the_wall_counts(drawn: datetime) -> None:
    midnight = datetime.combine(STOPPED + timedelta(days=1), time(), drawn.tzinfo)
    found = Masks([a_supplement(STOPPED)], TODAY).of(drawn)

    assert (found is not None) == (drawn - midnight < HOURS)


def test_what_is_said_to_end_on_the_last_day_there_is_does_not_end() -> None:
    drawn = datetime(2024, 3, 10, 8, tzinfo=UTC)

    assert Masks([a_supplement(date.max)], TODAY).of(drawn) is not None
    assert Masks([Exposure(BUROSUMAB, BUROSUMAB, None, date.max)], TODAY).of(drawn) is not None


def test_what_begins_later_masks_nothing_yet() -> None:
    later = Exposure("oral_phosphate", SUPPLEMENT, STOPPED + timedelta(days=1), None)

    assert Masks([later], TODAY).of(datetime(2024, 3, 10, 23, tzinfo=UTC)) is None
