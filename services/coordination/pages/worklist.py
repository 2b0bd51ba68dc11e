"""The worklist: one queue across patients, with the reason for each place in it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.chassis import audit
from services.chassis.database import InTransaction
from services.coordination import listing, repository, views, wording
from services.coordination.cursor import BadCursor
from services.coordination.journeys import PHASES
from services.coordination.language import say
from services.coordination.listing import Filters
from services.coordination.pages.engine import engine_is_away
from services.coordination.reading import worklist_page
from services.coordination.rendering import PageRoute, page
from services.coordination.sign_in import Person

router = APIRouter(route_class=PageRoute)

ROWS = 50


@dataclass(frozen=True, slots=True)
class _Choice:
    """One value of a filter, and how many journeys it would show."""

    value: str
    words: str
    number: int
    is_chosen: bool


@router.get("/worklist", response_class=Response)
async def worklist_shown(
    request: Request,
    session: InTransaction,
    person: Person,
    phase: Annotated[str, Query(max_length=50)] = "",
    overdue: Annotated[str, Query(max_length=5)] = "",
    mine: Annotated[str, Query(max_length=5)] = "",
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Who has to do what: one queue, with the reason for each place in it."""
    caller, now = person.caller, datetime.now(UTC)
    chosen = Filters(
        phase=phase if phase in PHASES else None,
        overdue=True if overdue else None,
        assignee=caller.subject if mine else None,
    )
    try:
        listed = await worklist_page(session, caller.organisation, chosen, cursor, ROWS)
    except BadCursor:
        return RedirectResponse("/worklist", 303)
    ids = [row.journey for row in listed.rows]
    rows = await listing.journeys_by_id(session, caller.organisation, ids)
    entries = [views.queue_entry(row, rows[row.journey], now) for row in listed.rows]
    for row in listed.rows:
        audit.record(session, caller, "search", "EpisodeOfCare", row.journey, row.patient_id)
    in_phase = await listing.count_by_phase(session, caller.organisation)

    async def number(**changed: Any) -> int:
        filters = Filters(**changed)
        return await listing.count(session, caller.organisation, filters, now)

    phases = [
        _Choice(code, say(wording.PHASES[code]), in_phase.get(code, 0), phase == code)
        for code in PHASES
    ]
    return page(
        "worklist.html",
        person=person,
        engine_away=await engine_is_away(request),
        entries=entries,
        cursor=listed.cursor,
        is_first=cursor is None,
        as_of=now,
        phases=phases,
        everything=sum(in_phase.values()) - in_phase.get(repository.CLOSED, 0),
        overdue=_Choice("1", say("Overdue only"), await number(overdue=True), bool(overdue)),
        mine=_Choice("1", say("Assigned to me"), await number(assignee=caller.subject), bool(mine)),
        total=await listing.count(session, caller.organisation, chosen, now),
        is_filtered=bool(chosen.model_dump(exclude_none=True)),
    )
