"""Find and add what localization remembers. No rule of the pathway is in here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.database import held
from services.localization.contract import Examination, PlanRequest, Study
from services.localization.tables import ConclusionRow, EntryRow, PlanRow

EXAMINATION, STUDY = "examination", "study"
ADDED_TO = ("patient", "constraints", "availability")
"""Parts of a plan of which a part may be said: what is not named stays."""


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
    """The examination or study under this id."""
    return await session.get(EntryRow, (plan.organisation, plan.id, kind, entry_id))


def add_entry(
    session: AsyncSession, plan: PlanRow, kind: str, entry_id: UUID, body: dict[str, Any]
) -> None:
    """Remember an examination or a study."""
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


async def entries_of(session: AsyncSession, plan: PlanRow) -> tuple[PlanRequest, list[Examination]]:
    """Everything known of a search: the request with its studies, and its examinations."""
    wanted = (
        select(EntryRow)
        .where(col(EntryRow.organisation) == plan.organisation, col(EntryRow.plan) == plan.id)
        .order_by(col(EntryRow.stored_at), col(EntryRow.id))
    )
    rows = (await session.exec(wanted)).all()
    request = PlanRequest.model_validate(plan.body)
    studies = {
        str(row.id): Study.model_validate(row.body | {"id": str(row.id)})
        for row in rows
        if row.kind == STUDY
    }
    examinations = [] if request.examination is None else [request.examination]
    examinations += [
        Examination.model_validate(row.body | {"id": str(row.id)})
        for row in rows
        if row.kind == EXAMINATION
    ]
    others = [study for study in request.studies if study.id not in studies]
    return request.model_copy(update={"studies": [*others, *studies.values()]}), examinations


async def find_conclusion(
    session: AsyncSession, organisation: str, plan_id: UUID, conclusion_id: UUID
) -> ConclusionRow | None:
    """The conclusion under this id."""
    return await session.get(ConclusionRow, (organisation, plan_id, conclusion_id))
