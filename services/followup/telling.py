"""One thing is told of a plan: keep it as the version that it is, and answer the plan anew."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import audit
from services.chassis.auth import Caller
from services.chassis.conclusions.ledger import moment_of_receipt
from services.chassis.errors import Conflict, FieldProblem
from services.followup import repository
from services.followup.cascade import affected_by, correct
from services.followup.drawing import answer_anew
from services.followup.events import DatedEvent
from services.followup.history import moment_of
from services.followup.stored import StoredFollowUp
from services.followup.tables import PlanRow
from services.followup.versions import (
    OtherContent,
    Version,
    place,
    results_of,
    thing_of,
    without_number,
)

RESOURCES = {
    "surgery": "Procedure",
    "act": "Procedure",
    "symptoms": "Condition",
    "measure": "Observation",
    "study": "ImagingStudy",
    "examination": "Observation",
    "therapy": "MedicationStatement",
    "planned": "ServiceRequest",
    "opinion": "ClinicalImpression",
    "observations": "Observation",
    "state": "Observation",
    "disposition": "CarePlan",
}
"""Which FHIR resource each kind of event would be; its scope is needed to tell it."""


@dataclass(slots=True)
class Told:
    """The plan, and the version that this call was about."""

    plan: PlanRow
    version: Version


async def tell(
    session: AsyncSession, caller: Caller, plan: PlanRow, id: UUID, event: DatedEvent
) -> Told:
    """Keep what was told, if it is news. 409 where its version said something else before."""
    ledger = repository.ledger(session, plan.organisation, plan.id)
    known = await ledger.versions()
    said = repository.told(event)
    thing = thing_of(known, event.kind, id, said)
    mine = [one for one in known if one.id == thing]
    if any(one.kind != event.kind for one in mine):
        raise Conflict("under this id something else was told")
    try:
        same, number = place(mine, said)
        if same is not None:
            audit.record(session, caller, "read", RESOURCES[event.kind], id, patient=plan.id)
            return Told(plan, same)
        new = Version(
            kind=event.kind,
            id=thing,
            number=number,
            status=said.get("status", "final"),
            body=without_number(said),
            sender=caller.subject,
            by=caller.display or caller.subject,
            received_at=moment_of_receipt(plan),
            told_as=said.get("id"),
        )
        known = [*known, new]
        results = results_of(plan.id, known)
    except OtherContent:
        raise _said_otherwise() from None
    ledger.add(new)
    action: audit.Action = "update" if mine else "create"
    audit.record(session, caller, action, RESOURCES[event.kind], id, patient=plan.id)
    await session.flush()
    await correct(session, caller, plan, known, results, new)
    answer_anew(plan, known, results, as_of(plan, event))
    session.add(plan)
    return Told(plan, new)


async def plan_after(session: AsyncSession, told: Told) -> StoredFollowUp:
    """The plan as it is shown to who told something, with what was drawn again because of it."""
    plan = shown(told.plan)
    await session.flush()
    plan.affected = await affected_by(session, told.plan, told.version)
    return plan


def shown(plan: PlanRow) -> StoredFollowUp:
    """The last answer."""
    answer = {**(plan.answer or {}), "id": plan.id, "as_of": plan.as_of}
    return StoredFollowUp.model_validate(answer)


def as_of(plan: PlanRow, event: DatedEvent) -> datetime:
    """The last answer's moment, or the event's own if that is later."""
    known = [moment for moment in (plan.as_of, moment_of(event)) if moment is not None]
    return max(known) if plan.as_of else max([*known, datetime.now(UTC)])


def _said_otherwise() -> Conflict:
    detail = "this version said something else before; number the newer one higher"
    problem = FieldProblem(pointer="/version", code="other_content", detail=detail)
    return Conflict("this event was told differently before", errors=[problem])
