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
    Phase,
    Said,
    Standing,
    ToldAgain,
)
from workflows.human_task import HumanTask
from workflows.localization import LOCALIZATION
from workflows.operated import take_operation
from workflows.stage import CONFIRMED, Stage
from workflows.surveillance import SURVEILLANCE
from workflows.treatment import TREATMENT
from workflows.words import ENDS, TAKEN_BACK_BY, Words

STAGES = {stage.phase: stage for stage in (ASSESSMENT, LOCALIZATION, TREATMENT, SURVEILLANCE)}
WITHOUT_A_TUMOR = "treat-medically"
"""The answer by which a search ends that has found nothing."""

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
REOPEN = "reopen"
"""The decision by which a journey that was closed goes on where it was left."""

OF_THE_DIAGNOSIS = (EventKind.FINDINGS, EventKind.EXPOSURES, EventKind.GENETICS)
"""What may show, later, that it is another disease."""

IN_FORCE = {
    EventKind.DEATH: "the death is known, or was taken back later",
    EventKind.WITHDRAWAL: "consent is withdrawn already, or was given again later",
    EventKind.PAUSE: "it is paused already, or was resumed since",
}
FURTHER = {phase: number for number, phase in enumerate(Phase)}
"""How far a phase is on the usual way."""

RESTORED = (
    *("phase", "phase_reason", "declined", "operated_at", "operations", "reports"),
    *("before_operation", "treated", "found", "beside", "doubted", "standing", "owed", "heard"),
    "for_followup",
)
"""What a merge that is undone gives back."""

NOT_IN_FORCE = {
    EventKind.DEATH: "no death is known here",
    EventKind.WITHDRAWAL: "consent is not withdrawn",
    EventKind.PAUSE: "it is not paused",
}


class Course:
    """Moves a journey's state. The same events in another order end in the same place."""

    def __init__(self, state: JourneyState) -> None:
        self.state = state
        self.task, self.words = HumanTask(state), Words(state)
        self.only_time_passed = self.more_waits = False

    @property
    def is_closed(self) -> bool:
        """Has it ended?"""
        return self.state.phase is Phase.CLOSED

    @property
    def stage(self) -> Stage | None:
        """What this phase asks and where it leads; None when it is over."""
        return STAGES.get(self.state.phase)

    @property
    def is_past_assessment(self) -> bool:
        """Was it decided that this is what the patient has?"""
        return self.state.phase not in (Phase.ASSESSMENT, Phase.CLOSED)

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
        if event.heard_as in self.state.seen:
            return False
        self.state.seen = [*self.state.seen, event.heard_as][-policies.REMEMBERED :]
        self.state.waiting.append(event)
        return True

    def hear_again(self, told: ToldAgain) -> bool:
        """Everything that was told, and how far coordination is. False: nothing was lost."""
        if told.revision <= self.state.revision:
            return False
        self.state.revision, self.state.is_told_again = told.revision, True
        for event in told.events:
            self.hear(event)
        self.state.untold = True
        self.has_changed()
        return True

    def is_still_hearing_again(self) -> bool:
        """Until all that was lost is with its owners, it says nothing of where it stands."""
        waits = bool(self.state.waiting) or self.more_waits
        self.state.is_told_again = self.state.is_told_again and waits
        return self.state.is_told_again

    def next_event(self) -> EventArrived:
        """Of those that wait: an end first, then what occurred first."""
        return min(self.state.waiting, key=comes_first)

    def take_note(self, event: EventArrived, handed: HandedOver) -> None:
        """What does the journey itself make of an event that its owner took?

        Where a search led to an operation that is planned, or to medical treatment, and stands
        otherwise now, a person is asked again. After an operation its report is the newer word.
        A journey that has closed says anew from what it is opened again.
        """
        self.has_changed()
        self.state.untold = self.state.untold or self.is_closed
        self.state.treated = self.state.treated or handed.treats
        self.state.doubted = self.state.doubted or (handed.doubts and self.is_past_assessment)
        self.state.in_question = self.state.in_question or event.kind in OF_THE_DIAGNOSIS
        self.state.beside.changed = True
        planned = self.state.phase is Phase.TREATMENT
        medically = self.state.phase_reason == WITHOUT_A_TUMOR
        if (handed.reopens and (planned or medically)) or (medically and self._is_news(handed)):
            self.state.reopened, self.state.declined = True, None
        if event.kind in ALSO_FOR_FOLLOWUP:
            self.state.for_followup.append(event.event_id)
        if event.kind is EventKind.SURGERY:
            if event.event_id not in self.state.operations:
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
        leads = take_operation(self.state, event, handed)
        came_from = self.state.before_operation
        here = self.state.left if self.is_closed else None
        here = here or Left(phase=self.state.phase, reason=self.state.phase_reason)
        if leads == "on":
            self.state.before_operation = here if here.reason != SURGERY else came_from
            self._lead(Left(phase=Phase.SURVEILLANCE, reason=SURGERY))
        elif leads == "back" and here.reason == SURGERY and came_from is not None:
            self._lead(came_from)

    def _lead(self, to: Left) -> None:
        """There; a journey that is closed stands there when it is opened again."""
        if self.is_closed:
            self.state.left = to
        else:
            self._move(to.phase, to.reason)

    def hear_of_the_diagnosis(self, said: Conclusion) -> None:
        """Assessment was asked once more. What it would close now was begun on its word."""
        if said.proposal is Proposal.CLOSE and not self.state.doubted:
            self.state.doubted = True
            self.has_changed()

    def take_answer(self, event: EventArrived) -> None:
        """Somebody answered a reminder. How a thing ended decides when it is due again."""
        self.state.untold = True
        if event.kind is EventKind.DISPOSITION:
            self.state.for_followup.append(event.event_id)

    def take_word(self, event: EventArrived, said: Said) -> str | None:
        """Something was said of the journey itself. Why it changes nothing; None if it does."""
        if event.kind is EventKind.MERGE:
            self._take_merge(said)
            return None
        if event.kind in (EventKind.TRANSFER, EventKind.RELOCATION):
            self.state.untold = True
            if said.outside:
                self.end(event.kind)
            return None
        kind = TAKEN_BACK_BY.get(event.kind, event.kind)
        before, ended = self.words.since(kind), self.words.end()
        self.words.take(event, said)
        is_back = said.undone or event.kind in TAKEN_BACK_BY
        if self.words.since(kind) == before:
            return NOT_IN_FORCE[kind] if is_back else IN_FORCE[kind]
        self.state.untold = True
        if self.words.end() != ended:
            self._follow_the_end()
        return None

    def _take_merge(self, said: Said) -> None:
        """Two journeys of one person are one from now on; or two again, as they were before."""
        if said.survivor is not None and not said.undone:
            self.end(EventKind.MERGE)
            return
        if said.survivor is not None:
            self._go_on_alone()
            return
        self.state.for_followup, self.state.told_found = [], None
        if said.undone and said.prior is not None:
            self._restore(JourneyState.model_validate(said.prior))
        self.state.record = said.record
        here = FURTHER[self.state.phase]
        if not said.undone and said.phase is not None and FURTHER[said.phase] > here:
            self._move(said.phase, EventKind.MERGE)
        self.has_changed()
        self.state.untold = True

    def _restore(self, prior: JourneyState) -> None:
        """As it stood before; what has been heard and told since stays heard and told."""
        for name in RESTORED:
            setattr(self.state, name, getattr(prior, name))
        self.task.withdraw()

    def _follow_the_end(self) -> None:
        """Closed by what is in force now; opened again where it was left when nothing is."""
        end = self.words.end()
        if end is not None:
            self.end(end)
        elif self.state.left is not None and self.state.phase_reason in ENDS:
            self.open_again()

    def _go_on_alone(self) -> None:
        """The merge that closed it was a mistake; a death that is in force was none."""
        end = self.words.end()
        if self.state.phase_reason == EventKind.MERGE and end is not None:
            self.end(end)
        elif self.state.phase_reason == EventKind.MERGE and self.state.left is not None:
            self.open_again()

    def end(self, why: str) -> None:
        """Nothing is asked and nobody is reminded any more."""
        if self.is_closed:
            self.state.phase_reason, self.state.untold = why, True
        else:
            self._move(Phase.CLOSED, why)

    def open_again(self) -> None:
        """Back to where it stood when it was closed."""
        left, self.state.left = self.state.left, None
        assert left is not None
        self._move(left.phase, left.reason)

    @property
    def paused_since(self) -> datetime | None:
        """Since when is it paused?"""
        return self.words.since(EventKind.PAUSE)

    def expect(self, decision: Decision) -> str | None:
        """Why this decision does not fit; None if it does."""
        if self.stage is None and decision.answer == REOPEN:
            return self._why_it_stays_closed()
        if self.stage is None:
            return "the journey is closed"
        return self.task.expect(decision, tuple(self.stage.leads_to))

    def _why_it_stays_closed(self) -> str | None:
        if self.words.end() is not None or self.state.phase_reason == EventKind.MERGE:
            return f"it was closed by {self.state.phase_reason}; that has to be taken back"
        return None if self.state.left is not None else "it is not known where it stood"

    def follow(self, decision: Decision) -> None:
        """Go where the answer leads. Into the same phase means: not now."""
        if self.stage is None:
            self.open_again()
            return
        to = self.stage.leads_to[decision.answer]
        self.state.reopened = False
        if decision.answer == CONFIRMED:
            self.state.doubted = False
            self.task.withdraw()
            self.has_changed()
        elif to is self.state.phase:
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
            standing.proposal if standing else None,
            reopened=self.state.reopened,
            doubted=self.state.doubted,
        )
        declined = self.task.has_been_declined() and not self.state.doubted
        if question is None or declined:
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
        if to is Phase.CLOSED:
            self.state.left = Left(phase=self.state.phase, reason=self.state.phase_reason)
        self.state.phase, self.state.phase_reason = to, reason
        self.state.standing = self.state.declined = self.state.look_on = None
        self.state.reopened = self.state.doubted = False
        self.state.untold = True
        self.state.beside = Beside()
        self.has_changed()
        self.task.withdraw()


def comes_first(event: EventArrived) -> tuple[bool, bool, float]:
    """An end, then known times in their order; what has none keeps the order of arrival."""
    at = event.occurred_at
    return (event.kind not in ENDS, at is None, at.timestamp() if at else 0)
