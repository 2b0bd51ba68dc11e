"""Find and keep what was told of a plan: the plan, and every event in versions. No rules."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.conclusions.ledger import Ledger
from services.chassis.database import held
from services.chassis.erasing import not_erased
from services.followup.sent import PlanRequest
from services.followup.tables import ConclusionRow, EntryRow, MarkRow, PlanRow
from services.followup.versions import Results, Version, results_of, said_of, standing

ADDED_TO = ("patient",)
"""Parts of a plan of which a part may be said: what is not named stays."""

PlanLedger = Ledger[EntryRow, ConclusionRow, MarkRow]


def said(body: BaseModel) -> dict[str, Any]:
    """What the caller said; what is absent, null or the default is not said."""
    return body.model_dump(mode="json", exclude_defaults=True)


def told(event: BaseModel) -> dict[str, Any]:
    """An event as it is kept: with its kind, so that it is read as what it was."""
    return {**said(event), "kind": getattr(event, "kind", None)}


async def find_plan(session: AsyncSession, organisation: str, plan_id: UUID) -> PlanRow | None:
    """The plan, to look at."""
    plan = await session.get(PlanRow, (organisation, plan_id))
    return None if plan is None else not_erased(plan)


async def open_plan(session: AsyncSession, organisation: str, plan_id: UUID) -> PlanRow:
    """The plan, begun if it was not there; nobody else changes it until this transaction ends."""
    key = {"organisation": organisation, "id": plan_id}
    return not_erased(await held(session, PlanRow, key, body={}, version=0))


def ledger(session: AsyncSession, organisation: str, plan_id: UUID) -> PlanLedger:
    """Everything that is kept of this plan."""
    return Ledger(session, (EntryRow, ConclusionRow, MarkRow), organisation, plan_id)


def amended(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The plan with what was said anew."""
    new = dict(body) | dict(changes)
    for part in ADDED_TO:
        if part in body and part in changes:
            new[part] = dict(body[part]) | dict(changes[part])
    return new


def question(body: Mapping[str, Any], used: Iterable[Version], results: Results) -> PlanRequest:
    """What is asked: the plan as a whole, and these events with every version of their results."""
    seen: set[str] = set()
    history = [*body.get("history", []), *(said_of(one, results, seen) for one in used)]
    return PlanRequest.model_validate({**body, "history": history})


async def request_of(session: AsyncSession, plan: PlanRow) -> PlanRequest:
    """Everything known of this patient after treatment, as one request."""
    known = await ledger(session, plan.organisation, plan.id).versions()
    return question(plan.body, standing(known), results_of(plan.id, known))
