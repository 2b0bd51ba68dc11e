"""What is due within overlapping windows is gathered into the fewest visits, and safely so."""

from datetime import date, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from knowledge.rules.surveillance_calendar import Item
from knowledge.terms.obligation import Ladder
from services.followup.visits import Gathered, visits

TODAY = date(2026, 1, 1)


def an_item(number: int, opens: int, due: int, closes: int, **more: bool) -> Item:
    """Something that is open, by days from today."""
    first, day, last = (TODAY + timedelta(days=days) for days in (opens, due, closes))
    key = f"FUP-{number}"
    return Item(key, str(number), "core", day, first, last, None, Ladder.LAB, **more)  # type: ignore[arg-type]


WINDOWS = st.tuples(st.integers(-9, 12), st.integers(0, 6), st.integers(0, 6), st.booleans())
SEVERAL = st.lists(WINDOWS, max_size=6).map(
    lambda found: [
        an_item(n, opens, opens + before, opens + before + after, critical=critical)
        for n, (opens, before, after, critical) in enumerate(found)
    ]
)


def allowed(item: Item) -> tuple[date, date]:
    """Between which days may it be done? What has passed is for today."""
    last = item.due if item.critical else item.closes
    return max(item.opens, TODAY), max(last, TODAY)


def fewest(items: list[Item]) -> int:
    """How many days does it take at least? Every choice of last days is tried."""
    days = sorted({allowed(item)[1] for item in items})
    for number in range(len(days) + 1):
        for chosen in combinations(days, number):
            if all(any(a <= day <= b for day in chosen) for a, b in map(allowed, items)):
                return number
    raise AssertionError("every item has a day of its own")


@given(SEVERAL)
def test_no_plan_has_fewer_visits_and_nothing_is_left_out_or_done_outside_its_window(
    items: list[Item],
) -> None:
    planned = visits(items, TODAY)

    assert sorted(i.occurrence for v in planned for i in v.items) == [i.occurrence for i in items]
    for visit in planned:
        for item in visit.items:
            first, last = allowed(item)
            assert first <= visit.earliest <= visit.on <= visit.latest <= last
    assert len(planned) == fewest(items)


def test_what_is_critical_is_not_delayed_for_the_sake_of_another_visit() -> None:
    check, scan = an_item(1, 5, 8, 20, critical=True), an_item(2, 12, 15, 30)

    assert [visit.on for visit in visits([check, scan], TODAY)] == [check.due, scan.due]


def test_what_is_drawn_after_a_dose_is_not_pulled_before_its_day() -> None:
    sample = an_item(1, 11, 14, 17, critical=True, tied=True)
    other = an_item(2, -5, 5, 12)

    assert [visit.on for visit in visits([sample, other], TODAY)] == [other.due, sample.due]


def test_nothing_far_from_its_day_travels_with_another_visit() -> None:
    scan, examination = an_item(1, 180, 365, 730, radionuclide=True), an_item(2, 150, 180, 210)

    near, far = visits([scan, examination], TODAY)

    assert (near.on, far.on) == (examination.due, scan.due)
    assert far.earliest == scan.due - timedelta(days=30)


def test_two_radionuclide_scans_are_two_visits_a_week_apart() -> None:
    scans = [an_item(number, 0, 20, 60, radionuclide=True) for number in (1, 2)]
    blood = an_item(3, 0, 20, 60)

    first, second = visits([*scans, blood], TODAY)

    assert (second.on - first.on).days >= 7
    assert _rules(first) == {"FUP-1", "FUP-3"}


def test_two_scans_that_are_both_overdue_are_still_a_week_apart() -> None:
    scans = [an_item(number, -90, -60, -30, radionuclide=True) for number in (1, 2)]

    assert [(visit.on - TODAY).days for visit in visits(scans, TODAY)] == [0, 7]


def _rules(visit: Gathered) -> set[str]:
    return {item.rule for item in visit.items}


def test_what_has_ended_needs_no_visit() -> None:
    assert visits([], TODAY) == []
