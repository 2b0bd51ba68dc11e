"""What a journey asks of the localization service."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from temporalio import activity

from knowledge.terms.obligation import Conclusion
from services.coordination.contract import StoredEvent
from services.localization import contract as localization
from services.localization.contract import (
    PlacedOrder,
    ReportedBiopsy,
    ReportedExamination,
    ReportedResection,
    ReportedSampling,
    ReportedStudy,
)
from workflows.activities.names import named, of_its_order
from workflows.activities.owner import Owner, read
from workflows.activities.weather import heard
from workflows.contract import ConclusionRequest, EventKind, EventOfJourney, HandedOver, Request


class LocalizationActivities(Owner):
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
            await heard(
                self._localization.record_resection(
                    request.organisation, request.record_id, id, removed
                )
            )
            told.add(id)
        moment = localization.AsOf(as_of=request.at, last_heard=request.heard.get("localization"))
        return await heard(
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
        id = named(plan_id, "examination", event_id, told.id)
        return await self._localization.record_examination(organisation, plan_id, id, told)

    async def _keep_study(
        self, organisation: str, plan_id: UUID, event_id: UUID, told: ReportedStudy
    ) -> object:
        id, told = named(plan_id, "study", event_id, told.id), of_its_order(plan_id, told)
        return await self._localization.record_study(organisation, plan_id, id, told)

    async def _keep_sampling(
        self, organisation: str, plan_id: UUID, event_id: UUID, told: ReportedSampling
    ) -> object:
        id, told = (
            named(plan_id, "venous_sampling", event_id, told.id),
            of_its_order(plan_id, told),
        )
        return await self._localization.record_sampling(organisation, plan_id, id, told)

    async def _keep_biopsy(
        self, organisation: str, plan_id: UUID, event_id: UUID, told: ReportedBiopsy
    ) -> object:
        id, told = named(plan_id, "biopsy", event_id, told.id), of_its_order(plan_id, told)
        return await self._localization.record_biopsy(organisation, plan_id, id, told)

    async def _keep_order(
        self, organisation: str, plan_id: UUID, event_id: UUID, told: PlacedOrder
    ) -> object:
        id = named(plan_id, "order", event_id, told.id)
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
        said = {name: event.payload.get(name) for name in ReportedResection.model_fields}
        removed = read(ReportedResection, {k: v for k, v in said.items() if v is not None})
        id = named(request.record_id, "resection", event_id, removed.id)
        if id in told and removed.status == "final":
            removed = removed.model_copy(update={"status": "corrected"})
        return id, removed
