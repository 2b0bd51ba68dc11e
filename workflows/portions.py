"""Portions: a turn is given no more of what waits than it may hand over, and knows that more waits.

Every turn's answer is kept in the history with what still waits in it, and turns that follow each
other are told to the engine together: with thousands of events in each that is more than it takes.
"""

from collections import Counter
from collections.abc import Iterable

from workflows.contract import EventArrived, JourneyState
from workflows.course import comes_first
from workflows.policies import EVENTS_IN_A_TURN
from workflows.turn import OWNERS


def enough_for_a_turn(waiting: Iterable[EventArrived]) -> list[EventArrived]:
    """Of each owner's what comes first: whoever is away keeps nobody else's from being seen."""
    of_owner: Counter[object] = Counter()
    enough = []
    for event in sorted(waiting, key=comes_first):
        owner = OWNERS.get(event.kind)
        of_owner[owner] += 1
        if of_owner[owner] <= EVENTS_IN_A_TURN:
            enough.append(event)
    return enough


def put_together(
    state: JourneyState, given: Iterable[EventArrived], left: list[EventArrived]
) -> list[EventArrived]:
    """What waits after a turn: what it has left of its portion, what it was not given, the news."""
    portion = {event.heard_as for event in given}
    known = portion | {event.heard_as for event in left}
    return [
        *(event for event in left if event.heard_as in portion),
        *(event for event in state.waiting if event.heard_as not in known),
        *(event for event in left if event.heard_as not in portion),
    ]
