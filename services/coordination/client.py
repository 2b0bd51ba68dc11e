"""What others may ask of coordination: one method per endpoint."""

from datetime import date
from uuid import UUID

from services.chassis.client import ServiceClient
from services.coordination.contract import (
    Event,
    EventStored,
    FastForward,
    Journey,
    JourneyRequest,
    NextWake,
    Outcome,
    Progress,
    RemindersPage,
    StoredEvent,
    Subscription,
    SubscriptionRequest,
    TimelinePage,
    Wake,
    WorklistPage,
)
from services.coordination.life_contract import Join, Joined
from services.coordination.upkeep_contract import EditionOfJourney, SealedJourneyKey


class CoordinationClient:
    """Coordination, as the rest of the system knows it."""

    def __init__(self, service: ServiceClient) -> None:
        self._service = service

    async def start_journey(
        self, organisation: str, journey_id: UUID, wanted: JourneyRequest
    ) -> Journey:
        """Start a journey, or be answered with the one that runs."""
        path = _journey(journey_id)
        return await self._service.exchange(
            "PUT", path, Journey, organisation=organisation, body=wanted
        )

    async def read_journey(self, organisation: str, journey_id: UUID) -> Journey:
        """Where does this journey stand?"""
        return await self._service.exchange(
            "GET", _journey(journey_id), Journey, organisation=organisation
        )

    async def read_timeline(
        self, organisation: str, journey_id: UUID, cursor: str | None = None
    ) -> TimelinePage:
        """What happened on this journey?"""
        return await self._service.exchange(
            "GET",
            f"{_journey(journey_id)}/timeline",
            TimelinePage,
            organisation=organisation,
            query=_said(cursor=cursor),
        )

    async def record_event(self, organisation: str, journey_id: UUID, event: Event) -> EventStored:
        """Tell a journey that something happened."""
        return await self._service.exchange(
            "POST",
            f"{_journey(journey_id)}/events",
            EventStored,
            organisation=organisation,
            body=event,
        )

    async def read_event(self, organisation: str, journey_id: UUID, event_id: UUID) -> StoredEvent:
        """An event as it was told."""
        return await self._service.exchange(
            "GET",
            f"{_journey(journey_id)}/events/{event_id}",
            StoredEvent,
            organisation=organisation,
        )

    async def record_outcome(
        self, organisation: str, journey_id: UUID, event_id: UUID, outcome: Outcome
    ) -> Outcome:
        """Say what became of an event; the answer is what is remembered."""
        return await self._service.exchange(
            "PUT",
            f"{_journey(journey_id)}/events/{event_id}/outcome",
            Outcome,
            organisation=organisation,
            body=outcome,
        )

    async def merge(
        self, organisation: str, journey_id: UUID, event_id: UUID, wanted: Join
    ) -> Joined:
        """Join two journeys as this event says, or part them; repeated, it answers the same."""
        return await self._service.exchange(
            "PUT",
            f"{_journey(journey_id)}/merges/{event_id}",
            Joined,
            organisation=organisation,
            body=wanted,
        )

    async def record_progress(
        self, organisation: str, journey_id: UUID, progress: Progress
    ) -> NextWake:
        """Report where the journey stands; hear when to look again."""
        return await self._service.exchange(
            "PUT",
            f"{_journey(journey_id)}/progress",
            NextWake,
            organisation=organisation,
            body=progress,
        )

    async def wake(
        self, organisation: str, journey_id: UUID, wake_id: UUID, moment: Wake
    ) -> NextWake:
        """The timer rang; hear when to look again."""
        return await self._service.exchange(
            "PUT",
            f"{_journey(journey_id)}/wakes/{wake_id}",
            NextWake,
            organisation=organisation,
            body=moment,
        )

    async def read_key(self, organisation: str, journey_id: UUID) -> SealedJourneyKey:
        """The key of this journey, sealed. Refused with 410 when it was destroyed."""
        path = f"{_journey(journey_id)}/key"
        return await self._service.exchange(
            "GET", path, SealedJourneyKey, organisation=organisation
        )

    async def read_edition(self, organisation: str, journey_id: UUID) -> EditionOfJourney:
        """Which edition of the knowledge does this journey stay with?"""
        path = f"{_journey(journey_id)}/edition"
        return await self._service.exchange(
            "GET", path, EditionOfJourney, organisation=organisation
        )

    async def read_reminders(
        self, organisation: str, journey_id: UUID, cursor: str | None = None
    ) -> RemindersPage:
        """What was said on this journey, and did it arrive?"""
        return await self._service.exchange(
            "GET",
            f"{_journey(journey_id)}/reminders",
            RemindersPage,
            organisation=organisation,
            query=_said(cursor=cursor),
        )

    async def read_worklist(
        self,
        organisation: str,
        *,
        phase: str | None = None,
        due_before: date | None = None,
        overdue: bool | None = None,
        assignee: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> WorklistPage:
        """Who has to do what, by when?"""
        return await self._service.exchange(
            "GET",
            "/coordination/v1/worklist",
            WorklistPage,
            organisation=organisation,
            query=_said(
                phase=phase,
                due_before=due_before,
                overdue=None if overdue is None else str(overdue).lower(),
                assignee=assignee,
                cursor=cursor,
                limit=limit,
            ),
        )

    async def record_subscription(
        self,
        organisation: str,
        subscription_id: UUID,
        wanted: SubscriptionRequest,
        *,
        if_match: str | None = None,
    ) -> Subscription:
        """Let somebody hear reminders, or change where."""
        return await self._service.exchange(
            "PUT",
            f"/coordination/v1/subscriptions/{subscription_id}",
            Subscription,
            organisation=organisation,
            body=wanted,
            headers={"If-Match": if_match} if if_match else None,
        )

    async def read_subscription(self, organisation: str, subscription_id: UUID) -> Subscription:
        """Show a subscription."""
        return await self._service.exchange(
            "GET",
            f"/coordination/v1/subscriptions/{subscription_id}",
            Subscription,
            organisation=organisation,
        )

    async def fast_forward(self, organisation: str, journey_id: UUID, days: int) -> Journey:
        """Rehearsal only: move this journey's own clock."""
        return await self._service.exchange(
            "POST",
            f"{_journey(journey_id)}/fast-forward",
            Journey,
            organisation=organisation,
            body=FastForward(days=days),
        )


def _journey(journey_id: UUID) -> str:
    return f"/coordination/v1/journeys/{journey_id}"


def _said(**query: object) -> dict[str, str]:
    """Only what was asked for."""
    return {name: str(value) for name, value in query.items() if value is not None}
