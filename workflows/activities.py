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
            await self._put(request, path, event.payload)
        except Refused as refused:
            await self._coordination.tell(request, "refused", _why(refused))
            return HandedOver(applied=False, occurred_at=event.occurred_at)
        await self._coordination.tell(request, "applied")
        return HandedOver(applied=True, occurred_at=event.occurred_at)

    async def _conclude(self, request: ConclusionRequest, path: str) -> Conclusion:
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


class LocalizationActivities(_Owner):
    """What a journey asks of the localization service."""

    @activity.defn
    async def record_examination(self, request: EventOfJourney) -> HandedOver:
        """Hand over what a hand has felt."""
        return await self._hand_over(
            request, f"/localization/v1/plans/{request.journey_id}/examinations/{request.event_id}"
        )

    @activity.defn
    async def record_study(self, request: EventOfJourney) -> HandedOver:
        """Hand over a scan and its reading."""
        return await self._hand_over(
            request, f"/localization/v1/plans/{request.journey_id}/studies/{request.event_id}"
        )

    @activity.defn
    async def record_constraints(self, request: EventOfJourney) -> HandedOver:
        """Hand over what a scan has to respect."""
        return await self._hand_over(request, f"/localization/v1/plans/{request.journey_id}")

    @activity.defn
    async def conclude_localization(self, request: ConclusionRequest) -> Conclusion:
        """Where is it, by what is known now, and which scan is next?"""
        return await self._conclude(
            request,
            f"/localization/v1/plans/{request.journey_id}/conclusions/{request.conclusion_id}",
        )


class FollowupActivities(_Owner):
    """What a journey asks of the follow-up service."""

    @activity.defn
    async def record_result(self, request: EventOfJourney) -> HandedOver:
        """Hand over an operation, a therapy or a state."""
        return await self._hand_over(request, self._result(request))

    @activity.defn
    async def record_observations(self, request: EventOfJourney) -> None:
        """Give observations that assessment has taken to follow-up as well."""
        event = await self._coordination.read_event(request)
        await self._put(request, self._result(request), event.payload)

    @activity.defn
    async def conclude_followup(self, request: ConclusionRequest) -> Conclusion:
        """Is it gone, by what is known now, and what is due?"""
        return await self._conclude(
            request,
            f"/followup/v1/plans/{request.journey_id}/conclusions/{request.conclusion_id}",
        )

    @staticmethod
    def _result(request: EventOfJourney) -> str:
        return f"/followup/v1/plans/{request.journey_id}/results/{request.event_id}"
