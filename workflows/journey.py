"""TioJourney: one patient, from suspicion to cure or lasting care.

Reads like the pathway on the wall: events are handed over, the phase's service is asked, a person
decides, everyone sees where it stands, and then we wait, for an event or for the next thing due.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypedDict, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from knowledge.terms.obligation import Conclusion
    from services.coordination.contract import NextWake, OpenQuestion, Progress
    from workflows import policies
    from workflows.activities import (
        AssessmentActivities,
        CoordinationActivities,
        FollowupActivities,
        LocalizationActivities,
        ProgressReport,
    )
    from workflows.assessment import ASSESSMENT
    from workflows.contract import (
        PHASE_ATTRIBUTE,
        ConclusionRequest,
        Decision,
        EventArrived,
        EventKind,
        EventOfJourney,
        EventOutcome,
        HandedOver,
        JourneyOrder,
        JourneyState,
        Phase,
        Standing,
        WakeRequest,
    )
    from workflows.human_task import HumanTask
    from workflows.localization import LOCALIZATION
    from workflows.surveillance import SURVEILLANCE
    from workflows.treatment import TREATMENT

STAGES = {stage.phase: stage for stage in (ASSESSMENT, LOCALIZATION, TREATMENT, SURVEILLANCE)}

OWNERS: dict[EventKind, Callable[[Any, EventOfJourney], Awaitable[HandedOver]]] = {
    EventKind.OBSERVATIONS: AssessmentActivities.record_facts,
    EventKind.FINDINGS: AssessmentActivities.record_facts,
    EventKind.EXPOSURES: AssessmentActivities.record_facts,
    EventKind.GENETICS: AssessmentActivities.record_facts,
    EventKind.EXAMINATION: LocalizationActivities.record_examination,
    EventKind.STUDY: LocalizationActivities.record_study,
    EventKind.CONSTRAINTS: LocalizationActivities.record_constraints,
    EventKind.SURGERY: FollowupActivities.record_result,
    EventKind.THERAPY: FollowupActivities.record_result,
    EventKind.STATE: FollowupActivities.record_result,
}
"""Who keeps what an event says. The journey itself never reads it."""

ANSWERS_TO_REMINDERS = (EventKind.ACKNOWLEDGEMENT, EventKind.DISPOSITION)
ENDS = (EventKind.DEATH, EventKind.WITHDRAWAL)

TIO_PHASE = SearchAttributeKey.for_keyword(PHASE_ATTRIBUTE)

T = TypeVar("T")


class _Whose(TypedDict):
    organisation: str
    journey_id: Any
    at: datetime


@workflow.defn
class TioJourney:
    """One journey (FHIR EpisodeOfCare), from a low phosphate to cure or lasting care."""

    @workflow.init
    def __init__(self, order: JourneyOrder) -> None:
        self.order = order
        self.state = order.state
        self.task = HumanTask(self.state)
        self.began = workflow.now()
        self.news = False
        self.rolling = False
        self.unreached = False
        self.only_time_passed = False
        self.conclusion: Conclusion | None = None

    @workflow.run
    async def run(self, order: JourneyOrder) -> JourneyState:
        """Go on until the journey is closed; a run ends earlier, and its successor goes on."""
        while True:
            self.news = self.unreached = False
            await self._hand_over_what_waits()
            await self._ask_the_service_of_the_phase()
            await self._tell_progress()
            if self.news:
                continue
            if self.state.phase is Phase.CLOSED and not self.state.waiting:
                break
            if self._should_roll():
                break
            await self._wait_for_an_event_or_the_time()
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self.state.phase is not Phase.CLOSED or self.state.waiting:
            workflow.continue_as_new(self.order)
        return self.state

    @workflow.signal
    def event_arrived(self, event: EventArrived) -> None:
        """Something happened. Told twice, it happened once."""
        if event.event_id in self.state.seen:
            return
        self.state.seen = [*self.state.seen, event.event_id][-policies.REMEMBERED :]
        self.state.waiting.append(event)
        self.news = True

    @workflow.signal
    def roll(self) -> None:
        """New code is there: continue as new at the next quiet moment."""
        self.rolling = True

    @workflow.query
    def read_state(self) -> JourneyState:
        """Where does this journey stand?"""
        return self.state

    # -- events -------------------------------------------------------------------------------

    async def _hand_over_what_waits(self) -> None:
        """Each waiting event to the one who owns it; an end first, then what occurred first."""
        put_off: list[EventArrived] = []
        away: list[object] = []
        while self.state.waiting and not self._should_roll():
            event = min(self.state.waiting, key=_turn)
            owner = OWNERS.get(event.kind, event.kind)
            if owner in away or not await self._hand_over(event):
                put_off.append(event)
                away.append(owner)
                self.unreached = True
            self.state.waiting.remove(event)
        self.state.waiting.extend(put_off)
        await self._bring_followup_up_to_date()

    async def _hand_over(self, event: EventArrived) -> bool:
        """True when this event is done with, whatever became of it."""
        if event.kind is EventKind.DECISION:
            return await self._take_decision(event)
        if event.kind in ENDS:
            return await self._end(event)
        if event.kind in ANSWERS_TO_REMINDERS:
            self.state.untold = True
            return await self._tell_outcome(event, None)
        if event.kind not in OWNERS:
            return await self._tell_outcome(event, f"'{event.kind}' is not followed yet")
        try:
            handed = await self._ask(OWNERS[event.kind], self._event(event))
        except ActivityError as error:
            return _refusal(error) is not None
        if handed.applied:
            self._take_note(event, handed.occurred_at)
        return True

    def _take_note(self, event: EventArrived, occurred_at: datetime) -> None:
        """What does the journey itself make of an event that its owner took?"""
        self._has_changed()
        if event.kind is EventKind.OBSERVATIONS:
            self.state.for_followup.append(event.event_id)
        operated_at = self.state.operated_at
        if event.kind is EventKind.SURGERY and (operated_at is None or occurred_at > operated_at):
            self.state.operated_at = occurred_at
            if self.state.phase is not Phase.CLOSED:
                self._move(Phase.SURVEILLANCE, "surgery")

    async def _bring_followup_up_to_date(self) -> None:
        """In surveillance followup gets the observations as well, also those from before."""
        while self.state.phase is Phase.SURVEILLANCE and self.state.for_followup:
            event_id = self.state.for_followup[0]
            try:
                await self._ask(
                    FollowupActivities.record_observations,
                    EventOfJourney(event_id=event_id, **self._whose()),
                )
            except ActivityError as error:
                if _refusal(error) is None:
                    self.unreached = True
                    return
            self.state.for_followup.pop(0)
            self._has_changed()

    async def _end(self, event: EventArrived) -> bool:
        """Death, or consent withdrawn: nothing is asked and nobody is reminded any more."""
        self._move(Phase.CLOSED, event.kind)
        return await self._tell_outcome(event, None)

    # -- people -------------------------------------------------------------------------------

    async def _take_decision(self, event: EventArrived) -> bool:
        """A person answered, asked or unasked. What does not fit is told back, nothing changes."""
        try:
            decision = await workflow.execute_activity_method(
                CoordinationActivities.read_decision, self._event(event), **policies.TELL
            )
        except ActivityError as error:
            return await self._tell_outcome(event, _refusal(error) or "it could not be read")
        refusal = self._expect(decision)
        if refusal is None:
            self._follow(decision)
        return await self._tell_outcome(event, refusal)

    def _expect(self, decision: Decision) -> str | None:
        """Why this decision does not fit; None if it does."""
        if self.state.phase not in STAGES:
            return "the journey is closed"
        return self.task.expect(decision, tuple(STAGES[self.state.phase].leads_to))

    def _follow(self, decision: Decision) -> None:
        """Go where the answer leads."""
        to = STAGES[self.state.phase].leads_to[decision.answer]
        if to is self.state.phase:
            self.task.decline()
            self._has_changed()
        else:
            self._move(to, decision.answer)

    def _put_to_a_person(self) -> None:
        """Open the question that the conclusion calls for; withdraw the one it does not."""
        standing = self.state.standing
        question = STAGES[self.state.phase].question(standing.proposal if standing else None)
        if question is None or self.task.has_been_declined():
            self.task.withdraw()
        else:
            self.task.ask(question, workflow.uuid4(), workflow.now())

    # -- conclusions and progress ---------------------------------------------------------------

    async def _ask_the_service_of_the_phase(self) -> None:
        """If something changed: what does the service of this phase conclude now?"""
        self.conclusion = None
        if not self.state.changed or self.state.phase not in STAGES:
            return
        again = False
        asks = STAGES[self.state.phase].asks
        if asks is not None:
            request = ConclusionRequest(
                conclusion_id=workflow.uuid4(),
                event_id=self.state.seen[-1] if self.state.seen else None,
                **self._whose(),
            )
            try:
                self._stand(await self._ask(asks, request))
            except ActivityError as error:
                if _refusal(error) is None:
                    again = self.unreached = True
        self.state.changed = again
        self.state.asked_at = workflow.now()
        self._put_to_a_person()

    def _stand(self, conclusion: Conclusion) -> None:
        """Remember the codes the journey turns on; another conclusion may be put forward again."""
        standing = Standing(
            service=conclusion.service, state=conclusion.state, proposal=conclusion.proposal
        )
        known = standing == self.state.standing
        if not known:
            self.state.declined = None
        if known and self.only_time_passed and conclusion.obligations == self.state.owed:
            return
        self.state.standing, self.state.owed = standing, conclusion.obligations
        self.conclusion, self.state.untold = conclusion, True

    def _move(self, to: Phase, reason: str) -> None:
        """Into another phase: what was asked and answered in the old one is over."""
        self.state.phase, self.state.phase_reason = to, reason
        self.state.standing = self.state.declined = None
        self.state.untold = True
        self._has_changed()
        self.task.withdraw()
        workflow.upsert_search_attributes([TIO_PHASE.value_set(to)])

    async def _tell_progress(self) -> None:
        """Coordination hears where we stand, and says when it wants to be woken."""
        if not self.state.untold:
            return
        self.state.revision += 1
        task = self.state.task
        progress = Progress(
            revision=self.state.revision,
            at=workflow.now(),
            phase=self.state.phase,
            conclusion=self.conclusion,
            task=OpenQuestion(**task.model_dump()) if task else None,
            next_phase_reason=self.state.phase_reason,
        )
        report = ProgressReport(progress=progress, **self._whose())
        heard = await self._coordinate(CoordinationActivities.record_progress, report)
        self.state.untold = not heard

    async def _coordinate(self, act: Callable[[Any, T], Awaitable[NextWake]], request: T) -> bool:
        """Tell coordination; it answers when to look again. Refused, it is told afresh soon."""
        try:
            wake = await workflow.execute_activity_method(act, request, **policies.TELL)
            self.state.next_wake = wake.at
            return True
        except ActivityError as error:
            workflow.logger.error("coordination refused: %s", _refusal(error))
            self.state.next_wake = None
            self.state.untold = self.unreached = True
            self._has_changed()
            return False

    async def _tell_outcome(self, event: EventArrived, refusal: str | None) -> bool:
        """What became of an event the journey itself acts on. Coordination, too, may refuse it."""
        outcome = EventOutcome(
            event_id=event.event_id,
            outcome="refused" if refusal else "applied",
            reason=refusal or "",
            **self._whose(),
        )
        try:
            await workflow.execute_activity_method(
                CoordinationActivities.record_outcome, outcome, **policies.TELL
            )
        except ActivityError as error:
            if refusal is None:
                return await self._tell_outcome(event, _refusal(error) or "it was not taken")
        return True

    # -- time ---------------------------------------------------------------------------------

    async def _wait_for_an_event_or_the_time(self) -> None:
        """Nothing to do until somebody tells us something, or until something is due."""
        pause = max(self._look_up_at() - workflow.now(), timedelta(milliseconds=1))
        try:
            await workflow.wait_condition(
                lambda: self.news or self._should_roll(), timeout=pause, timeout_summary="next look"
            )
        except TimeoutError:
            await self._see_what_time_has_changed()

    def _look_up_at(self) -> datetime:
        """The next moment at which anything is due, by anyone's reckoning."""
        moments = [self.began + policies.RUN]
        if self.unreached:
            moments.append(workflow.now() + policies.TRY_AGAIN)
        if self.state.phase is not Phase.CLOSED:
            moments.append((self.state.asked_at or workflow.now()) + policies.LOOK_AGAIN)
            if self.state.next_wake is not None:
                moments.append(max(self.state.next_wake, workflow.now() + policies.SOONEST))
        return min(moments)

    async def _see_what_time_has_changed(self) -> None:
        """Is something to be sent, and does the service conclude otherwise by now?"""
        now = workflow.now()
        if self.state.next_wake is not None and self.state.next_wake <= now:
            await self._coordinate(
                CoordinationActivities.wake, WakeRequest(wake_id=workflow.uuid4(), **self._whose())
            )
        if self.state.asked_at is None or self.state.asked_at + policies.LOOK_AGAIN <= now:
            self.state.changed = self.only_time_passed = True

    def _has_changed(self) -> None:
        """Something was told or decided: the next conclusion is news, whatever it says."""
        self.state.changed = True
        self.only_time_passed = False

    def _should_roll(self) -> bool:
        """Is it time to continue as new? At deploy, when the history grows, and every year."""
        run = workflow.info()
        return (
            self.rolling
            or run.is_continue_as_new_suggested()
            or run.get_current_history_length() > policies.EVENTS_IN_A_RUN
            or workflow.now() >= self.began + policies.RUN
        )

    # -- asking ---------------------------------------------------------------------------------

    async def _ask(self, act: Callable[[Any, Any], Awaitable[T]], request: Any) -> T:
        """Ask a clinical service; it may say no, or be away for longer than we stand there."""
        answer: T = await workflow.execute_activity_method(act, request, **policies.ASK)
        return answer

    def _event(self, event: EventArrived) -> EventOfJourney:
        return EventOfJourney(event_id=event.event_id, **self._whose())

    def _whose(self) -> _Whose:
        """What every call says: whose journey, and what time it is there."""
        return {
            "organisation": self.order.organisation,
            "journey_id": self.order.journey_id,
            "at": workflow.now(),
        }


def _turn(event: EventArrived) -> tuple[bool, bool, float]:
    """Known times in their order; what has none keeps the order of arrival. An end waits least."""
    at = event.occurred_at
    return (event.kind not in ENDS, at is None, at.timestamp() if at else 0)


def _refusal(error: ActivityError) -> str | None:
    """What the service said when it said no; None when it could not be asked."""
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.type == policies.REFUSED:
        return cause.message
    return None
