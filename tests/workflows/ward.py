"""A ward: stands in for the four services under the same activity names, remembers everything."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from knowledge.terms.obligation import Conclusion, Obligation, ObligationStatus, Proposal
from services.coordination.contract import NextWake, Progress
from workflows.activities import ProgressReport
from workflows.contract import (
    ConclusionRequest,
    Decision,
    EventKind,
    EventOfJourney,
    EventOutcome,
    FoundRequest,
    HandedOver,
    Said,
    WakeRequest,
)
from workflows.taking_turns import TakingTurns

Key = tuple[UUID, str, str]


class Told(NamedTuple):
    """An event as coordination would have stored it."""

    kind: EventKind
    occurred_at: datetime
    answer: str | None
    task: UUID | None
    undone: bool = False


class Ward:
    """Four services in one: what they were given, what they said, whom they reminded."""

    def __init__(self, concludes: "Callable[[Ward, str, ConclusionRequest], Conclusion]") -> None:
        self._concludes = concludes
        self.events: dict[UUID, Told] = {}
        self.kept: dict[str, set[UUID]] = defaultdict(set)
        self.outcomes: dict[UUID, tuple[str, str]] = {}
        self.progress: dict[UUID, list[Progress]] = defaultdict(list)
        self.owed: dict[Key, Obligation] = {}
        self.reminded: dict[Key, datetime] = {}
        self.first_asked: dict[UUID, date] = {}
        self.asked: Counter[str] = Counter()
        self.away: set[str] = set()
        self.refuses: set[EventKind] = set()

    def activities(self) -> list[Callable[..., Any]]:
        """Every call a journey may make, answered here."""
        acts: list[Callable[..., Any]] = [
            self.read_decision,
            self.read_word,
            self.record_outcome,
            self.record_progress,
            self.wake,
            self.record_facts,
            self.conclude_assessment,
            self.record_examination,
            self.record_study,
            self.record_constraints,
            self.conclude_localization,
            self.record_result,
            self.record_event,
            self.record_found,
            self.conclude_followup,
        ]
        return [*acts, TakingTurns(acts).take_turn]

    def kinds_kept(self, owner: str) -> Counter[EventKind]:
        """What this service has been given, each event once."""
        return Counter(self.events[event_id].kind for event_id in self.kept[owner])

    # -- coordination -------------------------------------------------------------------------

    @activity.defn
    async def read_decision(self, request: EventOfJourney) -> Decision:
        self._served_by("coordination", "read_decision")
        told = self.events[request.event_id]
        if told.answer is None:
            raise ApplicationError("no answer can be read in it", type="Refused")
        return Decision(task=told.task, answer=told.answer, occurred_at=told.occurred_at)

    @activity.defn
    async def read_word(self, request: EventOfJourney) -> Said:
        self._served_by("coordination", "read_word")
        told = self.events[request.event_id]
        return Said(occurred_at=told.occurred_at, undone=told.undone)

    @activity.defn
    async def record_outcome(self, request: EventOutcome) -> None:
        self._served_by("coordination", "record_outcome")
        self.outcomes[request.event_id] = (request.outcome, request.reason)

    @activity.defn
    async def record_progress(self, request: ProgressReport) -> NextWake:
        self._served_by("coordination", "record_progress")
        self.progress[request.journey_id].append(request.progress)
        if request.progress.conclusion is not None:
            for obligation in request.progress.conclusion.obligations:
                key = (request.journey_id, obligation.rule, obligation.occurrence)
                self.owed[key] = obligation
        return self._next_wake(request.journey_id)

    @activity.defn
    async def wake(self, request: WakeRequest) -> NextWake:
        self._served_by("coordination", "wake")
        for key, obligation in self._open(request.journey_id).items():
            if obligation.due <= request.at.date():
                self.reminded[key] = request.at
        return self._next_wake(request.journey_id)

    def _open(self, journey_id: UUID) -> dict[Key, Obligation]:
        return {
            key: obligation
            for key, obligation in self.owed.items()
            if key[0] == journey_id
            and key not in self.reminded
            and obligation.status is ObligationStatus.OPEN
        }

    def _next_wake(self, journey_id: UUID) -> NextWake:
        if not (waiting := self._open(journey_id)):
            return NextWake(at=None)
        first = min(obligation.due for obligation in waiting.values())
        return NextWake(at=datetime.fromisoformat(f"{first}T09:00:00+00:00"))

    # -- assessment, localization, follow-up ----------------------------------------------------

    @activity.defn
    async def record_facts(self, request: EventOfJourney) -> HandedOver:
        return self._keep("assessment", "record_facts", request)

    @activity.defn
    async def record_examination(self, request: EventOfJourney) -> HandedOver:
        return self._keep("localization", "record_examination", request)

    @activity.defn
    async def record_study(self, request: EventOfJourney) -> HandedOver:
        return self._keep("localization", "record_study", request)

    @activity.defn
    async def record_constraints(self, request: EventOfJourney) -> HandedOver:
        return self._keep("localization", "record_constraints", request)

    @activity.defn
    async def record_result(self, request: EventOfJourney) -> HandedOver:
        return self._keep("followup", "record_result", request)

    @activity.defn
    async def record_event(self, request: EventOfJourney) -> None:
        self._served_by("followup", "record_event")
        self.kept["followup"].add(request.event_id)

    @activity.defn
    async def record_found(self, request: FoundRequest) -> None:
        self._served_by("followup", "record_found")

    @activity.defn
    async def conclude_assessment(self, request: ConclusionRequest) -> Conclusion:
        return self._conclude("assessment", request)

    @activity.defn
    async def conclude_localization(self, request: ConclusionRequest) -> Conclusion:
        return self._conclude("localization", request)

    @activity.defn
    async def conclude_followup(self, request: ConclusionRequest) -> Conclusion:
        return self._conclude("followup", request)

    def _keep(self, owner: str, act: str, request: EventOfJourney) -> HandedOver:
        self._served_by(owner, act)
        told = self.events[request.event_id]
        applied = told.kind not in self.refuses
        if applied:
            self.kept[owner].add(request.event_id)
        reason = "" if applied else f"{owner} does not take this"
        self.outcomes[request.event_id] = ("applied" if applied else "refused", reason)
        treats = told.kind is EventKind.THERAPY
        return HandedOver(applied=applied, occurred_at=told.occurred_at, treats=treats)

    def _conclude(self, service: str, request: ConclusionRequest) -> Conclusion:
        self._served_by(service, f"conclude_{service}")
        return self._concludes(self, service, request)

    def _served_by(self, service: str, act: str) -> None:
        self.asked[act] += 1
        if service in self.away:
            raise ApplicationError(f"{service} is away", category=ApplicationErrorCategory.BENIGN)


def a_conclusion(
    service: str,
    request: ConclusionRequest,
    state: str,
    proposal: Proposal = Proposal.NONE,
    obligations: tuple[Obligation, ...] = (),
) -> Conclusion:
    """What a service says, in codes."""
    return Conclusion(
        id=request.conclusion_id,
        service=service,
        state=state,
        proposal=proposal,
        concluded_at=request.at,
        obligations=obligations,
        knowledge_version="test",
    )


def nothing_is_found(_ward: Ward, service: str, request: ConclusionRequest) -> Conclusion:
    """Every service concludes that nothing is to be done."""
    return a_conclusion(service, request, "INDETERMINATE")


def wasting_is_found(ward: Ward, service: str, request: ConclusionRequest) -> Conclusion:
    """The usual story: labs suggest TIO, a scan finds it, after the operation checks are due."""
    if service == "assessment":
        proposal = Proposal.LOCALIZE if ward.kept["assessment"] else Proposal.NONE
        return a_conclusion(service, request, "TIO_PROBABLE", proposal)
    if service == "localization":
        found = EventKind.STUDY in ward.kinds_kept("localization")
        if not found:
            return a_conclusion(service, request, "SEARCHING", obligations=(a_scan(ward, request),))
        return a_conclusion(service, request, "LOCALIZED", Proposal.OPERATE)
    return a_conclusion(service, request, "REMISSION", obligations=quarterly_checks(ward, request))


def a_scan(ward: Ward, request: ConclusionRequest) -> Obligation:
    """A scan, due a month after it was first asked for."""
    first = ward.first_asked.setdefault(request.journey_id, request.at.date())
    return Obligation(
        rule="LOC-1",
        occurrence="1",
        act="sstr_pet_ct",
        opens=first,
        due=first + timedelta(days=30),
    )


def quarterly_checks(ward: Ward, request: ConclusionRequest) -> tuple[Obligation, ...]:
    """Every 91 days after the operation, named up to half a year ahead, as a service would."""
    operated = [
        ward.events[event_id].occurred_at.date()
        for event_id in ward.kept["followup"]
        if ward.events[event_id].kind is EventKind.SURGERY
    ]
    if not operated:
        return ()
    horizon = (request.at.date() - max(operated)).days + 183
    return tuple(
        Obligation(
            rule="FUP-1",
            occurrence=str(number),
            act="s_phos",
            opens=max(operated),
            due=max(operated) + timedelta(days=91 * number),
        )
        for number in range(1, horizon // 91 + 1)
    )
