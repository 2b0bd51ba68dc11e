"""Taking turns: a whole turn of a journey as one call, with everything it asks inside of it.

It may be made again at any time, by another worker: every request in it has the id it had before,
and the journey's state is only changed by the answer that its history keeps.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid5

from temporalio import activity
from temporalio.exceptions import ApplicationError

from services.chassis.client import Refused as RefusedByService
from workflows.activities.weather import weather
from workflows.calls import Away, Calls, Refused
from workflows.contract import JourneyState, Phase, Turned, TurnRequest
from workflows.course import Course
from workflows.policies import EVENTS_IN_A_TURN, LONGEST_REASON, REFUSED
from workflows.turn import Turn

T = TypeVar("T")


class TakingTurns:
    """Takes turns with the calls of one worker."""

    def __init__(self, acts: Sequence[Callable[..., Awaitable[Any]]]) -> None:
        self._acts = {act.__name__: act for act in acts}

    @activity.defn
    async def take_turn(self, request: TurnRequest) -> Turned:
        """Hear what was told, do what is due, and say where the journey stands then."""
        course = Course(request.state)
        course.more_waits = request.more
        for event in request.heard:
            course.hear(event)
        for told in request.again:
            course.hear_again(told)
        calls = WithinOne(request, self._acts)
        turn = Turn(course, calls)
        wake = course.state.next_wake
        if request.rang or request.looking or (wake is not None and wake <= request.at):
            await turn.see_what_time_has_changed(looking=request.looking)
        await turn.take()
        return Turned(
            state=without_the_known(course.state),
            heard=tuple(dict.fromkeys((*_told_in(request), *course.state.seen))),
            unreached=turn.unreached,
            away=calls.away,
            left=turn.left or turn.lags or (request.more and turn.handed),
            looks=request.looks,
            rolls=request.rolls,
        )


def _told_in(request: TurnRequest) -> Iterator[UUID]:
    """All of it: what a journey knows again is less than what it may be told at once."""
    return (event.heard_as for event in request.heard)


def without_the_known(state: JourneyState) -> JourneyState:
    """What a turn needs of it: not the ids of everything that was heard in years."""
    return state.model_copy(update={"seen": []})


class WithinOne(Calls):
    """The calls of one turn, made one after the other within one activity."""

    def __init__(
        self, request: TurnRequest, acts: dict[str, Callable[..., Awaitable[Any]]]
    ) -> None:
        super().__init__(request.organisation, request.journey_id, request.state)
        self.log = activity.logger
        self.away: str | None = None
        self._request, self._acts = request, acts
        self._drawn = self._made = 0

    def now(self) -> datetime:
        """The moment of the turn."""
        return self._request.at

    def new_id(self) -> UUID:
        """The first of this turn, the second, and so on."""
        self._drawn += 1
        return uuid5(self._request.seed, str(self._drawn))

    def knows(self, step: str) -> bool:
        """Every step: how a turn is taken is no part of a history."""
        return True

    def is_to_end(self) -> bool:
        """Enough for one turn."""
        return self._made >= EVENTS_IN_A_TURN

    def show(self, phase: Phase) -> None:
        """The workflow does, when it hears of it."""

    async def ask(self, act: Callable[[Any, Any], Awaitable[T]], request: Any) -> T:
        """Ask a clinical service; one that is away is passed over, or fails the whole turn."""
        try:
            return await self.tell(act, request)
        except Refused:
            raise
        except Exception as trouble:
            said = f"{act.__name__}: {trouble or type(trouble).__name__}"
            self.away = said[:LONGEST_REASON]
            if self._request.whole:
                raise weather(self.away) from trouble
            raise Away(self.away) from trouble

    async def report(self, act: Callable[[Any, Any], Awaitable[T]], request: Any) -> T:
        """Tell coordination; without it there is no turn."""
        return await self.tell(act, request)

    async def tell(self, act: Callable[[Any, Any], Awaitable[T]], request: Any) -> T:
        """Tell coordination; without it there is no turn."""
        self._made += 1
        try:
            answer: T = await self._acts[act.__name__](request)
        except RefusedByService as refused:
            raise Refused(str(refused)) from refused
        except ApplicationError as error:
            if error.type != REFUSED:
                raise
            raise Refused(error.message) from error
        return answer
