"""What others may ask of localization: one method per endpoint."""

from uuid import UUID

from knowledge.terms.obligation import Conclusion
from services.chassis.client import ServiceClient
from services.localization.contract import (
    AsOf,
    Examination,
    Plan,
    PlanRequest,
    StoredConclusion,
    StoredPlan,
    Study,
)


class LocalizationClient:
    """Localization, as the rest of the system knows it."""

    def __init__(self, service: ServiceClient) -> None:
        self._service = service

    async def evaluate_plan(self, organisation: str, request: PlanRequest) -> Plan:
        """Where does the search stand? Nothing is stored."""
        path = "/localization/v1/evaluate"
        return await self._service.exchange(
            "POST", path, Plan, organisation=organisation, body=request
        )

    async def record_plan(
        self, organisation: str, plan_id: UUID, request: PlanRequest, if_match: str | None = None
    ) -> StoredPlan:
        """Say what is known of a search as a whole."""
        headers = {} if if_match is None else {"If-Match": if_match}
        return await self._service.exchange(
            "PUT",
            _plan(plan_id),
            StoredPlan,
            organisation=organisation,
            body=request,
            partial=True,
            headers=headers,
        )

    async def read_plan(self, organisation: str, plan_id: UUID) -> StoredPlan:
        """What was the last answer?"""
        return await self._service.exchange(
            "GET", _plan(plan_id), StoredPlan, organisation=organisation
        )

    async def record_examination(
        self, organisation: str, plan_id: UUID, examination_id: UUID, examination: Examination
    ) -> StoredPlan:
        """Remember what was felt and seen."""
        path = f"{_plan(plan_id)}/examinations/{examination_id}"
        return await self._service.exchange(
            "PUT", path, StoredPlan, organisation=organisation, body=examination
        )

    async def record_study(
        self, organisation: str, plan_id: UUID, study_id: UUID, study: Study
    ) -> StoredPlan:
        """Remember a scan and its reading."""
        path = f"{_plan(plan_id)}/studies/{study_id}"
        return await self._service.exchange(
            "PUT", path, StoredPlan, organisation=organisation, body=study
        )

    async def record_conclusion(
        self, organisation: str, plan_id: UUID, conclusion_id: UUID, moment: AsOf
    ) -> Conclusion:
        """Conclude as of this moment."""
        path = f"{_plan(plan_id)}/conclusions/{conclusion_id}"
        return await self._service.exchange(
            "PUT", path, Conclusion, organisation=organisation, body=moment
        )

    async def read_conclusion(
        self, organisation: str, plan_id: UUID, conclusion_id: UUID
    ) -> StoredConclusion:
        """What was concluded, and why?"""
        path = f"{_plan(plan_id)}/conclusions/{conclusion_id}"
        return await self._service.exchange(
            "GET", path, StoredConclusion, organisation=organisation
        )


def _plan(plan_id: UUID) -> str:
    return f"/localization/v1/plans/{plan_id}"
