"""What others may ask of localization: one method per endpoint."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from knowledge.terms.obligation import Conclusion
from services.chassis.client import ServiceClient
from services.chassis.erasing import Erased
from services.localization.contract import (
    AsOf,
    Biopsy,
    Examination,
    KeptLink,
    KeptOrder,
    KeptOverride,
    LesionRegister,
    LinkSaid,
    OrderList,
    OverrideSaid,
    PlacedOrder,
    Plan,
    PlanRequest,
    ReportedSampling,
    Resection,
    StoredConclusion,
    StoredPlan,
    Study,
)

M = TypeVar("M", bound=BaseModel)


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

    async def erase_plan(self, organisation: str, plan_id: UUID) -> Erased:
        """Have the person of a search forgotten for good. Safe to repeat."""
        return await self._service.exchange(
            "DELETE", _plan(plan_id), Erased, organisation=organisation
        )

    async def record_examination(
        self, organisation: str, plan_id: UUID, examination_id: UUID, examination: Examination
    ) -> StoredPlan:
        """Remember what was felt and seen, or a correction (`ReportedExamination`)."""
        path = f"{_plan(plan_id)}/examinations/{examination_id}"
        return await self._report(organisation, path, examination)

    async def record_study(
        self, organisation: str, plan_id: UUID, study_id: UUID, study: Study
    ) -> StoredPlan:
        """Remember a scan and its reading, or a correction (`ReportedStudy`)."""
        return await self._report(organisation, f"{_plan(plan_id)}/studies/{study_id}", study)

    async def record_sampling(
        self, organisation: str, plan_id: UUID, sampling_id: UUID, sampling: ReportedSampling
    ) -> StoredPlan:
        """Remember one procedure of venous sampling."""
        path = f"{_plan(plan_id)}/venous-samplings/{sampling_id}"
        return await self._report(organisation, path, sampling)

    async def record_biopsy(
        self, organisation: str, plan_id: UUID, biopsy_id: UUID, biopsy: Biopsy
    ) -> StoredPlan:
        """Remember what was found in a piece of tissue."""
        return await self._report(organisation, f"{_plan(plan_id)}/biopsies/{biopsy_id}", biopsy)

    async def record_resection(
        self, organisation: str, plan_id: UUID, resection_id: UUID, resection: Resection
    ) -> StoredPlan:
        """Remember what was removed, and what the blood did afterwards."""
        path = f"{_plan(plan_id)}/resections/{resection_id}"
        return await self._report(organisation, path, resection)

    async def read_lesions(self, organisation: str, plan_id: UUID) -> LesionRegister:
        """Which lesions are there, and what did each study say of them?"""
        path = f"{_plan(plan_id)}/lesions"
        return await self._service.exchange("GET", path, LesionRegister, organisation=organisation)

    async def link_lesions(
        self,
        organisation: str,
        plan_id: UUID,
        link_id: UUID,
        link: LinkSaid,
        if_match: str | None = None,
    ) -> KeptLink:
        """Say that two lesions are one, or are two, or take that back."""
        path = f"{_plan(plan_id)}/lesion-links/{link_id}"
        return await self._edit(organisation, path, KeptLink, link, if_match)

    async def override_gate(
        self,
        organisation: str,
        plan_id: UUID,
        override_id: UUID,
        override: OverrideSaid,
        if_match: str | None = None,
    ) -> KeptOverride:
        """Go past a gate with a reason, or take that back."""
        path = f"{_plan(plan_id)}/overrides/{override_id}"
        return await self._edit(organisation, path, KeptOverride, override, if_match)

    async def record_order(
        self,
        organisation: str,
        plan_id: UUID,
        order_id: UUID,
        order: PlacedOrder,
        if_match: str | None = None,
    ) -> KeptOrder:
        """Say what was ordered, or what has become of it."""
        path = f"{_plan(plan_id)}/orders/{order_id}"
        return await self._edit(organisation, path, KeptOrder, order, if_match)

    async def read_order(self, organisation: str, plan_id: UUID, order_id: UUID) -> KeptOrder:
        """What has become of this order?"""
        path = f"{_plan(plan_id)}/orders/{order_id}"
        return await self._service.exchange("GET", path, KeptOrder, organisation=organisation)

    async def list_orders(self, organisation: str, plan_id: UUID) -> OrderList:
        """What was ordered, and what has become of it?"""
        path = f"{_plan(plan_id)}/orders"
        return await self._service.exchange("GET", path, OrderList, organisation=organisation)

    async def record_conclusion(
        self, organisation: str, plan_id: UUID, conclusion_id: UUID, moment: AsOf
    ) -> Conclusion:
        """Conclude as of this moment."""
        path = f"{_plan(plan_id)}/conclusions/{conclusion_id}"
        return await self._service.exchange(
            "PUT", path, Conclusion, organisation=organisation, body=moment
        )

    async def read_conclusion(
        self,
        organisation: str,
        plan_id: UUID,
        conclusion_id: UUID,
        as_of: datetime | None = None,
    ) -> StoredConclusion:
        """What was concluded, and why? With `as_of`: what stood in its place at that moment."""
        path = f"{_plan(plan_id)}/conclusions/{conclusion_id}"
        query = None if as_of is None else {"as_of": as_of.isoformat()}
        return await self._service.exchange(
            "GET", path, StoredConclusion, organisation=organisation, query=query
        )

    async def _report(self, organisation: str, path: str, report: BaseModel) -> StoredPlan:
        return await self._service.exchange(
            "PUT", path, StoredPlan, organisation=organisation, body=report, partial=True
        )

    async def _edit(
        self, organisation: str, path: str, answer: type[M], said: BaseModel, if_match: str | None
    ) -> M:
        headers = {} if if_match is None else {"If-Match": if_match}
        return await self._service.exchange(
            "PUT",
            path,
            answer,
            organisation=organisation,
            body=said,
            partial=True,
            headers=headers,
        )


def _plan(plan_id: UUID) -> str:
    return f"/localization/v1/plans/{plan_id}"
