"""What is in force of what was said: the latest moment counts, whatever came first."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.contract import EventArrived, EventKind, JourneyState, Phase, Said
from workflows.course import Course
from workflows.words import Words

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
FAMILY = UUID(int=9)
PAUSE, RESUME, DEATH = EventKind.PAUSE, EventKind.RESUME, EventKind.DEATH

Told = tuple[EventKind, int, bool]
TOLD = st.lists(
    st.tuples(st.sampled_from([PAUSE, RESUME, DEATH]), st.integers(0, 6), st.booleans()),
    max_size=8,
    unique=True,
)


def say(one: Told) -> tuple[EventArrived, Said]:
    """An event and what it says."""
    kind, day, undone = one
    at = NOW + timedelta(days=day)
    event = EventArrived(event_id=uuid5(FAMILY, str(one)), kind=kind, occurred_at=at)
    return event, Said(occurred_at=at, undone=undone and kind is DEATH)


@given(told=TOLD, data=st.data())
def test_the_order_of_telling_changes_nothing(told: list[Told], data: st.DataObject) -> None:
    stands = []
    for order in (told, data.draw(st.permutations([*told, *told[:2]]))):
        course = Course(JourneyState(phase=Phase.SURVEILLANCE, phase_reason="surgery"))
        for one in order:
            course.take_word(*say(one))
        state = course.state
        stands.append((state.phase, course.paused_since, course.words.end(), state.left))

    assert stands[0] == stands[1]
    assert (stands[0][0] is Phase.CLOSED) == (stands[0][2] is not None)


@pytest.mark.parametrize(
    ("told", "since"),
    [
        ([(PAUSE, 1, False)], 1),
        ([(PAUSE, 2, False), (PAUSE, 1, False)], 1),
        ([(RESUME, 3, False), (PAUSE, 1, False)], None),
        ([(PAUSE, 1, False), (RESUME, 3, False), (PAUSE, 5, False)], 5),
        ([(PAUSE, 3, False), (RESUME, 3, False)], None),
    ],
    ids=["paused", "earlier than thought", "resumed before it was told", "again", "at once"],
)
def test_a_pause_lasts_from_its_first_word_to_the_resumption(
    told: list[Told], since: int | None
) -> None:
    words = Words(JourneyState())
    for one in told:
        words.take(*say(one))

    assert words.since(PAUSE) == (None if since is None else NOW + timedelta(days=since))


def test_a_closed_journey_is_not_opened_by_a_decision_while_a_death_stands() -> None:
    course = Course(JourneyState(phase=Phase.SURVEILLANCE))
    course.take_word(*say((DEATH, 1, False)))

    assert course.take_word(*say((DEATH, 1, False))) is not None
    assert course._why_it_stays_closed() is not None
    assert course.take_word(*say((DEATH, 2, True))) is None
    assert course.state.phase is Phase.SURVEILLANCE
