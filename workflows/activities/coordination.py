"""What a journey asks of the coordination service."""

from typing import Literal

from pydantic import ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from services.chassis.client import ServiceClient
from services.coordination.client import CoordinationClient
from services.coordination.contract import NextWake, Outcome, Progress, StoredEvent, Wake
from services.coordination.life_contract import Join
from workflows.activities.weather import heard
from workflows.contract import (
    Decision,
    EventOfJourney,
    EventOutcome,
    MergeRequest,
    Request,
    Said,
    WakeRequest,
)
from workflows.policies import REFUSED

LONGEST_REASON = 1000


class ProgressReport(Request):
    """Where the journey stands, for coordination."""

    progress: Progress


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
        joined = await heard(self._coordination.merge(*place, Join(state=request.state)))
        return Said.model_validate(joined.model_dump())

    @activity.defn
    async def record_outcome(self, request: EventOutcome) -> None:
        """Tell what became of an event."""
        await self.tell(request, request.outcome, request.reason)

    @activity.defn
    async def record_progress(self, request: ProgressReport) -> NextWake:
        """Tell where the journey stands; hear when to look again."""
        return await heard(
            self._coordination.record_progress(
                request.organisation, request.journey_id, request.progress
            )
        )

    @activity.defn
    async def wake(self, request: WakeRequest) -> NextWake:
        """The journey's clock says it is this moment: what is due is sent."""
        return await heard(
            self._coordination.wake(
                request.organisation, request.journey_id, request.wake_id, Wake(at=request.at)
            )
        )

    async def read_event(self, request: EventOfJourney) -> StoredEvent:
        """The whole event, for the one who hands it over."""
        return await heard(
            self._coordination.read_event(
                request.organisation, request.journey_id, request.event_id
            )
        )

    async def tell(
        self, request: EventOfJourney, outcome: Literal["applied", "refused"], reason: str = ""
    ) -> None:
        """Write the outcome beside the event."""
        await heard(
            self._coordination.record_outcome(
                request.organisation,
                request.journey_id,
                request.event_id,
                Outcome(outcome=outcome, reason=reason[:LONGEST_REASON]),
            )
        )
