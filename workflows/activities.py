"""What a journey asks of the services: a class per service, a call per method, no decisions.

An event's content goes from coordination to its owner inside one call and never enters a history.
"""

from collections.abc import Awaitable
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, RootModel, ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from knowledge.terms.obligation import Conclusion
from services.chassis.client import Refused, ServiceClient, Unreachable
from services.coordination.client import CoordinationClient
from services.coordination.contract import (
    NextWake,
    Outcome,
    Progress,
    StoredEvent,
    Wake,
)
from workflows.contract import (
    ConclusionRequest,
    Decision,
    EventOfJourney,
    EventOutcome,
    HandedOver,
    Request,
    WakeRequest,
)
from workflows.policies import REFUSED


class ProgressReport(Request):
    """Where the journey stands, for coordination."""

    progress: Progress


class AsOf(BaseModel):
    """Conclude as of this moment of the journey's own clock."""

    as_of: Any


Body = RootModel[dict[str, Any]]
T = TypeVar("T")

OUR_OWN_FAULT = frozenset([401, 403])
UNKNOWN = 404
LONGEST_REASON = 1000


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


def _why(refused: Refused) -> str:
    """What the service said, and the places it pointed at."""
    said = str(refused.problem.get("detail") or refused)
    errors = refused.problem.get("errors") or []
    places = "; ".join(f"{error.get('pointer')}: {error.get('detail')}" for error in errors)
    return f"{said} ({places})" if places else said


class _Owner:
    """A service that keeps what events say."""

    def __init__(self, service: ServiceClient, coordination: CoordinationActivities) -> None:
        self._service, self._coordination = service, coordination

    async def _put(self, request: Request, path: str, body: dict[str, Any]) -> None:
        await _heard(
            self._service.exchange(
                "PUT", path, type(None), organisation=request.organisation, body=Body(body)
            )
        )

    async def _hand_over(self, request: EventOfJourney, path: str) -> HandedOver:
        """Fetch the event, give it to its owner, and tell what became of it."""
        event = await self._coordination.read_event(request)
        try:
            await self._keep(request, path, event)
        except Refused as refused:
            await self._coordination.tell(request, "refused", _why(refused))
            return HandedOver(applied=False, occurred_at=event.occurred_at)
        await self._coordination.tell(request, "applied")
        return HandedOver(applied=True, occurred_at=event.occurred_at)

    async def _keep(self, request: EventOfJourney, path: str, event: StoredEvent) -> None:
        """Give what the event says to the service."""
        await self._put(request, path, event.payload)

    async def _conclude(self, request: ConclusionRequest, path: str) -> Conclusion:
        """Hear what the service concludes, as of now on the journey's clock."""
        return await _heard(
            self._service.exchange(
                "PUT",
                path,
                Conclusion,
                organisation=request.organisation,
                body=AsOf(as_of=request.at),
            )
        )


class AssessmentActivities(_Owner):
    """What a journey asks of the assessment service."""

    @activity.defn
    async def record_facts(self, request: EventOfJourney) -> HandedOver:
        """Hand over observations, findings, exposures or genetics."""
        return await self._hand_over(
            request, f"/assessment/v1/records/{request.journey_id}/facts/{request.event_id}"
        )

    @activity.defn
    async def conclude_assessment(self, request: ConclusionRequest) -> Conclusion:
        """Does this person have TIO, by what is known now?"""
        return await self._conclude(
            request,
            f"/assessment/v1/records/{request.journey_id}/assessments/{request.conclusion_id}",
        )

    async def _keep(self, request: EventOfJourney, path: str, event: StoredEvent) -> None:
        """Facts come with the person they are about, unless they say so themselves."""
        about = {"patient": patient_of(event), "profile": event.profile}
        await self._put(request, path, about | event.payload)


class _Planner(_Owner):
    """A service that keeps a plan for each person, and has to be told first who that is."""

    _plans: str

    def _plan(self, request: Request) -> str:
        return f"{self._plans}/{request.journey_id}"

    async def _keep(self, request: EventOfJourney, path: str, event: StoredEvent) -> None:
        try:
            await super()._keep(request, path, event)
        except Refused as refused:
            if refused.status != UNKNOWN:
                raise
            await self._introduce(request, event)
            await super()._keep(request, path, event)

    async def _conclude(self, request: ConclusionRequest, path: str) -> Conclusion:
        try:
            return await super()._conclude(request, path)
        except Refused as refused:
            if refused.status != UNKNOWN or request.event_id is None:
                raise
        known_by = EventOfJourney(**request.model_dump(include=set(EventOfJourney.model_fields)))
        await self._introduce(request, await self._coordination.read_event(known_by))
        return await super()._conclude(request, path)

    async def _introduce(self, request: Request, event: StoredEvent) -> None:
        """An empty plan for this person."""
        await self._put(request, self._plan(request), {"patient": patient_of(event)})


class LocalizationActivities(_Planner):
    """What a journey asks of the localization service."""

    _plans = "/localization/v1/plans"

    @activity.defn
    async def record_examination(self, request: EventOfJourney) -> HandedOver:
        """Hand over what a hand has felt."""
        path = f"{self._plan(request)}/examinations/{request.event_id}"
        return await self._hand_over(request, path)

    @activity.defn
    async def record_study(self, request: EventOfJourney) -> HandedOver:
        """Hand over a scan and its reading."""
        path = f"{self._plan(request)}/studies/{request.event_id}"
        return await self._hand_over(request, path)

    @activity.defn
    async def record_constraints(self, request: EventOfJourney) -> HandedOver:
        """Hand over what a scan has to respect."""
        return await self._hand_over(request, self._plan(request))

    @activity.defn
    async def conclude_localization(self, request: ConclusionRequest) -> Conclusion:
        """Where is it, by what is known now, and which scan is next?"""
        path = f"{self._plan(request)}/conclusions/{request.conclusion_id}"
        return await self._conclude(request, path)


class FollowupActivities(_Planner):
    """What a journey asks of the follow-up service."""

    _plans = "/followup/v1/plans"

    @activity.defn
    async def record_result(self, request: EventOfJourney) -> HandedOver:
        """Hand over an operation, a therapy or a state."""
        return await self._hand_over(request, self._result(request))

    @activity.defn
    async def record_observations(self, request: EventOfJourney) -> None:
        """Give observations that assessment has taken to follow-up as well."""
        event = await self._coordination.read_event(request)
        await self._keep(request, self._result(request), event)

    @activity.defn
    async def conclude_followup(self, request: ConclusionRequest) -> Conclusion:
        """Is it gone, by what is known now, and what is due?"""
        path = f"{self._plan(request)}/conclusions/{request.conclusion_id}"
        return await self._conclude(request, path)

    def _result(self, request: EventOfJourney) -> str:
        return f"{self._plan(request)}/results/{request.event_id}"


def patient_of(event: StoredEvent) -> dict[str, Any]:
    """Whom it is about, as a service's request says it."""
    return event.patient.model_dump(mode="json", exclude_none=True)
