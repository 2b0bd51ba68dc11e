"""Find and keep what was told of a search: the plan, and everything else in versions. No rules."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.conclusions.ledger import Ledger
from services.chassis.database import held
from services.chassis.erasing import not_erased
from services.localization.tables import ConclusionRow, EntryRow, MarkRow, PlanRow
from services.localization.versions import Version

ADDED_TO = ("patient", "constraints", "availability", "biochemistry")
"""Parts of a plan of which a part may be said: what is not named stays."""

SearchLedger = Ledger[EntryRow, ConclusionRow, MarkRow]


def said(body: BaseModel) -> dict[str, Any]:
    """What the caller said; what is absent, null or the default is not said."""
    return body.model_dump(mode="json", exclude_defaults=True)


async def find_plan(session: AsyncSession, organisation: str, plan_id: UUID) -> PlanRow | None:
    """The plan, to look at."""
    plan = await session.get(PlanRow, (organisation, plan_id))
    return None if plan is None else not_erased(plan)


async def open_plan(session: AsyncSession, organisation: str, plan_id: UUID) -> PlanRow:
    """The plan, begun if it was not there; nobody else changes it until this transaction ends."""
    key = {"organisation": organisation, "id": plan_id}
    return not_erased(await held(session, PlanRow, key, body={}, version=0))


def amended(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The plan with what was said anew."""
    new = dict(body) | dict(changes)
    for part in ADDED_TO:
        if part in body and part in changes:
            new[part] = dict(body[part]) | dict(changes[part])
    return new


def ledger(session: AsyncSession, organisation: str, plan_id: UUID) -> SearchLedger:
    """Everything that is kept of this search."""
    return Ledger(session, (EntryRow, ConclusionRow, MarkRow), organisation, plan_id)


async def entries_of(
    session: AsyncSession, organisation: str, plan_id: UUID, kinds: Iterable[str] | None = None
) -> list[Version]:
    """Every version of everything that was told of this search, in the order of arrival."""
    return await ledger(session, organisation, plan_id).versions(kinds)
