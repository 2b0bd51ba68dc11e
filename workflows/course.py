"""Course: where a journey stands and where it goes from there. Calls and clocks are outside."""

from datetime import datetime
from uuid import UUID

from knowledge.terms.obligation import Conclusion, Proposal
from workflows import policies
from workflows.assessment import ASSESSMENT
from workflows.contract import (
    Beside,
    Decision,
    EventArrived,
    EventKind,
    Found,
    HandedOver,
    JourneyState,
    Left,
    Operation,
    Phase,
    Standing,
)
from workflows.human_task import HumanTask
from workflows.localization import LOCALIZATION
from workflows.stage import Stage
from workflows.surveillance import SURVEILLANCE
from workflows.treatment import TREATMENT

STAGES = {stage.phase: stage for stage in (ASSESSMENT, LOCALIZATION, TREATMENT, SURVEILLANCE)}
WITHOUT_A_TUMOR = "treat-medically"
"""The answer by which a search ends that has found nothing."""

ENDS = (EventKind.DEATH, EventKind.WITHDRAWAL)
ALSO_FOR_FOLLOWUP = (
    EventKind.OBSERVATIONS,
    EventKind.EXPOSURES,
    EventKind.EXAMINATION,
    EventKind.STUDY,
)
"""What follow-up has to hear too: a result, a drug that masks one, a scan that was due."""

WATCHED_BESIDE = (Phase.LOCALIZATION, Phase.TREATMENT)
"""Phases of another service in which whoever is treated by drugs is watched by follow-up too."""

SURGERY = "surgery"


class Course:
    """Moves a journey's state. The same events in another order end in the same place."""

    def __init__(self, state: JourneyState) -> None:
        self.state = state
        self.task = HumanTask(state)
        self.only_time_passed = False

    @property
    def is_closed(self) -> bool:
        """Has it ended?"""
        return self.state.phase is Phase.CLOSED

    @property
    def stage(self) -> Stage | None:
        """What this phase asks and where it leads; None when it is over."""
        return STAGES.get(self.state.phase)

    @property
    def is_watched_beside(self) -> bool:
        """Is follow-up asked beside the service of the phase?"""
        return self.state.treated and self.state.phase in WATCHED_BESIDE

    @property
    def is_heard_by_followup(self) -> bool:
        """Does follow-up hear at once what other owners took?"""
        return self.state.phase is Phase.SURVEILLANCE or self.is_watched_beside

    def hear(self, event: EventArrived) -> bool:
        """Something happened. Told twice, it happened once: False, it is known."""
        if event.event_id in self.state.seen:
            return False
        self.state.seen = [*self.state.seen, event.event_id][-policies.REMEMBERED :]
        self.state.waiting.append(event)
        return True

    def next_event(self) -> EventArrived:
        """Of those that wait: an end first, then what occurred first."""
        return min(self.state.waiting, key=_turn)

    def take_note(self, event: EventArrived, handed: HandedOver) -> None:
        """What does the journey itself make of an event that its owner took?

        Where a search led to an operation that is planned, or to medical treatment, and stands
        otherwise now, a person is asked again. After an operation its report is the newer word.
        """
        self.has_changed()
        self.state.treated = self.state.treated or handed.treats
        self.state.beside.changed = True
        planned = self.state.phase is Phase.TREATMENT
        medically = self.state.phase_reason == WITHOUT_A_TUMOR
        if (handed.reopens and (planned or medically)) or (medically and self._is_news(handed)):
            self.state.reopened, self.state.declined = True, None
        if event.kind in ALSO_FOR_FOLLOWUP:
            self.state.for_followup.append(event.event_id)
        if event.kind is EventKind.SURGERY:
            self.state.operations.append(event.event_id)
            self._take_operation(event, handed)

    def _is_news(self, handed: HandedOver) -> bool:
        """Does the search amount to something else than when it was ended, or last asked about?"""
        found = self.state.found
        if handed.search is None or found is None or handed.search == found.state:
            return False
        told_by, at = handed.report or found.conclusion, handed.occurred_at
        self.state.found = Found(conclusion=told_by, state=handed.search, at=at)
        return True

    def _take_operation(self, event: EventArrived, handed: HandedOver) -> None:
        """An operation leads into surveillance, once. Its report withdrawn, it leads back."""
        told = Operation(
            report=handed.report or event.event_id,
            version=handed.version,
            occurred_at=handed.occurred_at,
            stands=not handed.withdrawn,
        )
        known = next((one for one in self.state.reports if one.report == told.report), None)
        if known is not None and known.version > told.version:
            return
        others = [one for one in self.state.reports if one.report != told.report]
        self.state.reports = [*others, told]
        before = self.state.operated_at
        days = [one.occurred_at for one in self.state.reports if one.stands]
        self.state.operated_at = max(days, default=None)
        if self.is_closed:
            return
        is_new = known is None or not known.stands
        if told.stands and is_new and (before is None or told.occurred_at > before):
            left = self.state.before_operation
            here = Left(phase=self.state.phase, reason=self.state.phase_reason)
            self.state.before_operation = here if here.reason != SURGERY else left
            self._move(Phase.SURVEILLANCE, SURGERY)
        elif not days and self.state.phase_reason == SURGERY and self.state.before_operation:
            left = self.state.before_operation
            self._move(left.phase, left.reason)

    def take_answer(self, event: EventArrived) -> None:
        """Somebody answered a reminder. How a thing ended decides when it is due again."""
        self.state.untold = True
        if event.kind is EventKind.DISPOSITION:
            self.state.for_followup.append(event.event_id)

    def end(self, why: EventKind) -> None:
        """Death, or consent withdrawn: nothing is asked and nobody is reminded any more."""
        if not self.is_closed:
            self._move(Phase.CLOSED, why)

    def expect(self, decision: Decision) -> str | None:
        """Why this decision does not fit; None if it does."""
        if self.stage is None:
            return "the journey is closed"
        return self.task.expect(decision, tuple(self.stage.leads_to))

    def follow(self, decision: Decision) -> None:
        """Go where the answer leads. Into the same phase means: not now."""
        assert self.stage is not None
        to = self.stage.leads_to[decision.answer]
        self.state.reopened = False
        if to is self.state.phase:
            self.task.decline()
            self.has_changed()
        else:
            self._move(to, decision.answer)

    def stand(self, conclusion: Conclusion) -> bool:
        """Remember the codes the journey turns on. False: time has passed and nothing is new.

        That a result was corrected is new, though the codes may be the same.
        """
        self.state.look_on = conclusion.look_again
        standing = Standing(
            service=conclusion.service, state=conclusion.state, proposal=conclusion.proposal
        )
        known = standing == self.state.standing
        if not known:
            self.state.declined = None
        quiet = self.only_time_passed and not conclusion.because_of
        if known and quiet and conclusion.obligations == self.state.owed:
            return False
        self.state.standing, self.state.owed = standing, conclusion.obligations
        comes_to_something = conclusion.proposal is not Proposal.NONE or self.state.told_found
        if self.state.phase is Phase.LOCALIZATION and comes_to_something:
            self.state.found = Found(
                conclusion=conclusion.id, state=conclusion.state, at=conclusion.concluded_at
            )
        self.state.untold = True
        return True

    @property
    def to_be_told(self) -> Found | None:
        """What the search amounts to, if follow-up has not heard it yet."""
        found = self.state.found
        return found if found is not None and found.state != self.state.told_found else None

    def stand_beside(self, conclusion: Conclusion, now: datetime) -> bool:
        """Remember what follow-up concluded beside the phase's own service. False: nothing new."""
        before = self.state.beside
        standing = Standing(
            service=conclusion.service, state=conclusion.state, proposal=conclusion.proposal
        )
        self.state.beside = Beside(
            standing=standing,
            owed=conclusion.obligations,
            changed=False,
            asked_at=now,
            look_on=conclusion.look_again,
        )
        known = standing == before.standing and conclusion.obligations == before.owed
        if known and not conclusion.because_of:
            return False
        self.state.untold = True
        return True

    def put_to_a_person(self, task_id: UUID, now: datetime) -> None:
        """Open the question that the conclusion calls for; withdraw the one it does not."""
        standing = self.state.standing
        assert self.stage is not None
        question = self.stage.question(
            standing.proposal if standing else None, reopened=self.state.reopened
        )
        if question is None or self.task.has_been_declined():
            self.task.withdraw()
        else:
            self.task.ask(question, task_id, now)

    def has_changed(self) -> None:
        """Something was told or decided: the next conclusion is news, whatever it says."""
        self.state.changed = True
        self.only_time_passed = False

    def time_has_passed(self) -> None:
        """Nothing was told, but it is time to ask again."""
        self.only_time_passed = not self.state.changed
        self.state.changed = self.state.beside.changed = True
        self.state.look_on = self.state.beside.look_on = None

    def _move(self, to: Phase, reason: str) -> None:
        """Into another phase: what was asked and answered in the old one is over."""
        self.state.phase, self.state.phase_reason = to, reason
        self.state.standing = self.state.declined = self.state.look_on = None
        self.state.reopened = False
        self.state.untold = True
        self.state.beside = Beside()
        self.has_changed()
        self.task.withdraw()


def _turn(event: EventArrived) -> tuple[bool, bool, float]:
    """Known times in their order; what has none keeps the order of arrival."""
    at = event.occurred_at
    return (event.kind not in ENDS, at is None, at.timestamp() if at else 0)
