"""An owner keeps what events say: it is fetched, handed over, and what became of it is told."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from services.assessment.client import AssessmentClient
from services.chassis.client import Refused, ServiceClient
from services.coordination.contract import StoredEvent
from services.followup.client import FollowupClient
from services.localization.client import LocalizationClient
from services.localization.contract import StoredPlan
from workflows.activities.came_of_it import (
    doubts_the_diagnosis,
    reopens_the_search,
    report,
    what_came_of_it,
    why,
)
from workflows.activities.coordination import CoordinationActivities
from workflows.activities.weather import heard
from workflows.contract import EventKind, EventOfJourney, HandedOver, Request

M = TypeVar("M", bound=BaseModel)


class Owner:
    """A service that keeps what events say."""

    def __init__(self, service: ServiceClient, coordination: CoordinationActivities) -> None:
        self._coordination = coordination
        self._assessment = AssessmentClient(service)
        self._localization = LocalizationClient(service)
        self._followup = FollowupClient(service)

    async def _hand_over(
        self,
        request: EventOfJourney,
        noun: type[M],
        record: Callable[[str, UUID, UUID, M], Awaitable[object]],
    ) -> HandedOver:
        """Fetch the event, give it to its owner, and tell what became of it."""
        event = await self._coordination.read_event(request)
        try:
            told = read(noun, self._told(event))
            await self._introduce(request, event)
            answer = await heard(
                record(request.organisation, request.record_id, request.event_id, told)
            )
        except Refused as refused:
            await self._coordination.tell(request, "refused", why(refused))
            return HandedOver(applied=False, occurred_at=event.occurred_at)
        await self._coordination.tell(request, "applied", what_came_of_it(answer))
        return HandedOver(
            applied=True,
            occurred_at=event.occurred_at,
            reopens=reopens_the_search(answer),
            doubts=doubts_the_diagnosis(answer),
            treats=event.kind == EventKind.THERAPY or bool(event.payload.get("drug_exposures")),
            search=answer.state if isinstance(answer, StoredPlan) else None,
            **report(request, event),
        )

    def _told(self, event: StoredEvent) -> dict[str, Any]:
        """What the owner is told."""
        return event.payload

    async def _introduce(self, request: Request, event: StoredEvent) -> None:
        """Say first whom it is about, where the owner wants that said apart."""


def read(noun: type[M], told: Any) -> M:
    """What was told, as its owner speaks of it; what cannot be read is refused as there."""
    try:
        return noun.model_validate(told)
    except ValidationError as wrong:
        errors = [
            {"pointer": "".join(f"/{part}" for part in error["loc"]), "detail": error["msg"]}
            for error in wrong.errors(include_url=False, include_input=False)
        ]
        detail = f"{len(errors)} values cannot be accepted"
        raise Refused(422, {"detail": detail, "errors": errors}) from None


def about(event: StoredEvent) -> dict[str, Any]:
    """Whom an event is about, as a service's request says it."""
    patient = event.patient.model_dump(mode="json", exclude_none=True)
    return {"patient": patient, "profile": event.profile}
