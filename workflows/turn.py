"""A turn: what a journey does when something was told or is due. Pure order; the calls are given.

What waits is handed over, the phase's service is asked, coordination hears where the journey
stands and says when to look again.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid5

from knowledge.terms.obligation import Conclusion
from services.coordination.contract import NextWake, OpenQuestion, Progress
from workflows.activities import (
    AssessmentActivities,
    CoordinationActivities,
    FollowupActivities,
    LocalizationActivities,
    ProgressReport,
)
from workflows.calls import Away, Calls, Refused
from workflows.contract import (
    ConclusionRequest,
    EventArrived,
    EventKind,
    EventOfJourney,
    FoundRequest,
    HandedOver,
    MergeRequest,
    Phase,
    Said,
    WakeRequest,
)
from workflows.course import WATCHED_BESIDE, Course
from workflows.looking import asked_to_look_at, longest_sleep
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
FOLLOWUP_HEARS_IN_PORTIONS = "follow-up hears in portions"


class Turn:
    """One turn after the other of one journey, on its state."""

    def __init__(self, course: Course, calls: Calls) -> None:
        self.course, self.state, self.calls = course, course.state, calls
        self.conclusion: Conclusion | None = None
        self.beside: Conclusion | None = None
        self.heard: dict[str, UUID] = {}
        self.unreached = self.left = self.handed = self.lags = False

    async def take(self) -> None:
        """Everything that is to be done now."""
        await self._hand_over_what_waits()
        await self._bring_followup_up_to_date()
        if not self.lags:
            await self._watch_the_diagnosis()
            await self._ask_the_service_of_the_phase()
            await self._ask_followup_beside_it()
            await self._tell_progress()
        self.state.unfinished = self.unreached or self.lags

    # -- time ---------------------------------------------------------------------------------

    async def see_what_time_has_changed(self, *, looking: bool = False) -> None:
        """Is something to be sent, and does the service conclude otherwise by now?"""
        now = self.calls.now()
        asked_at, next_wake = self.state.asked_at, self.state.next_wake
        look_at = asked_to_look_at(self.course)
        is_long = (
            looking
            or asked_at is None
            or asked_at <= now - longest_sleep(self.state, self.calls.knows)
        )
        is_long = is_long or (look_at is not None and look_at <= now)
        if is_long or (next_wake is not None and next_wake <= now):
            wake = WakeRequest(wake_id=self.calls.new_id(), **self.calls.whose())
            await self._coordinate(CoordinationActivities.wake, wake)
        if is_long:
            self.course.time_has_passed()

    # -- events -------------------------------------------------------------------------------

    async def _hand_over_what_waits(self) -> None:
        """Each waiting event to the one who owns it; who is away is asked again later."""
        put_off: list[EventArrived] = []
        away: list[object] = []
        while self.state.waiting and not self.calls.is_to_end():
            event = self.course.next_event()
            owner = OWNERS.get(event.kind)
            try:
                if owner in away:
                    raise Away
                await self._hand_over(event)
                self.handed = True
            except Away:
                put_off.append(event)
                away.append(owner)
                self.unreached = True
            self.state.waiting.remove(event)
        self.left = bool(self.state.waiting)
        self.state.waiting.extend(put_off)

    async def _hand_over(self, event: EventArrived) -> None:
        """Give one event to its owner, or act on it if it is the journey's own."""
        if event.kind is EventKind.DECISION:
            await self._take_decision(event)
        elif event.kind in OWN and self.calls.knows(LIFE_HAPPENS):
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
            self.calls.log.error("an event could not be read: %s", refused)
            return
        if handed.applied:
            self.course.take_note(event, handed)
            if event.kind is EventKind.CONSTRAINTS and self.calls.knows(PREGNANCY_IS_TOLD):
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
        if not due or not self.calls.knows(DIAGNOSIS_IS_WATCHED):
            return
        act = AssessmentActivities.conclude_assessment
        try:
            self.course.hear_of_the_diagnosis(await self._conclude(act))
        except Refused as refused:
            self.calls.log.info("nothing can be assessed: %s", refused)
        except Away:
            self.unreached = True
            return
        self.state.in_question = False

    async def _bring_followup_up_to_date(self) -> None:
        """Where it is asked, followup gets what other owners took as well, also from before.

        What was told in years is more than a turn has time for. The next turn goes on with it, and
        nobody concludes from a half of it.
        """
        self.lags = False
        while self.course.is_heard_by_followup and self.state.for_followup:
            if self.calls.is_to_end() and self.calls.knows(FOLLOWUP_HEARS_IN_PORTIONS):
                self.lags = True
                return
            event = EventOfJourney(event_id=self.state.for_followup[0], **self.calls.whose())
            try:
                await self.calls.ask(FollowupActivities.record_event, event)
                self.state.beside.changed = True
                self.course.has_changed()
            except Refused as refused:
                self.calls.log.info("follow-up does not take an event: %s", refused)
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
        if not self.calls.knows(FOLLOWUP_IS_TOLD):
            return
        try:
            request = FoundRequest(found=found, **self.calls.whose())
            await self.calls.ask(FollowupActivities.record_found, request)
            self.state.beside.changed = True
            if self.state.phase is Phase.SURVEILLANCE:
                self.course.has_changed()
        except Refused as refused:
            self.calls.log.error("follow-up does not take what was found: %s", refused)
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
            try:
                operations = tuple(self.state.operations)
                conclusion = await self._conclude(self.course.stage.asks, operations)
                self.conclusion = conclusion if self.course.stand(conclusion) else None
            except Refused as refused:
                self.calls.log.info("nothing can be concluded: %s", refused)
            except Away:
                again = self.unreached = True
        self.state.changed = again
        self.state.asked_at = self.calls.now()
        self.course.put_to_a_person(self.calls.new_id(), self.calls.now())

    async def _ask_followup_beside_it(self) -> None:
        """Somebody is treated while another service is asked: what does follow-up conclude now?"""
        self.beside = None
        await self._tell_followup_what_was_found()
        if not self.course.is_watched_beside or not self.state.beside.changed:
            return
        try:
            conclusion = await self._conclude(FollowupActivities.conclude_followup)
            is_new = self.course.stand_beside(conclusion, self.calls.now())
            self.beside = conclusion if is_new else None
        except Refused as refused:
            self.state.beside.changed = False
            self.calls.log.info("nothing can be concluded beside: %s", refused)
        except Away:
            self.unreached = True

    async def _conclude(
        self,
        act: Callable[[Any, ConclusionRequest], Awaitable[Conclusion]],
        operations: tuple[UUID, ...] = (),
    ) -> Conclusion:
        """What does this service conclude now, and what of it is news to who heard so much?"""
        whose = self.calls.whose()
        request = ConclusionRequest(
            # Asked again by another worker at another moment, it is another conclusion.
            conclusion_id=uuid5(self.calls.new_id(), whose["at"].isoformat()),
            heard=self.state.heard,
            operations=operations,
            **whose,
        )
        said = await self.calls.ask(act, request)
        self.heard[said.service] = said.id
        return said

    async def _tell_progress(self) -> None:
        """Coordination hears where we stand, and says when it wants to be woken.

        What was concluded counts as heard when it has: until then, what was corrected is news.
        """
        self.calls.show(self.state.phase)
        if self.state.untold and not self.course.is_still_hearing_again():
            await self._report()
        if not self.state.untold:
            self.state.heard = self.state.heard | self.heard

    async def _report(self) -> None:
        self.state.revision += 1
        task = self.state.task
        progress = Progress(
            revision=self.state.revision,
            at=self.calls.now(),
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
            self.state.told_at = self.calls.now()
        except Refused as refused:
            self.calls.log.error("coordination refused: %s", refused)
            self.state.next_wake = None
            self.state.untold = self.unreached = True
            self.course.has_changed()
            return False
        return True
