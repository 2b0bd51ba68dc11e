"""Whatever happens, in whatever order it is told: nothing is doubled, nothing ends twice."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.followup.contract import FollowUp, PlanRequest
from services.followup.follow_up import follow_up
from tests.services.followup.calendar_cases import a_request, noon

LAST = 420
DAYS = st.integers(1, LAST)
FOUND: list[dict[str, Any]] = [
    {"s_phos": 0.5},
    {"s_phos": 1.0, "s_alp": 80},
    {"s_phos": 1.6},
    {"s_phos": 0.6, "tmp_gfr": 0.5, "s_fgf23_i": 120},
    {"s_fgf23_i": 30},
    {"u_ca_24h": 9.0},
    {"s_pth": 48, "s_ca_adj": 2.3},
    {"act": "renal_ultrasound"},
    {"act": "local_mri"},
    {"act": "sstr_pet_ct"},
    {"act": "dxa"},
]
RESULTS = st.sampled_from(FOUND)
EVENTS = st.one_of(
    st.tuples(DAYS, RESULTS).map(lambda told: {"day": told[0], **told[1]}),
    DAYS.map(lambda day: {"operated": day, "site": "thigh", "margin": "wide"}),
    DAYS.map(lambda day: {"noted": day, "state": "LOCALIZED"}),
    DAYS.map(lambda day: {"noted": day, "state": "NOT_LOCALIZED"}),
    st.tuples(DAYS, st.sampled_from([1000, 1500])).map(
        lambda told: {"started": told[0], "agent": "oral_phosphate", "dose": told[1]}
    ),
    st.tuples(DAYS, st.sampled_from([30, 60])).map(
        lambda told: {"given": told[0], "agent": "burosumab", "dose": told[1]}
    ),
    DAYS.map(lambda day: {"booked": day, "for": day + 40}),
)
COURSES = st.tuples(
    st.sampled_from(["operated", "high", "searching", "conventional", "burosumab"]),
    st.lists(EVENTS, max_size=12),
    st.one_of(st.none(), st.tuples(DAYS, st.integers(1, 200))),
)
Course = tuple[str, list[dict[str, Any]], tuple[int, int] | None]
Ends = dict[tuple[str, str], tuple[Any, ...]]


def as_of(course: Course, days: int) -> PlanRequest:
    """What was known on this day.

    An end of burosumab is left out: it says since when it was taken, and so what to believe before.
    """
    setup, events, taken = course
    if taken is not None:
        began, lasted = taken
        drug = {"agent": "calcitriol"}
        events = [*events, {"started": began, **drug}, {"stopped": began + lasted, **drug}]
    told = {
        str((event["day"], "s_phos") if "s_phos" in event else sorted(event.items())): event
        for event in events
    }
    return a_request({"setup": setup, "events": list(told.values())}, days)


def ended(answer: FollowUp) -> Ends:
    """How each item ended that has."""
    return {
        (item.rule, item.occurrence): (item.status, item.ended_on, item.disposition)
        for item in answer.schedule
        if item.status != "open"
    }


@given(COURSES)
@settings(max_examples=100, deadline=None)
def test_what_has_ended_stays_ended_in_the_same_way_as_time_passes(course: Course) -> None:
    before: Ends = {}
    for days in range(0, LAST + 40, 20):
        answer = follow_up(as_of(course, days), noon(days))
        keys = [(item.rule, item.occurrence) for item in answer.schedule]
        assert len(keys) == len(set(keys))
        now = ended(answer)
        gone = {key: end for key, end in before.items() if now.get(key) != end}
        assert not gone, (days, gone, {key: now.get(key) for key in gone})
        before = now


@given(COURSES)
@settings(max_examples=100, deadline=None)
def test_nothing_that_was_open_is_lost(course: Course) -> None:
    was_open: set[tuple[str, str]] = set()
    for days in range(0, LAST + 40, 20):
        answer = follow_up(as_of(course, days), noon(days))
        known = {(item.rule, item.occurrence) for item in answer.schedule}
        assert was_open <= known, (days, was_open - known)
        was_open = {(i.rule, i.occurrence) for i in answer.schedule if i.status == "open"}


@given(COURSES, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_arrival_changes_nothing(course: Course, chance: Any) -> None:
    request = as_of(course, LAST)
    shuffled = list(request.history)
    chance.shuffle(shuffled)
    other = request.model_copy(update={"history": shuffled})

    assert follow_up(request, noon(LAST)).schedule == follow_up(other, noon(LAST)).schedule
