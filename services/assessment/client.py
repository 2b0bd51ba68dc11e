"""What others may ask of assessment: one method per endpoint."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from knowledge.terms.obligation import Conclusion
from knowledge.terms.site_settings import SiteSettings
from services.assessment.contract import (
    AsOf,
    Assessment,
    AssessmentPage,
    Batch,
    BatchItem,
    EvaluateRequest,
    FactsStored,
    Reassessed,
    RecordFacts,
    SentResults,
    SignedSiteSettings,
    StoredAssessment,
    Verdicts,
)
from services.chassis.client import ServiceClient
from services.chassis.erasing import Erased

ROOT = "/assessment/v1"


class AssessmentClient:
    """Assessment, as the rest of the system knows it."""

    def __init__(self, service: ServiceClient) -> None:
        self._service = service

    async def evaluate(self, organisation: str, request: EvaluateRequest) -> Assessment:
        """What do these data allow to conclude? Nothing is stored."""
        return await self._service.exchange(
            "POST",
            f"{ROOT}/evaluate",
            Assessment,
            organisation=organisation,
            body=request,
            partial=True,
        )

    async def evaluate_many(self, organisation: str, requests: Sequence[BatchItem]) -> Verdicts:
        """What do these data, of many patients, allow to conclude? A verdict each, in order."""
        return await self._service.exchange(
            "POST",
            f"{ROOT}/evaluations",
            Verdicts,
            organisation=organisation,
            body=Batch(requests=list(requests)),
            partial=True,
        )

    async def read_site_settings(self, organisation: str) -> SignedSiteSettings:
        """What does this organisation lay over the tables?"""
        return await self._service.exchange(
            "GET", f"{ROOT}/site-settings", SignedSiteSettings, organisation=organisation
        )

    async def sign_site_settings(
        self, organisation: str, settings: SiteSettings, version: int | None = None
    ) -> SignedSiteSettings:
        """Sign a new version in place of `version`; None where there is none yet."""
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return await self._service.exchange(
            "PUT",
            f"{ROOT}/site-settings",
            SignedSiteSettings,
            organisation=organisation,
            body=settings,
            headers=headers,
        )

    async def read_site_settings_version(
        self, organisation: str, version: int
    ) -> SignedSiteSettings:
        """What did this version say?"""
        path = f"{ROOT}/site-settings/versions/{version}"
        return await self._service.exchange(
            "GET", path, SignedSiteSettings, organisation=organisation
        )

    async def record_assessment(
        self, organisation: str, assessment_id: UUID, request: EvaluateRequest
    ) -> StoredAssessment:
        """Assess, and have it remembered."""
        path = f"{ROOT}/assessments/{assessment_id}"
        return await self._service.exchange(
            "PUT", path, StoredAssessment, organisation=organisation, body=request, partial=True
        )

    async def read_assessment(
        self, organisation: str, assessment_id: UUID, as_of: datetime | None = None
    ) -> StoredAssessment:
        """What was concluded, and why? With `as_of`: what stood in its place at that moment."""
        path = f"{ROOT}/assessments/{assessment_id}"
        query = None if as_of is None else {"as_of": as_of.isoformat()}
        return await self._service.exchange(
            "GET", path, StoredAssessment, organisation=organisation, query=query
        )

    async def reassess(self, organisation: str, assessment_id: UUID) -> Reassessed:
        """What would be concluded now for that moment? Nothing is stored."""
        path = f"{ROOT}/assessments/{assessment_id}/reassess"
        return await self._service.exchange("GET", path, Reassessed, organisation=organisation)

    async def record_observations(
        self, organisation: str, message_id: UUID, sent: SentResults
    ) -> FactsStored:
        """Have results kept that come by themselves; what they correct is drawn again."""
        path = f"{ROOT}/observations/{message_id}"
        return await self._service.exchange(
            "PUT", path, FactsStored, organisation=organisation, body=sent, partial=True
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
            "PUT", path, FactsStored, organisation=organisation, body=facts, partial=True
        )

    async def erase_record(self, organisation: str, record_id: UUID) -> Erased:
        """Have a record's person forgotten for good. Safe to repeat."""
        return await self._service.exchange(
            "DELETE", f"{ROOT}/records/{record_id}", Erased, organisation=organisation
        )

    async def assess_record(
        self, organisation: str, record_id: UUID, assessment_id: UUID, moment: AsOf
    ) -> Conclusion:
        """Conclude from all that was told, as of this moment."""
        path = f"{ROOT}/records/{record_id}/assessments/{assessment_id}"
        return await self._service.exchange(
            "PUT", path, Conclusion, organisation=organisation, body=moment
        )
