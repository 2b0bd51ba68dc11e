"""For managers: how many are where, how long each step takes, what is late. No patient is shown."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import func, select
from sqlmodel import col

from services.chassis import audit
from services.chassis.database import InTransaction
from services.coordination import funnel, listing
from services.coordination.language import say
from services.coordination.pages.engine import engine_is_away
from services.coordination.parts import parts_of
from services.coordination.programme import step, suppressed
from services.coordination.rendering import PageRoute, page
from services.coordination.sign_in import Person
from services.coordination.tables import (
    JourneyRow,
    ObligationRow,
    ReminderRow,
)
from services.coordination.wording import PHASES

router = APIRouter(route_class=PageRoute)

KEPT_SECONDS = 60.0
STEPS = {
    "diagnosed": "Diagnosis made, the search begins",
    "located": "Tumor found, or treatment begins",
    "treated": "Treated, and watched",
}
"""The steps of the funnel, as the page says them."""

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
    waits = await funnel.read(session, now, organisation)
    steps = [(name, step(code, waits[code], now, smallest)) for code, name in STEPS.items()]
    return {
        "phases": suppressed({code: phases.get(code, 0) for code in PHASES}, smallest),
        "steps": steps,
        "said": suppressed(await _said(session, organisation, now), smallest),
        "overdue": suppressed(await _overdue(session, organisation, now), smallest),
        "sites": suppressed(await _sites(session, organisation), smallest),
        "smallest": smallest,
        "as_of": now,
    }


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
