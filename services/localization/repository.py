"""Find and keep what was told of a search: the plan, and everything else in versions. No rules."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.database import held
from services.localization.tables import EntryRow, PlanRow
from services.localization.versions import Version

ADDED_TO = ("patient", "constraints", "availability", "biochemistry")
"""Parts of a plan of which a part may be said: what is not named stays."""

TICK = timedelta(microseconds=1)


def said(body: BaseModel) -> dict[str, Any]:
    """What the caller said; what is absent, null or the default is not said."""
    return body.model_dump(mode="json", exclude_defaults=True)


async def find_plan(session: AsyncSession, organisation: str, plan_id: UUID) -> PlanRow | None:
    """The plan, to look at."""
    return await session.get(PlanRow, (organisation, plan_id))


async def open_plan(session: AsyncSession, organisation: str, plan_id: UUID) -> PlanRow:
    """The plan, begun if it was not there; nobody else changes it until this transaction ends."""
    key = {"organisation": organisation, "id": plan_id}
    return await held(session, PlanRow, key, body={}, version=0)


def moment_of_receipt(plan: PlanRow) -> datetime:
    """Now, by our own clock; later than everything before it in this search."""
    now = datetime.now(UTC)
    if plan.received_at is not None and now <= plan.received_at:
        now = plan.received_at + TICK
    plan.received_at = now
    return now


def amended(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The plan with what was said anew."""
    new = dict(body) | dict(changes)
    for part in ADDED_TO:
        if part in body and part in changes:
            new[part] = dict(body[part]) | dict(changes[part])
    return new


async def entries_of(
    session: AsyncSession, organisation: str, plan_id: UUID, kinds: Iterable[str] | None = None
) -> list[Version]:
    """Every version of everything that was told of this search, in the order of arrival."""
    wanted = select(EntryRow).where(
        col(EntryRow.organisation) == organisation, col(EntryRow.plan) == plan_id
    )
    if kinds is not None:
        wanted = wanted.where(col(EntryRow.kind).in_(list(kinds)))
    order = (col(EntryRow.received_at), col(EntryRow.id), col(EntryRow.version))
    return [as_version(row) for row in (await session.exec(wanted.order_by(*order))).all()]


def add_entry(session: AsyncSession, plan: PlanRow, new: Version, told_as: str | None) -> None:
    """Remember a version."""
    session.add(
        EntryRow(
            organisation=plan.organisation,
            plan=plan.id,
            kind=new.kind,
            id=new.id,
            version=new.number,
            status=new.status,
            body=dict(new.body),
            told_as=told_as,
            told_by=new.sender,
            by=new.by,
            received_at=new.received_at,
        )
    )


def as_version(row: EntryRow) -> Version:
    """The noun behind a row."""
    return Version(
        kind=row.kind,
        id=row.id,
        number=row.version,
        status=row.status,
        body=row.body,
        sender=row.told_by,
        by=row.by,
        received_at=row.received_at,
        told_as=row.told_as,
    )
