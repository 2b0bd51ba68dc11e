"""For managers: how many are where, how long each step takes, what is late. No patient is shown."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import func, select
from sqlmodel import col

from services.chassis import audit
from services.chassis.database import InTransaction
from services.coordination import listing
from services.coordination.language import say
from services.coordination.pages.engine import engine_is_away
from services.coordination.parts import parts_of
from services.coordination.programme import step, suppressed
from services.coordination.rendering import PageRoute, page
from services.coordination.sign_in import Person
from services.coordination.tables import (
    EventRow,
    JourneyRow,
    MomentRow,
    ObligationRow,
    ReminderRow,
)
from services.coordination.wording import PHASES

router = APIRouter(route_class=PageRoute)

KEPT_SECONDS = 60.0
STEPS = {
    "localization": "Diagnosis made, the search begins",
    "treatment": "Tumor found, or treatment begins",
    "surveillance": "Treated, and watched",
}
AGES = ((0, 7), (7, 30), (30, 90), (90, None))
RECENT = timedelta(days=90)


@router.get("/programme", response_class=Response)
async def programme_shown(request: Request, session: InTransaction, person: Person) -> Response:
    """How the programme does."""
    organisation = person.caller.organisation
    kept: dict[str, tuple[float, Any]] = request.app.state.__dict__.setdefault("_programme", {})
    until, counted = kept.get(organisation, (0.0, None))
    if counted is None or time.monotonic() > until:
        smallest = parts_of(request).settings.smallest_cell
        counted = await _counted(session, organisation, smallest)
        kept[organisation] = (time.monotonic() + KEPT_SECONDS, counted)
    audit.record(session, person.caller, "search", "MeasureReport", None)
    return page(
        "programme.html",
        person=person,
        engine_away=await engine_is_away(request),
        phases=[(say(words), counted["phases"].get(code)) for code, words in PHASES.items()],
        ages=AGES,
        **{name: value for name, value in counted.items() if name != "phases"},
    )


async def _counted(session: InTransaction, organisation: str, smallest: int) -> dict[str, Any]:
    now = datetime.now(UTC)
    phases = await listing.count_by_phase(session, organisation)
    begun = await _begun(session, organisation)
    reached = await _reached(session, organisation)
    steps = []
    for code, name in STEPS.items():
        waits = [
            (began, max(moment, began) if (moment := reached.get((id, code))) else None)
            for id, began in begun.items()
        ]
        steps.append((name, step(code, waits, now, smallest)))
    return {
        "phases": suppressed({code: phases.get(code, 0) for code in PHASES}, smallest),
        "steps": steps,
        "said": suppressed(await _said(session, organisation, now), smallest),
        "overdue": suppressed(await _overdue(session, organisation, now), smallest),
        "sites": suppressed(await _sites(session, organisation), smallest),
        "smallest": smallest,
        "as_of": now,
    }


async def _begun(session: InTransaction, organisation: str) -> dict[UUID, datetime]:
    """When the first result of each journey was drawn; else when the journey began."""
    connection = await session.connection()
    first = (
        select(col(EventRow.journey), func.min(col(EventRow.occurred_at)))
        .where(col(EventRow.organisation) == organisation, col(EventRow.kind) == "observations")
        .group_by(col(EventRow.journey))
    )
    results = {row[0]: row[1] for row in (await connection.execute(first)).all()}
    started = select(col(JourneyRow.id), col(JourneyRow.started_at)).where(
        col(JourneyRow.organisation) == organisation
    )
    journeys = {row[0]: row[1] for row in (await connection.execute(started)).all()}
    return {id: min(results.get(id) or began, began) for id, began in journeys.items()}


async def _reached(session: InTransaction, organisation: str) -> dict[tuple[UUID, str], datetime]:
    """When each journey came into each phase for the first time."""
    connection = await session.connection()
    wanted = (
        select(col(MomentRow.journey), col(MomentRow.detail), col(MomentRow.at))
        .where(col(MomentRow.organisation) == organisation, col(MomentRow.what) == "phase")
        .order_by(col(MomentRow.number))
    )
    found: dict[tuple[UUID, str], datetime] = {}
    for journey, detail, at in (await connection.execute(wanted)).all():
        found.setdefault((journey, detail.partition(":")[0]), at)
    return found


async def _said(session: InTransaction, organisation: str, now: datetime) -> dict[str, int]:
    connection = await session.connection()
    wanted = (
        select(col(ReminderRow.status), func.count())
        .where(
            col(ReminderRow.organisation) == organisation,
            col(ReminderRow.recorded_at) > now - RECENT,
        )
        .group_by(col(ReminderRow.status))
    )
    counted = {row[0]: row[1] for row in (await connection.execute(wanted)).all()}
    return {name: counted.get(name, 0) for name in ("sent", "sent-late")}


async def _overdue(session: InTransaction, organisation: str, now: datetime) -> dict[str, int]:
    connection = await session.connection()
    found = {}
    for youngest, oldest in AGES:
        wanted = (
            select(func.count())
            .select_from(ObligationRow)
            .where(
                col(ObligationRow.organisation) == organisation,
                col(ObligationRow.status) == "open",
                col(ObligationRow.overdue_at) <= now - timedelta(days=youngest),
            )
        )
        if oldest is not None:
            wanted = wanted.where(col(ObligationRow.overdue_at) > now - timedelta(days=oldest))
        found[str(youngest)] = (await connection.execute(wanted)).scalar_one()
    return found


async def _sites(session: InTransaction, organisation: str) -> dict[str, int]:
    connection = await session.connection()
    wanted = (
        select(col(JourneyRow.site), func.count())
        .where(col(JourneyRow.organisation) == organisation, col(JourneyRow.phase) != "closed")
        .group_by(col(JourneyRow.site))
    )
    return {site or "": number for site, number in (await connection.execute(wanted)).all()}
