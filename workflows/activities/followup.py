"""What a journey asks of the follow-up service."""

from typing import Any
from uuid import UUID, uuid5

from temporalio import activity

from knowledge.terms.obligation import Conclusion
from services.coordination.contract import StoredEvent
from services.followup import contract as followup
from workflows.activities.owner import Owner, about, read
from workflows.activities.weather import heard
from workflows.contract import (
    ConclusionRequest,
    EventKind,
    EventOfJourney,
    FoundRequest,
    HandedOver,
    Request,
)


class FollowupActivities(Owner):
    """What a journey asks of the follow-up service."""

    @activity.defn
    async def record_result(self, request: EventOfJourney) -> HandedOver:
        """Hand over an operation, a therapy or a state."""
        return await self._hand_over(request, followup.EventBody, self._record_result)

    @activity.defn
    async def record_event(self, request: EventOfJourney) -> None:
        """Give what another owner has taken to follow-up as well: it may close what is due."""
        event = await self._coordination.read_event(request)
        told = read(followup.EventBody, self._told(event))
        await self._introduce(request, event)
        await heard(
            self._record_result(request.organisation, request.record_id, request.event_id, told)
        )

    @activity.defn
    async def record_found(self, request: FoundRequest) -> None:
        """Tell what the search amounted to; told again it is the same telling."""
        found = request.found
        id = uuid5(found.conclusion, f"state/{found.state}")
        told = {"kind": "state", "state": found.state, "noted_on": found.at}
        body = read(followup.EventBody, told)
        await heard(self._record_result(request.organisation, request.record_id, id, body))

    @activity.defn
    async def conclude_followup(self, request: ConclusionRequest) -> Conclusion:
        """Is it gone, by what is known now, and what is due?"""
        moment = followup.AsOf(as_of=request.at, last_heard=request.heard.get("followup"))
        return await heard(
            self._followup.record_conclusion(
                request.organisation, request.record_id, request.conclusion_id, moment
            )
        )

    async def _record_result(
        self, organisation: str, plan_id: UUID, result_id: UUID, body: followup.EventBody
    ) -> object:
        return await self._followup.record_result(organisation, plan_id, result_id, body.root)

    def _told(self, event: StoredEvent) -> dict[str, Any]:
        """The event as follow-up speaks of it."""
        if event.kind == EventKind.DISPOSITION:
            said = {name: event.payload.get(name) for name in ("disposition", "reason")}
            ended = event.payload.get("obligation") or {}
            return {"kind": event.kind, "noted_on": event.occurred_at, **ended, **said}
        if event.kind == EventKind.CONSTRAINTS:
            pregnancy = (event.payload.get("constraints") or {}).get("pregnancy")
            found = {} if pregnancy is None else {"pregnancy": pregnancy}
            return {"kind": "observations", "as_of": event.occurred_at, "findings": found}
        kind = EventKind.OBSERVATIONS if event.kind == EventKind.EXPOSURES else event.kind
        return {"kind": kind} | event.payload

    async def _introduce(self, request: Request, event: StoredEvent) -> None:
        there = {"label_profile": event.label_profile, "zone": event.zone}
        said = {name: value for name, value in there.items() if value is not None}
        plan = read(followup.PlanRequest, about(event) | said)
        await heard(self._followup.record_plan(request.organisation, request.record_id, plan))
