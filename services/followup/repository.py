"""Find and add what follow-up remembers. No rule of the pathway is in here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.database import held
from services.followup.contract import PlanRequest
from services.followup.tables import ConclusionRow, EntryRow, PlanRow

RESULT, DISPOSITION = "result", "disposition"
ADDED_TO = ("patient",)
"""Parts of a plan of which a part may be said: what is not named stays."""


def said(body: BaseModel) -> dict[str, Any]:
    """What the caller said; what is absent, null or the default is not said."""
    return body.model_dump(mode="json", exclude_defaults=True)


def told(event: BaseModel) -> dict[str, Any]:
    """An event as it is kept: with its kind, so that it is read as what it was."""
    return {**said(event), "kind": getattr(event, "kind", None)}


async def find_plan(session: AsyncSession, organisation: str, plan_id: UUID) -> PlanRow | None:
    """The plan, to look at."""
    return await session.get(PlanRow, (organisation, plan_id))


async def open_plan(session: AsyncSession, organisation: str, plan_id: UUID) -> PlanRow:
    """The plan, begun if it was not there; nobody else changes it until this transaction ends."""
    key = {"organisation": organisation, "id": plan_id}
    return await held(session, PlanRow, key, body={}, version=0)


def amended(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The plan with what was said anew."""
    new = dict(body) | dict(changes)
    for part in ADDED_TO:
        if part in body and part in changes:
            new[part] = dict(body[part]) | dict(changes[part])
    return new


async def find_entry(
    session: AsyncSession, plan: PlanRow, kind: str, entry_id: UUID
) -> EntryRow | None:
    """The event or disposition under this id."""
    return await session.get(EntryRow, (plan.organisation, plan.id, kind, entry_id))


def add_entry(
    session: AsyncSession, plan: PlanRow, kind: str, entry_id: UUID, body: dict[str, Any]
) -> None:
    """Remember a dated event, or how an item ended."""
    session.add(
        EntryRow(
            organisation=plan.organisation,
            plan=plan.id,
            kind=kind,
            id=entry_id,
            body=body,
            stored_at=datetime.now(UTC),
        )
    )


async def request_of(session: AsyncSession, plan: PlanRow) -> PlanRequest:
    """Everything known of this patient after treatment, as one request."""
    wanted = (
        select(EntryRow)
        .where(col(EntryRow.organisation) == plan.organisation, col(EntryRow.plan) == plan.id)
        .order_by(col(EntryRow.stored_at), col(EntryRow.id))
    )
    told = [row.body for row in (await session.exec(wanted)).all()]
    history = [*plan.body.get("history", []), *told]
    return PlanRequest.model_validate({**plan.body, "history": history})


async def find_conclusion(
    session: AsyncSession, organisation: str, plan_id: UUID, conclusion_id: UUID
) -> ConclusionRow | None:
    """The conclusion under this id."""
    return await session.get(ConclusionRow, (organisation, plan_id, conclusion_id))
