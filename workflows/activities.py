"""What a journey asks of the services: a class per service, a call per method, no decisions.

An event's content goes from coordination to its owner inside one call and never enters a history.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Any, Literal, TypedDict, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel, ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from knowledge.terms.obligation import Conclusion
from services.assessment.client import AssessmentClient
from services.assessment.contract import AssessRecord, FactsStored, RecordFacts
from services.chassis.client import Refused, ServiceClient, Unreachable
from services.coordination.client import CoordinationClient
from services.coordination.contract import (
    NextWake,
    Outcome,
    Progress,
    StoredEvent,
    Wake,
)
from services.coordination.life_contract import Join
from services.followup import contract as followup
from services.followup.client import FollowupClient
from services.localization import contract as localization
from services.localization.client import LocalizationClient
from services.localization.contract import (
    KeptOrder,
    PlacedOrder,
    ReportedBiopsy,
    ReportedExamination,
    ReportedResection,
    ReportedSampling,
    ReportedStudy,
    StoredPlan,
)
from workflows.contract import (
    ConclusionRequest,
    Decision,
    EventKind,
    EventOfJourney,
    EventOutcome,
    FoundRequest,
    HandedOver,
    MergeRequest,
    Request,
    Said,
    WakeRequest,
)
from workflows.policies import REFUSED


class ProgressReport(Request):
    """Where the journey stands, for coordination."""

    progress: Progress


T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

TAKEN_BACK = frozenset({"entered-in-error", "cancelled"})
OUR_OWN_FAULT = frozenset([401, 403])
LONGEST_REASON = 1000
OF_THE_DIAGNOSIS = frozenset(
    {"class", "mechanism", "urgent", "leading_diagnosis", "rule_fired", "rule_not_fired"}
)
"""What of an assessment a person should see once it was acted upon; a number alone is not that."""


class CoordinationActivities:
    """What a journey asks of the coordination service."""

    def __init__(self, coordination: ServiceClient) -> None:
        self._coordination = CoordinationClient(coordination)

    @activity.defn
    async def read_decision(self, request: EventOfJourney) -> Decision:
        """What was answered; why and by whom stays in coordination."""
        event = await self.read_event(request)
        try:
            return Decision.model_validate({**event.payload, "occurred_at": event.occurred_at})
        except ValidationError:
            raise ApplicationError("no answer can be read in it", type=REFUSED) from None

    @activity.defn
    async def read_word(self, request: EventOfJourney) -> Said:
        """What was said of the journey itself, in codes."""
        event = await self.read_event(request)
        told = event.payload
        return Said(
            occurred_at=event.occurred_at,
            undone=bool(told.get("undone")),
            outside=bool(told.get("outside")),
        )

    @activity.defn
    async def merge(self, request: MergeRequest) -> Said:
        """Two journeys are joined, or parted again; coordination does it in one transaction."""
        place = (request.organisation, request.journey_id, request.event_id)
        joined = await _heard(self._coordination.merge(*place, Join(state=request.state)))
        return Said.model_validate(joined.model_dump())

    @activity.defn
    async def record_outcome(self, request: EventOutcome) -> None:
        """Tell what became of an event."""
        await self.tell(request, request.outcome, request.reason)

    @activity.defn
    async def record_progress(self, request: ProgressReport) -> NextWake:
        """Tell where the journey stands; hear when to look again."""
        return await _heard(
            self._coordination.record_progress(
                request.organisation, request.journey_id, request.progress
            )
        )

    @activity.defn
    async def wake(self, request: WakeRequest) -> NextWake:
        """The journey's clock says it is this moment: what is due is sent."""
        return await _heard(
            self._coordination.wake(
                request.organisation, request.journey_id, request.wake_id, Wake(at=request.at)
            )
        )

    async def read_event(self, request: EventOfJourney) -> StoredEvent:
        """The whole event, for the one who hands it over."""
        return await _heard(
            self._coordination.read_event(
                request.organisation, request.journey_id, request.event_id
            )
        )

    async def tell(
        self, request: EventOfJourney, outcome: Literal["applied", "refused"], reason: str = ""
    ) -> None:
        """Write the outcome beside the event."""
        await _heard(
            self._coordination.record_outcome(
                request.organisation,
                request.journey_id,
                request.event_id,
                Outcome(outcome=outcome, reason=reason[:LONGEST_REASON]),
            )
        )


async def _heard(call: Awaitable[T]) -> T:
    """A token that is not accepted is our own fault, not the event's: weather, until mended."""
    try:
        return await call
    except Refused as refused:
        if refused.status in OUR_OWN_FAULT:
            raise _weather(f"our token was not accepted: {refused.status}") from None
        raise
    except Unreachable as away:
        raise _weather(str(away)) from None


def _weather(says: str) -> ApplicationError:
    """Asked again until it passes; no line in the error log for every time it has not."""
    return ApplicationError(says, type="Unreachable", category=ApplicationErrorCategory.BENIGN)


def _read(noun: type[M], told: Any) -> M:
    """What was told, as its owner speaks of it; what cannot be read is refused as there."""
    try:
        return noun.model_validate(told)
    except ValidationError as wrong:
        errors = [
            {"pointer": "".join(f"/{part}" for part in error["loc"]), "detail": error["msg"]}
            for error in wrong.errors(include_url=False, include_input=False)
        ]
        detail = f"{len(errors)} values cannot be accepted"
        raise Refused(422, {"detail": detail, "errors": errors}) from None


def _why(refused: Refused) -> str:
    """What the service said, and the places it pointed at."""
    said = str(refused.problem.get("detail") or refused)
    errors = refused.problem.get("errors") or []
    places = "; ".join(f"{error.get('pointer')}: {error.get('detail')}" for error in errors)
    return f"{said} ({places})" if places else said


def _what_came_of_it(answer: object) -> str:
    """Which values were set aside though the rest was taken, and what did the rest correct?"""
    if isinstance(answer, KeptOrder):
        return answer.followed.standing.replace("_", " ")
    if isinstance(answer, StoredPlan | followup.StoredFollowUp):
        return "; ".join(_drawn_again(answer))
    if not isinstance(answer, FactsStored):
        return ""
    not_used = (f"{value.observation}: {value.reason}" for value in answer.rejected)
    return "; ".join((*not_used, *_corrected(answer)))


class _Report(TypedDict, total=False):
    """Which report it was, and whether it is taken back."""

    report: UUID
    version: int
    withdrawn: bool


def _report(request: EventOfJourney, event: StoredEvent) -> _Report:
    """Under which name does this report go, in which version, and does it still stand?"""
    if event.kind not in (EventKind.SURGERY, EventKind.STUDY):
        return {}
    told = event.payload
    return {
        "report": _named(request.journey_id, event.kind, request.event_id, told.get("id")),
        "version": told.get("version") or 1,
        "withdrawn": told.get("status") in TAKEN_BACK,
    }


def _reopens_the_search(answer: object) -> bool:
    """Does the search stand otherwise, now that a report was corrected or withdrawn?"""
    if not isinstance(answer, StoredPlan):
        return False
    return any(one.what == "state" for found in answer.affected for one in found.changes)


def _doubts_the_diagnosis(answer: object) -> bool:
    """Is something else concluded of the diagnosis, now that a result was corrected?"""
    if not isinstance(answer, FactsStored):
        return False
    return any(one.what in OF_THE_DIAGNOSIS for found in answer.affected for one in found.changes)


def _corrected(answer: FactsStored) -> Iterator[str]:
    """Which results took the place of which, and what is concluded otherwise since?"""
    if not answer.affected:
        return
    results = {one.observation: one for found in answer.affected for one in found.because}
    for id, result in results.items():
        yield f"corrected result: {result.analyte or id} ({result.status})"
    newest = answer.affected[-1]
    changed = [one for one in newest.changes if one.name is None]
    yield f"conclusions drawn again: {len(answer.affected)}"
    for one in changed:
        yield f"{one.what.replace('_', ' ')}: {one.before or 'none'} → {one.after or 'none'}"


def _drawn_again(answer: StoredPlan | followup.StoredFollowUp) -> Iterator[str]:
    """Which report took the place of which, and what is concluded otherwise since?"""
    if not answer.affected:
        return
    reports = {one.id: one for found in answer.affected for one in found.because}
    for report in reports.values():
        yield f"corrected report: {report.what} ({report.status})"
    yield f"conclusions drawn again: {len(answer.affected)}"
    for one in answer.affected[-1].changes:
        if one.what == "state":
            yield f"state: {one.before or 'none'} → {one.after or 'none'}"


def _named(journey_id: UUID, kind: str, event_id: UUID, told_as: str | None) -> UUID:
    """Under which id is a report kept? Under its sender's, so that a correction finds it.

    What has no id of its own goes by that of its event.
    """
    if told_as is None:
        return event_id
    try:
        return UUID(told_as)
    except ValueError:
        return uuid5(journey_id, f"{kind}/{told_as}")


R = TypeVar("R", ReportedStudy, ReportedSampling, ReportedBiopsy)


def _of_its_order(journey_id: UUID, told: R) -> R:
    """The order that a report names, under the id by which it is kept."""
    if told.order is None:
        return told
    order = _named(journey_id, "order", journey_id, told.order)
    return told.model_copy(update={"order": str(order)})


class _Owner:
    """A service that keeps what events say."""

    def __init__(self, service: ServiceClient, coordination: CoordinationActivities) -> None:
        self._coordination = coordination
        self._assessment = AssessmentClient(service)
        self._localization = LocalizationClient(service)
        self._followup = FollowupClient(service)

    async def _hand_over(
        self,
        request: EventOfJourney,
        noun: type[M],
        record: Callable[[str, UUID, UUID, M], Awaitable[object]],
    ) -> HandedOver:
        """Fetch the event, give it to its owner, and tell what became of it."""
        event = await self._coordination.read_event(request)
        try:
            told = _read(noun, self._told(event))
            await self._introduce(request, event)
            answer = await _heard(
                record(request.organisation, request.record_id, request.event_id, told)
            )
        except Refused as refused:
            await self._coordination.tell(request, "refused", _why(refused))
            return HandedOver(applied=False, occurred_at=event.occurred_at)
        await self._coordination.tell(request, "applied", _what_came_of_it(answer))
        return HandedOver(
            applied=True,
            occurred_at=event.occurred_at,
            reopens=_reopens_the_search(answer),
            doubts=_doubts_the_diagnosis(answer),
            treats=event.kind == EventKind.THERAPY or bool(event.payload.get("drug_exposures")),
            search=answer.state if isinstance(answer, StoredPlan) else None,
            **_report(request, event),
        )

    def _told(self, event: StoredEvent) -> dict[str, Any]:
        """What the owner is told."""
        return event.payload

    async def _introduce(self, request: Request, event: StoredEvent) -> None:
        """Say first whom it is about, where the owner wants that said apart."""


class AssessmentActivities(_Owner):
    """What a journey asks of the assessment service."""

    @activity.defn
    async def record_facts(self, request: EventOfJourney) -> HandedOver:
        """Hand over observations, findings, exposures or genetics."""
        return await self._hand_over(request, RecordFacts, self._assessment.record_facts)

    @activity.defn
    async def conclude_assessment(self, request: ConclusionRequest) -> Conclusion:
        """Does this person have TIO, by what is known now?"""
        moment = AssessRecord(as_of=request.at)
        return await _heard(
            self._assessment.assess_record(
                request.organisation, request.record_id, request.conclusion_id, moment
            )
        )

    def _told(self, event: StoredEvent) -> dict[str, Any]:
        return _about(event) | event.payload


class LocalizationActivities(_Owner):
    """What a journey asks of the localization service."""

    @activity.defn
    async def record_examination(self, request: EventOfJourney) -> HandedOver:
        """Hand over what was felt and seen."""
        return await self._hand_over(request, ReportedExamination, self._keep_examination)

    @activity.defn
    async def record_study(self, request: EventOfJourney) -> HandedOver:
        """Hand over a scan and its reading."""
        return await self._hand_over(request, ReportedStudy, self._keep_study)

    @activity.defn
    async def record_sampling(self, request: EventOfJourney) -> HandedOver:
        """Hand over FGF23 from many veins."""
        return await self._hand_over(request, ReportedSampling, self._keep_sampling)

    @activity.defn
    async def record_biopsy(self, request: EventOfJourney) -> HandedOver:
        """Hand over what was found in a piece of tissue."""
        return await self._hand_over(request, ReportedBiopsy, self._keep_biopsy)

    @activity.defn
    async def record_order(self, request: EventOfJourney) -> HandedOver:
        """Hand over what was ordered, or what has become of an order."""
        return await self._hand_over(request, PlacedOrder, self._keep_order)

    @activity.defn
    async def record_constraints(self, request: EventOfJourney) -> HandedOver:
        """Hand over what a scan has to respect."""
        return await self._hand_over(request, localization.PlanRequest, self._record_plan)

    @activity.defn
    async def conclude_localization(self, request: ConclusionRequest) -> Conclusion:
        """Where is it, by what is known now, and which scan is next?"""
        told: set[UUID] = set()
        for event_id in request.operations:
            id, removed = await self._resection(request, event_id, told)
            await _heard(
                self._localization.record_resection(
                    request.organisation, request.record_id, id, removed
                )
            )
            told.add(id)
        moment = localization.AsOf(as_of=request.at)
        return await _heard(
            self._localization.record_conclusion(
                request.organisation, request.record_id, request.conclusion_id, moment
            )
        )

    def _told(self, event: StoredEvent) -> dict[str, Any]:
        """The event as it was told; what an order does not say happened on the day of the event."""
        if event.kind != EventKind.ORDER:
            return event.payload
        revoked = event.payload.get("status") == "revoked"
        return {"ended_on" if revoked else "ordered_on": event.occurred_at.date(), **event.payload}

    async def _keep_examination(
        self, organisation: str, plan_id: UUID, event_id: UUID, told: ReportedExamination
    ) -> object:
        id = _named(plan_id, "examination", event_id, told.id)
        return await self._localization.record_examination(organisation, plan_id, id, told)

    async def _keep_study(
        self, organisation: str, plan_id: UUID, event_id: UUID, told: ReportedStudy
    ) -> object:
        id, told = _named(plan_id, "study", event_id, told.id), _of_its_order(plan_id, told)
        return await self._localization.record_study(organisation, plan_id, id, told)

    async def _keep_sampling(
        self, organisation: str, plan_id: UUID, event_id: UUID, told: ReportedSampling
    ) -> object:
        id, told = (
            _named(plan_id, "venous_sampling", event_id, told.id),
            _of_its_order(plan_id, told),
        )
        return await self._localization.record_sampling(organisation, plan_id, id, told)

    async def _keep_biopsy(
        self, organisation: str, plan_id: UUID, event_id: UUID, told: ReportedBiopsy
    ) -> object:
        id, told = _named(plan_id, "biopsy", event_id, told.id), _of_its_order(plan_id, told)
        return await self._localization.record_biopsy(organisation, plan_id, id, told)

    async def _keep_order(
        self, organisation: str, plan_id: UUID, event_id: UUID, told: PlacedOrder
    ) -> object:
        id = _named(plan_id, "order", event_id, told.id)
        return await self._localization.record_order(organisation, plan_id, id, told)

    async def _record_plan(
        self, organisation: str, plan_id: UUID, _event_id: UUID, plan: localization.PlanRequest
    ) -> object:
        return await self._localization.record_plan(organisation, plan_id, plan)

    async def _resection(
        self, request: Request, event_id: UUID, told: Collection[UUID]
    ) -> tuple[UUID, ReportedResection]:
        """What was removed where; the search that follows is another one.

        A later report of the same operation (its `id`) is a correction, whatever word it uses.
        """
        whose = request.model_dump(include={"organisation", "journey_id", "at", "record"})
        event = await self._coordination.read_event(EventOfJourney(event_id=event_id, **whose))
        named = {name: event.payload.get(name) for name in ReportedResection.model_fields}
        removed = _read(ReportedResection, {k: v for k, v in named.items() if v is not None})
        id = _named(request.record_id, "resection", event_id, removed.id)
        if id in told and removed.status == "final":
            removed = removed.model_copy(update={"status": "corrected"})
        return id, removed


class FollowupActivities(_Owner):
    """What a journey asks of the follow-up service."""

    @activity.defn
    async def record_result(self, request: EventOfJourney) -> HandedOver:
        """Hand over an operation, a therapy or a state."""
        return await self._hand_over(request, followup.EventBody, self._record_result)

    @activity.defn
    async def record_event(self, request: EventOfJourney) -> None:
        """Give what another owner has taken to follow-up as well: it may close what is due."""
        event = await self._coordination.read_event(request)
        told = _read(followup.EventBody, self._told(event))
        await self._introduce(request, event)
        await _heard(
            self._record_result(request.organisation, request.record_id, request.event_id, told)
        )

    @activity.defn
    async def record_found(self, request: FoundRequest) -> None:
        """Tell what the search amounted to; told again it is the same telling."""
        found = request.found
        id = uuid5(found.conclusion, f"state/{found.state}")
        told = {"kind": "state", "state": found.state, "noted_on": found.at}
        body = _read(followup.EventBody, told)
        await _heard(self._record_result(request.organisation, request.record_id, id, body))

    @activity.defn
    async def conclude_followup(self, request: ConclusionRequest) -> Conclusion:
        """Is it gone, by what is known now, and what is due?"""
        moment = followup.AsOf(as_of=request.at)
        return await _heard(
            self._followup.record_conclusion(
                request.organisation, request.record_id, request.conclusion_id, moment
            )
        )

    async def _record_result(
        self, organisation: str, plan_id: UUID, result_id: UUID, body: followup.EventBody
    ) -> object:
        return await self._followup.record_result(organisation, plan_id, result_id, body.root)

    def _told(self, event: StoredEvent) -> dict[str, Any]:
        """The event as follow-up speaks of it."""
        if event.kind == EventKind.DISPOSITION:
            said = {name: event.payload.get(name) for name in ("disposition", "reason")}
            ended = event.payload.get("obligation") or {}
            return {"kind": event.kind, "noted_on": event.occurred_at, **ended, **said}
        if event.kind == EventKind.CONSTRAINTS:
            pregnancy = (event.payload.get("constraints") or {}).get("pregnancy")
            found = {} if pregnancy is None else {"pregnancy": pregnancy}
            return {"kind": "observations", "as_of": event.occurred_at, "findings": found}
        kind = EventKind.OBSERVATIONS if event.kind == EventKind.EXPOSURES else event.kind
        return {"kind": kind} | event.payload

    async def _introduce(self, request: Request, event: StoredEvent) -> None:
        label = {} if event.label_profile is None else {"label_profile": event.label_profile}
        plan = _read(followup.PlanRequest, _about(event) | label)
        await _heard(self._followup.record_plan(request.organisation, request.record_id, plan))


def _about(event: StoredEvent) -> dict[str, Any]:
    """Whom an event is about, as a service's request says it."""
    patient = event.patient.model_dump(mode="json", exclude_none=True)
    return {"patient": patient, "profile": event.profile}
