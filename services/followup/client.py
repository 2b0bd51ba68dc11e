"""What others may ask of follow-up: one method per endpoint."""

from datetime import datetime
from uuid import UUID

from knowledge.terms.obligation import Conclusion
from services.chassis.client import ServiceClient
from services.chassis.erasing import Erased
from services.followup.charted import Trends
from services.followup.contract import (
    AsOf,
    DatedEvent,
    DecidedProposal,
    DecisionSaid,
    Disposition,
    EventBody,
    EventHistory,
    FollowUp,
    PlanRequest,
    ProposalList,
    Proposed,
    ProposedEvents,
    StoredConclusion,
    StoredFollowUp,
)


class FollowupClient:
    """Follow-up, as the rest of the system knows it."""

    def __init__(self, service: ServiceClient) -> None:
        self._service = service

    async def evaluate_plan(self, organisation: str, request: PlanRequest) -> FollowUp:
        """Is it gone, and what is due? Nothing is stored."""
        path = "/followup/v1/evaluate"
        return await self._service.exchange(
            "POST", path, FollowUp, organisation=organisation, body=request
        )

    async def record_plan(
        self, organisation: str, plan_id: UUID, request: PlanRequest, if_match: str | None = None
    ) -> StoredFollowUp:
        """Say what is known as a whole."""
        headers = {} if if_match is None else {"If-Match": if_match}
        return await self._service.exchange(
            "PUT",
            _plan(plan_id),
            StoredFollowUp,
            organisation=organisation,
            body=request,
            partial=True,
            headers=headers,
        )

    async def erase_plan(self, organisation: str, plan_id: UUID) -> Erased:
        """Have a person after treatment forgotten for good. Safe to repeat."""
        return await self._service.exchange(
            "DELETE", _plan(plan_id), Erased, organisation=organisation
        )

    async def read_plan(
        self, organisation: str, plan_id: UUID, as_of: datetime | None = None
    ) -> StoredFollowUp:
        """What was the last answer, or what is it as of this moment?"""
        query = {} if as_of is None else {"as_of": as_of.isoformat()}
        return await self._service.exchange(
            "GET", _plan(plan_id), StoredFollowUp, organisation=organisation, query=query
        )

    async def record_result(
        self, organisation: str, plan_id: UUID, result_id: UUID, event: DatedEvent
    ) -> StoredFollowUp:
        """Remember a dated event."""
        path = f"{_plan(plan_id)}/results/{result_id}"
        return await self._service.exchange(
            "PUT", path, StoredFollowUp, organisation=organisation, body=EventBody(event)
        )

    async def read_result(self, organisation: str, plan_id: UUID, result_id: UUID) -> EventHistory:
        """Every version of an event."""
        path = f"{_plan(plan_id)}/results/{result_id}"
        return await self._service.exchange("GET", path, EventHistory, organisation=organisation)

    async def record_disposition(
        self, organisation: str, plan_id: UUID, item_id: UUID, disposition: Disposition
    ) -> StoredFollowUp:
        """End an item without a result."""
        path = f"{_plan(plan_id)}/items/{item_id}/disposition"
        return await self._service.exchange(
            "PUT", path, StoredFollowUp, organisation=organisation, body=disposition
        )

    async def record_conclusion(
        self, organisation: str, plan_id: UUID, conclusion_id: UUID, moment: AsOf
    ) -> Conclusion:
        """Conclude as of this moment."""
        path = f"{_plan(plan_id)}/conclusions/{conclusion_id}"
        return await self._service.exchange(
            "PUT", path, Conclusion, organisation=organisation, body=moment
        )

    async def preview_change(
        self, organisation: str, plan_id: UUID, proposed: ProposedEvents
    ) -> Proposed:
        """What would these events move? Nothing is stored."""
        path = f"{_plan(plan_id)}/preview"
        return await self._service.exchange(
            "POST", path, Proposed, organisation=organisation, body=proposed
        )

    async def read_conclusion(
        self,
        organisation: str,
        plan_id: UUID,
        conclusion_id: UUID,
        as_of: datetime | None = None,
    ) -> StoredConclusion:
        """What was concluded, and why? Or what stood in its place at this moment?"""
        query = {} if as_of is None else {"as_of": as_of.isoformat()}
        path = f"{_plan(plan_id)}/conclusions/{conclusion_id}"
        return await self._service.exchange(
            "GET", path, StoredConclusion, organisation=organisation, query=query
        )

    async def read_proposals(
        self, organisation: str, plan_id: UUID, as_of: datetime | None = None
    ) -> ProposalList:
        """What is proposed, and what was answered?"""
        query = {} if as_of is None else {"as_of": as_of.isoformat()}
        return await self._service.exchange(
            "GET",
            f"{_plan(plan_id)}/proposals",
            ProposalList,
            organisation=organisation,
            query=query,
        )

    async def decide_proposal(
        self, organisation: str, plan_id: UUID, proposal_id: UUID, said: DecisionSaid
    ) -> DecidedProposal:
        """Accept or refuse a proposal."""
        path = f"{_plan(plan_id)}/proposals/{proposal_id}/decision"
        return await self._service.exchange(
            "PUT", path, DecidedProposal, organisation=organisation, body=said
        )

    async def read_trends(
        self, organisation: str, plan_id: UUID, as_of: datetime | None = None
    ) -> Trends:
        """What does a chart of this patient show?"""
        query = {} if as_of is None else {"as_of": as_of.isoformat()}
        path = f"{_plan(plan_id)}/trends"
        return await self._service.exchange(
            "GET", path, Trends, organisation=organisation, query=query
        )


def _plan(plan_id: UUID) -> str:
    return f"/followup/v1/plans/{plan_id}"
