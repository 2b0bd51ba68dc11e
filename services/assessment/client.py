"""What others may ask of assessment: one method per endpoint."""

from typing import Any
from uuid import UUID

from knowledge.terms.obligation import Conclusion
from services.assessment.contract import (
    Assessment,
    AssessmentPage,
    AssessRecord,
    EvaluateRequest,
    FactsStored,
    RecordFacts,
    StoredAssessment,
)
from services.chassis.client import ServiceClient

ROOT = "/assessment/v1"


class AssessmentClient:
    """Assessment, as the rest of the system knows it."""

    def __init__(self, service: ServiceClient) -> None:
        self._service = service

    async def evaluate(self, organisation: str, request: EvaluateRequest) -> Assessment:
        """What do these data allow to conclude? Nothing is stored."""
        return await self._service.exchange(
            "POST", f"{ROOT}/evaluate", Assessment, organisation=organisation, body=request
        )

    async def record_assessment(
        self, organisation: str, assessment_id: UUID, request: EvaluateRequest
    ) -> StoredAssessment:
        """Assess, and have it remembered."""
        path = f"{ROOT}/assessments/{assessment_id}"
        return await self._service.exchange(
            "PUT", path, StoredAssessment, organisation=organisation, body=request
        )

    async def read_assessment(self, organisation: str, assessment_id: UUID) -> StoredAssessment:
        """What was concluded, and why?"""
        path = f"{ROOT}/assessments/{assessment_id}"
        return await self._service.exchange(
            "GET", path, StoredAssessment, organisation=organisation
        )

    async def list_assessments(
        self, organisation: str, patient: str, limit: int = 20, cursor: str | None = None
    ) -> AssessmentPage:
        """What was concluded about this patient, newest first?"""
        query: dict[str, Any] = {"patient": patient, "limit": limit}
        if cursor is not None:
            query["cursor"] = cursor
        return await self._service.exchange(
            "GET", f"{ROOT}/assessments", AssessmentPage, organisation=organisation, query=query
        )

    async def record_facts(
        self, organisation: str, record_id: UUID, event_id: UUID, facts: RecordFacts
    ) -> FactsStored:
        """Have what one event told remembered."""
        path = f"{ROOT}/records/{record_id}/facts/{event_id}"
        return await self._service.exchange(
            "PUT", path, FactsStored, organisation=organisation, body=facts
        )

    async def assess_record(
        self, organisation: str, record_id: UUID, assessment_id: UUID, moment: AssessRecord
    ) -> Conclusion:
        """Conclude from all that was told, as of this moment."""
        path = f"{ROOT}/records/{record_id}/assessments/{assessment_id}"
        return await self._service.exchange(
            "PUT", path, Conclusion, organisation=organisation, body=moment
        )
