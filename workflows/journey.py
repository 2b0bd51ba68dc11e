"""TioJourney: one patient, from suspicion to cure or lasting care.

Reads like the pathway on the wall: events are handed over, the phase's service is asked, a person
decides, everyone sees where it stands, and then we wait, for an event or for the next thing due.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid5

from temporalio import workflow
from temporalio.common import SearchAttributeKey

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
    from workflows.alarm import Alarm
    from workflows.calls import Away, Calls, Refused
    from workflows.contract import (
        PHASE_ATTRIBUTE,
        ConclusionRequest,
        EventArrived,
        EventKind,
        EventOfJourney,
        FoundRequest,
        HandedOver,
        JourneyOrder,
        JourneyState,
        MergeRequest,
        Phase,
        Said,
        ToldAgain,
        WakeRequest,
    )
    from workflows.course import WATCHED_BESIDE, Course
    from workflows.words import ENDS

OWNERS: dict[EventKind, Callable[[Any, EventOfJourney], Awaitable[HandedOver]]] = {
    EventKind.OBSERVATIONS: AssessmentActivities.record_facts,
    EventKind.FINDINGS: AssessmentActivities.record_facts,
    EventKind.EXPOSURES: AssessmentActivities.record_facts,
    EventKind.GENETICS: AssessmentActivities.record_facts,
    EventKind.EXAMINATION: LocalizationActivities.record_examination,
    EventKind.STUDY: LocalizationActivities.record_study,
    EventKind.VENOUS_SAMPLING: LocalizationActivities.record_sampling,
    EventKind.BIOPSY: LocalizationActivities.record_biopsy,
    EventKind.ORDER: LocalizationActivities.record_order,
    EventKind.CONSTRAINTS: LocalizationActivities.record_constraints,
    EventKind.SURGERY: FollowupActivities.record_result,
    EventKind.THERAPY: FollowupActivities.record_result,
    EventKind.STATE: FollowupActivities.record_result,
    EventKind.SYMPTOMS: FollowupActivities.record_result,
    EventKind.MEASURE: FollowupActivities.record_result,
    EventKind.ACT: FollowupActivities.record_result,
    EventKind.PLANNED: FollowupActivities.record_result,
    EventKind.OPINION: FollowupActivities.record_result,
}
"""Who keeps what an event says. The journey itself never reads it."""

ANSWERS_TO_REMINDERS = (
    EventKind.ACKNOWLEDGEMENT,
    EventKind.DISPOSITION,
    EventKind.CONTACT,
    EventKind.POSTPONEMENT,
    EventKind.PREFERENCES,
)
OWN = (
    *(EventKind.DEATH, EventKind.WITHDRAWAL, EventKind.PAUSE, EventKind.RESUME),
    *(EventKind.TRANSFER, EventKind.RELOCATION, EventKind.MERGE),
)
"""What is said of the journey itself."""

FOLLOWUP_IS_TOLD = "follow-up is told what was found"
LIFE_HAPPENS = "life happens"
PREGNANCY_IS_TOLD = "follow-up hears of a pregnancy"
DIAGNOSIS_IS_WATCHED = "the diagnosis is watched"
TIO_PHASE = SearchAttributeKey.for_keyword(PHASE_ATTRIBUTE)


@workflow.defn
class TioJourney:
    """One journey (FHIR EpisodeOfCare), from a low phosphate to cure or lasting care."""

    @workflow.init
    def __init__(self, order: JourneyOrder) -> None:
        self.order, self.state = order, order.state
        self.course, self.calls = Course(order.state), Calls(order)
        self.began = workflow.now()
        self.shown = self.state.phase
        self.conclusion: Conclusion | None = None
        self.alarm = Alarm()
        self.beside: Conclusion | None = None
        self.news = self.unreached = self.looking = self.rolling = False

    @workflow.run
    async def run(self, order: JourneyOrder) -> JourneyState:
        """Go on until the journey is closed; a run ends earlier, and its successor goes on."""
        while True:
            self.news = self.unreached = False
            await self._hand_over_what_waits()
            await self._bring_followup_up_to_date()
            await self._watch_the_diagnosis()
            await self._ask_the_service_of_the_phase()
            await self._ask_followup_beside_it()
            await self._tell_progress()
            if self.news:
                continue
            if self._is_over() or self._should_roll():
                break
            await self._wait_for_an_event_or_the_time()
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._is_over():
            workflow.continue_as_new(self.order)
        return self.state

    @workflow.signal
    def event_arrived(self, event: EventArrived) -> None:
        """Something happened. Told twice, it happened once."""
        self.news = self.course.hear(event) or self.news

    @workflow.signal
    def told_again(self, told: ToldAgain) -> None:
        """What was told before, all of it: the engine had lost this journey, or a part of it."""
        self.news = self.course.hear_again(told) or self.news

    @workflow.signal
    def roll(self) -> None:
        """New code is there: continue as new at the next quiet moment."""
        self.rolling = True

    @workflow.signal
    def look(self) -> None:
        """See what time it is: the clock was moved by hand."""
        self.looking = True

    @workflow.query
    def read_state(self) -> JourneyState:
        """Where does this journey stand?"""
        return self.state

    # -- events -------------------------------------------------------------------------------

    async def _hand_over_what_waits(self) -> None:
        """Each waiting event to the one who owns it; who is away is asked again later."""
        put_off: list[EventArrived] = []
        away: list[object] = []
        while self.state.waiting and not self._should_roll():
            event = self.course.next_event()
            owner = OWNERS.get(event.kind)
            try:
                if owner in away:
                    raise Away
                await self._hand_over(event)
            except Away:
                put_off.append(event)
                away.append(owner)
                self.unreached = True
            self.state.waiting.remove(event)
        self.state.waiting.extend(put_off)

    async def _hand_over(self, event: EventArrived) -> None:
        """Give one event to its owner, or act on it if it is the journey's own."""
        if event.kind is EventKind.DECISION:
            await self._take_decision(event)
        elif event.kind in OWN and workflow.patched(LIFE_HAPPENS):
            await self._take_word(event)
        elif event.kind in ENDS:
            self.course.end(event.kind)
            await self.calls.tell_outcome(event)
        elif event.kind in ANSWERS_TO_REMINDERS:
            self.course.take_answer(event)
            await self.calls.tell_outcome(event)
        elif event.kind in OWNERS:
            await self._give_to_owner(event)
        else:
            await self.calls.tell_outcome(event, f"'{event.kind}' is not followed yet")

    async def _give_to_owner(self, event: EventArrived) -> None:
        """The owner keeps what it says, or has told coordination why it does not."""
        try:
            handed = await self.calls.ask(OWNERS[event.kind], self.calls.about(event))
        except Refused as refused:
            workflow.logger.error("an event could not be read: %s", refused)
            return
        if handed.applied:
            self.course.take_note(event, handed)
            if event.kind is EventKind.CONSTRAINTS and workflow.patched(PREGNANCY_IS_TOLD):
                self.state.for_followup.append(event.event_id)

    async def _take_decision(self, event: EventArrived) -> None:
        """A person answered, asked or unasked. What does not fit is told back, nothing changes."""
        try:
            decision = await self.calls.tell(
                CoordinationActivities.read_decision, self.calls.about(event)
            )
        except Refused as refused:
            await self.calls.tell_outcome(event, str(refused) or "it could not be read")
            return
        refusal = self.course.expect(decision)
        if refusal is None:
            self.course.follow(decision)
        await self.calls.tell_outcome(event, refusal)

    async def _take_word(self, event: EventArrived) -> None:
        """A word about the journey itself. Where it makes no sense it is told back, with why."""
        try:
            said = await self._hear_out(event)
        except Refused as refused:
            await self.calls.tell_outcome(event, str(refused) or "it could not be read")
            return
        refusal = said.refusal or self.course.take_word(event, said)
        await self.calls.tell_outcome(event, refusal)

    async def _hear_out(self, event: EventArrived) -> Said:
        """What the word says; two journeys are joined or parted by coordination, at once."""
        about = self.calls.about(event)
        if event.kind is not EventKind.MERGE:
            return await self.calls.tell(CoordinationActivities.read_word, about)
        now = self.state.model_dump(mode="json", exclude={"waiting", "seen"})
        request = MergeRequest(state=now, **about.model_dump())
        return await self.calls.tell(CoordinationActivities.merge, request)

    async def _watch_the_diagnosis(self) -> None:
        """While a tumor is looked for or waits to be removed: does assessment still say so?"""
        due = self.state.in_question and self.state.phase in WATCHED_BESIDE
        if not due or not workflow.patched(DIAGNOSIS_IS_WATCHED):
            return
        whose = self.calls.whose()
        id = uuid5(workflow.uuid4(), whose["at"].isoformat())
        try:
            request = ConclusionRequest(conclusion_id=id, **whose)
            said = await self.calls.ask(AssessmentActivities.conclude_assessment, request)
            self.course.hear_of_the_diagnosis(said)
        except Refused as refused:
            workflow.logger.info("nothing can be assessed: %s", refused)
        except Away:
            self.unreached = True
            return
        self.state.in_question = False

    async def _bring_followup_up_to_date(self) -> None:
        """Where it is asked, followup gets what other owners took as well, also from before."""
        while self.course.is_heard_by_followup and self.state.for_followup:
            event = EventOfJourney(event_id=self.state.for_followup[0], **self.calls.whose())
            try:
                await self.calls.ask(FollowupActivities.record_event, event)
                self.state.beside.changed = True
                self.course.has_changed()
            except Refused as refused:
                workflow.logger.info("follow-up does not take an event: %s", refused)
            except Away:
                self.unreached = True
                return
            self.state.for_followup.pop(0)
        await self._tell_followup_what_was_found()

    async def _tell_followup_what_was_found(self) -> None:
        """What the search amounts to, as a code: medical treatment and the next scan turn on it."""
        found = self.course.to_be_told
        if not self.course.is_heard_by_followup or found is None or self.unreached:
            return
        if not workflow.patched(FOLLOWUP_IS_TOLD):
            return
        try:
            request = FoundRequest(found=found, **self.calls.whose())
            await self.calls.ask(FollowupActivities.record_found, request)
            self.state.beside.changed = True
            if self.state.phase is Phase.SURVEILLANCE:
                self.course.has_changed()
        except Refused as refused:
            workflow.logger.error("follow-up does not take what was found: %s", refused)
        except Away:
            self.unreached = True
            return
        self.state.told_found = found.state

    # -- conclusions and progress ---------------------------------------------------------------

    async def _ask_the_service_of_the_phase(self) -> None:
        """If something changed: what does the service of this phase conclude now?"""
        self.conclusion = None
        if not self.state.changed or self.course.stage is None:
            return
        again = False
        if self.course.stage.asks is not None:
            whose = self.calls.whose()
            request = ConclusionRequest(
                # Asked again by another worker at another moment, it is another conclusion.
                conclusion_id=uuid5(workflow.uuid4(), whose["at"].isoformat()),
                operations=tuple(self.state.operations),
                **whose,
            )
            try:
                conclusion = await self.calls.ask(self.course.stage.asks, request)
                self.conclusion = conclusion if self.course.stand(conclusion) else None
            except Refused as refused:
                workflow.logger.info("nothing can be concluded: %s", refused)
            except Away:
                again = self.unreached = True
        self.state.changed = again
        self.state.asked_at = workflow.now()
        self.course.put_to_a_person(workflow.uuid4(), workflow.now())

    async def _ask_followup_beside_it(self) -> None:
        """Somebody is treated while another service is asked: what does follow-up conclude now?"""
        self.beside = None
        await self._tell_followup_what_was_found()
        if not self.course.is_watched_beside or not self.state.beside.changed:
            return
        whose = self.calls.whose()
        id = uuid5(workflow.uuid4(), whose["at"].isoformat())
        request = ConclusionRequest(conclusion_id=id, **whose)
        try:
            conclusion = await self.calls.ask(FollowupActivities.conclude_followup, request)
            is_new = self.course.stand_beside(conclusion, workflow.now())
            self.beside = conclusion if is_new else None
        except Refused as refused:
            self.state.beside.changed = False
            workflow.logger.info("nothing can be concluded beside: %s", refused)
        except Away:
            self.unreached = True

    async def _tell_progress(self) -> None:
        """Coordination hears where we stand, and says when it wants to be woken."""
        if self.shown is not self.state.phase:
            self.shown = self.state.phase
            workflow.upsert_search_attributes([TIO_PHASE.value_set(self.shown)])
        if not self.state.untold or self.course.is_still_hearing_again():
            return
        self.state.revision += 1
        task = self.state.task
        progress = Progress(
            revision=self.state.revision,
            at=workflow.now(),
            phase=self.state.phase,
            conclusion=self.conclusion,
            beside=self.beside,
            watched_beside=self.course.is_watched_beside,
            task=OpenQuestion(**task.model_dump()) if task else None,
            next_phase_reason=self.state.phase_reason,
            paused_since=self.course.paused_since,
            carried=self._carried(),
        )
        report = ProgressReport(progress=progress, **self.calls.whose())
        heard = await self._coordinate(CoordinationActivities.record_progress, report)
        self.state.untold = not heard

    def _carried(self) -> dict[str, Any] | None:
        """What a journey that is closed is opened again from."""
        if not self.course.is_closed:
            return None
        return self.state.model_dump(mode="json", exclude={"waiting", "task", "standing", "owed"})

    async def _coordinate(
        self, act: Callable[[Any, Any], Awaitable[NextWake]], request: object
    ) -> bool:
        """Tell coordination; it answers when to look again. Refused, it is told afresh soon."""
        try:
            self.state.next_wake = (await self.calls.report(act, request)).at
            self.state.told_at = workflow.now()
        except Refused as refused:
            workflow.logger.error("coordination refused: %s", refused)
            self.state.next_wake = None
            self.state.untold = self.unreached = True
            self.course.has_changed()
            return False
        return True

    # -- time ---------------------------------------------------------------------------------

    async def _wait_for_an_event_or_the_time(self) -> None:
        """Nothing to do until somebody tells us something, or until something is due."""
        if workflow.patched(policies.AT_ONCE):
            self.alarm.set(self._look_up_at())
            await workflow.wait_condition(
                lambda: self.news or self.looking or self.alarm.rings or self._should_roll()
            )
            if self.looking or self.alarm.rings:
                await self._see_what_time_has_changed()
            return
        pause = max(self._look_up_at() - workflow.now(), timedelta(milliseconds=1))
        try:
            await workflow.wait_condition(
                lambda: self.news or self.looking or self._should_roll(),
                timeout=pause,
                timeout_summary="next look",
            )
        except TimeoutError:
            await self._see_what_time_has_changed()
        if self.looking:
            await self._see_what_time_has_changed()

    def _look_up_at(self) -> datetime:
        """The next moment at which anything is due, by anyone's reckoning."""
        now = workflow.now()
        moments = [self.began + policies.RUN]
        if self.unreached:
            moments.append(now + policies.TRY_AGAIN)
        if not self.course.is_closed:
            asked_at = self.state.asked_at
            first = self.began + policies.FIRST_LOOK
            moments.append(asked_at + self._longest_sleep() if asked_at else first)
            for moment in (self.state.next_wake, self._asked_to_look_at()):
                if moment is not None:
                    moments.append(max(moment, now + policies.SOONEST))
        return min(moments)

    def _longest_sleep(self) -> timedelta:
        """For how long may a service that concluded something be left alone?"""
        named = self.state.look_on is not None and workflow.patched(policies.AT_ONCE)
        return policies.LOOK_ANYWAY if named else policies.LOOK_AGAIN

    def _asked_to_look_at(self) -> datetime | None:
        """From when on may time alone have changed what the service concludes?"""
        beside = self.state.beside.look_on if self.course.is_watched_beside else None
        on = min((day for day in (self.state.look_on, beside) if day is not None), default=None)
        return None if on is None else datetime.combine(on, time.min, UTC)

    async def _see_what_time_has_changed(self) -> None:
        """Is something to be sent, and does the service conclude otherwise by now?"""
        now = workflow.now()
        asked_at, next_wake = self.state.asked_at, self.state.next_wake
        look_at = self._asked_to_look_at()
        is_long = self.looking or asked_at is None or asked_at <= now - self._longest_sleep()
        is_long = is_long or (look_at is not None and look_at <= now)
        self.looking = False
        if is_long or (next_wake is not None and next_wake <= now):
            wake = WakeRequest(wake_id=workflow.uuid4(), **self.calls.whose())
            await self._coordinate(CoordinationActivities.wake, wake)
        if is_long:
            self.course.time_has_passed()

    def _is_over(self) -> bool:
        """Closed, and everything that was told before that is with its owner."""
        return self.course.is_closed and not self.state.waiting

    def _should_roll(self) -> bool:
        """Is it time to continue as new? At deploy, when the history grows, and every year."""
        run = workflow.info()
        return (
            self.rolling
            or run.is_continue_as_new_suggested()
            or run.get_current_history_length() > policies.EVENTS_IN_A_RUN
            or workflow.now() >= self.began + policies.RUN
        )
