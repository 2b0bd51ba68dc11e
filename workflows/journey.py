"""TioJourney: one patient, from suspicion to cure or lasting care.

It hears what was told, takes a turn (`turn.py`: hand over, ask, put to a person, tell), and waits,
for an event or for the next thing due. What a turn does is made outside and kept in the history as
one answer; the journey owns where it stands, and when it looks again.
"""

from datetime import datetime, timedelta
from uuid import UUID

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from workflows import policies
    from workflows.alarm import Alarm
    from workflows.calls import Away
    from workflows.contract import (
        PHASE_ATTRIBUTE,
        EventArrived,
        JourneyOrder,
        JourneyState,
        Phase,
        ToldAgain,
        Turned,
        TurnRequest,
    )
    from workflows.course import Course
    from workflows.looking import look_up_at
    from workflows.portions import enough_for_a_turn, put_together
    from workflows.step_by_step import StepByStep, called
    from workflows.taking_turns import TakingTurns, without_the_known
    from workflows.turn import Turn

TIO_PHASE = SearchAttributeKey.for_keyword(PHASE_ATTRIBUTE)


@workflow.defn
class TioJourney:
    """One journey (FHIR EpisodeOfCare), from a low phosphate to cure or lasting care."""

    @workflow.init
    def __init__(self, order: JourneyOrder) -> None:
        self.order, self.state = order, order.state
        self.course = Course(order.state)
        self.began = workflow.now()
        self.shown = self.state.phase
        self.alarm = Alarm()
        self.rolling = False
        self.in_turns = workflow.patched(policies.ONE_TURN)
        self.inbox: dict[UUID, EventArrived] = {}
        """What was told and is not known yet, each once."""

        self.again: list[ToldAgain] = []
        self.looks, self.looked, self.in_a_row = int(self.state.looking), 0, 0
        self.taking = False
        self.news = self.unreached = self.looking = False

    @workflow.run
    async def run(self, order: JourneyOrder) -> JourneyState:
        """Go on until the journey is closed; a run ends earlier, and its successor goes on."""
        if self.in_turns:
            await self._turn_by_turn()
        else:
            await self._step_by_step()
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._is_over():
            self._keep_what_was_told()
            workflow.continue_as_new(self.order)
        return self.state

    # -- what is told ---------------------------------------------------------------------------

    @workflow.signal
    def event_arrived(self, event: EventArrived) -> None:
        """Something happened. Told twice, it happened once."""
        if self.in_turns:
            if event.heard_as not in self.state.seen:
                self.inbox[event.heard_as] = event
        else:
            self.news = self.course.hear(event) or self.news

    @workflow.signal
    def told_again(self, told: ToldAgain) -> None:
        """What was told before, all of it: the engine had lost this journey, or a part of it."""
        if self.in_turns:
            self.again.append(told)
        else:
            self.news = self.course.hear_again(told) or self.news

    @workflow.signal
    def roll(self) -> None:
        """New code is there: continue as new at the next quiet moment."""
        self.rolling = True

    @workflow.signal
    def look(self) -> None:
        """See what time it is: the clock was moved by hand."""
        self.looking, self.looks = True, self.looks + 1

    @workflow.query
    def read_state(self) -> JourneyState:
        """Where does this journey stand, and what is it about to hear?"""
        if not self.inbox and not self.taking:
            return self.state
        seen = [*self.state.seen, *self.inbox]
        waiting = [*self.state.waiting, *self.inbox.values()]
        # What a turn tells while it is taken has the next revision.
        told = self.state.revision + self.taking
        return self.state.model_copy(update={"seen": seen, "waiting": waiting, "revision": told})

    # -- turns ----------------------------------------------------------------------------------
    #
    # Whatever happens meanwhile, the next step turns on what the last turn answered: a worker that
    # lives through this again may be told of a signal a little earlier or later (decision 29).

    async def _turn_by_turn(self) -> None:
        """Take a turn when something was told or is due; wait when nothing is left to do."""
        rang = False
        while True:
            if rang or self._was_told() or self._has_something_left():
                self.alarm.put_away()
                turned = await self._turn(rang=rang)
                if self._is_over() or turned.rolls:
                    return
                if self._was_told() or turned.left:
                    rang = False
                    continue
            self.alarm.set(self._look_up_at())
            await workflow.wait_condition(
                lambda: self._was_told() or self.alarm.rings or self._should_roll()
            )
            self.in_a_row = 0
            rang = self.alarm.rings
            if self._should_roll() and not self._was_told():
                return

    async def _turn(self, *, rang: bool) -> Turned:
        """One turn. Who is away is passed over first, then waited for, for as long as we may."""
        turned = await self._taken(rang=rang)
        if turned.away is None:
            return turned
        try:
            return await self._taken(rang=False, whole=True)
        except Away:
            return turned

    async def _taken(self, *, rang: bool, whole: bool = False) -> Turned:
        """Within the workflow's task, as one event of its history; where that fails, as another."""
        self.in_a_row += 1
        waiting = enough_for_a_turn(self.state.waiting)
        heard = enough_for_a_turn(self.inbox.values())
        request = TurnRequest(
            organisation=self.order.organisation,
            journey_id=self.order.journey_id,
            at=self.alarm.now(),
            record=self.state.record,
            state=without_the_known(self.state).model_copy(update={"waiting": waiting}),
            heard=tuple(heard),
            again=tuple(self._lost()),
            rang=rang,
            looking=self.looks > self.looked,
            looks=self.looks,
            seed=workflow.uuid4(),
            whole=whole,
            rolls=self._should_roll() or self.in_a_row >= policies.TURNS_IN_A_ROW,
            more=len(waiting) + len(heard) < len(self.state.waiting) + len(self.inbox),
        )
        self.taking = True
        try:
            turned = await self._called(request)
        finally:
            self.taking = False
        self._stand(turned, waiting)
        return turned

    async def _called(self, request: TurnRequest) -> Turned:
        if request.whole:
            return await called(TakingTurns.take_turn, request, policies.ASK)
        try:
            quick: Turned = await workflow.execute_local_activity_method(
                TakingTurns.take_turn, request, **policies.QUICKLY
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            return await called(TakingTurns.take_turn, request, policies.TELL)
        return quick

    def _stand(self, turned: Turned, given: list[EventArrived]) -> None:
        """The journey stands where the turn has led it."""
        known = [*self.state.seen, *turned.heard][-policies.REMEMBERED :]
        waiting = put_together(self.state, given, turned.state.waiting)
        kept = {"seen": known, "waiting": waiting}
        self.state = self.order.state = turned.state.model_copy(update=kept)
        self.course = Course(self.state)
        self.inbox = {told: event for told, event in self.inbox.items() if told not in turned.heard}
        self.again = self._lost()
        self.looked, self.unreached = turned.looks, turned.unreached
        self._show(self.state.phase)

    def _lost(self) -> list[ToldAgain]:
        """What the engine had lost, if it is more than this journey knows."""
        return [told for told in self.again if told.revision > self.state.revision]

    def _keep_what_was_told(self) -> None:
        """For the next run."""
        for event in self.inbox.values():
            self.course.hear(event)
        for told in self._lost():
            self.course.hear_again(told)
        self.state.looking = self.looks > self.looked

    def _has_something_left(self) -> bool:
        """As the last turn left it, or the run before."""
        state = self.state
        return bool(state.waiting) or state.untold or state.unfinished

    def _was_told(self) -> bool:
        return bool(self.inbox) or bool(self._lost()) or self.looks > self.looked

    def _show(self, phase: Phase) -> None:
        """A phase's code, for operators."""
        if self.shown is not phase:
            self.shown = phase
            workflow.upsert_search_attributes([TIO_PHASE.value_set(phase)])

    # -- step by step: runs that began before that ------------------------------------------------

    async def _step_by_step(self) -> None:
        """Each call for itself, on the journey's own state."""
        turn = Turn(self.course, StepByStep(self.order, self._should_roll, self._show))
        while True:
            self.news = turn.unreached = False
            await turn.take()
            self.unreached = turn.unreached
            if self.news:
                continue
            if self._is_over() or self._should_roll():
                return
            await self._wait_for_an_event_or_the_time(turn)

    async def _wait_for_an_event_or_the_time(self, turn: Turn) -> None:
        """Nothing to do until somebody tells us something, or until something is due."""
        if workflow.patched(policies.AT_ONCE):
            self.alarm.set(self._look_up_at())
            await workflow.wait_condition(
                lambda: self.news or self.looking or self.alarm.rings or self._should_roll()
            )
            if self.looking or self.alarm.rings:
                await self._see_what_time_has_changed(turn)
            return
        pause = max(self._look_up_at() - workflow.now(), timedelta(milliseconds=1))
        try:
            await workflow.wait_condition(
                lambda: self.news or self.looking or self._should_roll(),
                timeout=pause,
                timeout_summary="next look",
            )
        except TimeoutError:
            await self._see_what_time_has_changed(turn)
        if self.looking:
            await self._see_what_time_has_changed(turn)

    async def _see_what_time_has_changed(self, turn: Turn) -> None:
        looking, self.looking = self.looking, False
        await turn.see_what_time_has_changed(looking=looking)
        self.unreached = turn.unreached

    # -- time -----------------------------------------------------------------------------------

    def _look_up_at(self) -> datetime:
        """The next moment at which anything is due, by anyone's reckoning."""
        knows = workflow.patched if not self.in_turns else _every_step
        now = self.alarm.now()
        return look_up_at(self.course, now, self.began, knows, unreached=self.unreached)

    def _is_over(self) -> bool:
        """Closed, coordination knows it, and all that was told before that is with its owner."""
        is_left = self.state.waiting or self.state.untold
        return self.course.is_closed and not is_left and not self._was_told()

    def _should_roll(self) -> bool:
        """Is it time to continue as new? At deploy, when the history grows, and every year."""
        run = workflow.info()
        return (
            self.rolling
            or run.is_continue_as_new_suggested()
            or run.get_current_history_length() > policies.EVENTS_IN_A_RUN
            or workflow.now() >= self.began + policies.RUN
        )


def _every_step(_step: str) -> bool:
    """Nothing of it has changed since runs take turns."""
    return True
