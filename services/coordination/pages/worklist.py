"""The worklist: one queue across patients, with the reason for each place in it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, BackgroundTasks, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.chassis import audit
from services.chassis.database import InTransaction
from services.coordination import assignments, listing, repository, views, wording
from services.coordination.cursor import BadCursor
from services.coordination.journeys import PHASES
from services.coordination.language import say
from services.coordination.listing import Filters
from services.coordination.pages.counting import counted
from services.coordination.pages.engine import engine_is_away
from services.coordination.reading import queue_of
from services.coordination.rendering import PageRoute, page
from services.coordination.sign_in import Person, SignedIn, expect_own_form

router = APIRouter(route_class=PageRoute)

ROWS = 50
VIEWS: dict[str, tuple[str, dict[str, Any]]] = {
    "all": ("All open", {}),
    "mine": ("Assigned to me", {}),
    "unassigned": ("Unassigned", {"unassigned": True}),
    "overdue": ("Overdue", {"overdue": True}),
    "review": ("Results to review", {"to_review": True}),
    "unmapped": ("Refused data", {"unmapped": True}),
    "stalled": ("Stalled", {"stalled": True}),
    "lost": ("Lost to follow-up", {"lost": True}),
}
"""The saved filters: what each is called, and which journeys it shows."""

COUNTED_BY_THEMSELVES = {
    code: Filters(**wanted)
    for code, (_, wanted) in VIEWS.items()
    if code not in ("all", "mine", "unassigned")
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter, and how many journeys it would show."""

    value: str
    words: str
    number: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody wants to see."""

    view: str = "all"
    phase: str = ""
    search: str = ""

    def filters(self, person: SignedIn) -> Filters:
        """The same, as the list reads it."""
        wanted: dict[str, Any] = dict(VIEWS[self.view][1])
        if self.view == "mine":
            wanted["assignee"] = person.caller.subject
        return Filters(phase=self.phase or None, search=self.search or None, **wanted)


@router.get("/worklist", response_class=Response)
async def worklist_shown(
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    person: Person,
    view: Annotated[str, Query(max_length=20)] = "all",
    phase: Annotated[str, Query(max_length=50)] = "",
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    done: Annotated[str | None, Query(max_length=4000)] = None,
) -> Response:
    """Who has to do what: one queue, with the reason for each place in it."""
    chosen = Chosen(view if view in VIEWS else "all", phase if phase in PHASES else "")
    try:
        return await _shown(request, after, session, person, chosen, cursor, done)
    except BadCursor:
        return RedirectResponse("/worklist", 303)


@router.post("/worklist/search", response_class=Response)
async def search(
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    person: Person,
    csrf: Annotated[str, Form()] = "",
    q: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Find a patient by the beginning of the id. Sent in the body: no id stands in an address."""
    expect_own_form(person, csrf)
    return await _shown(request, after, session, person, Chosen(search=q.strip()), None, None)


async def _shown(
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    person: SignedIn,
    chosen: Chosen,
    cursor: str | None,
    done: str | None,
) -> Response:
    caller, now = person.caller, datetime.now(UTC)
    filters = chosen.filters(person)
    listed, rows = await queue_of(session, caller.organisation, filters, cursor, ROWS)
    for row in listed.rows:
        audit.record(session, caller, "search", "EpisodeOfCare", row.journey, row.patient_id)
    counts = await counted(request, after, session, caller.organisation, COUNTED_BY_THEMSELVES)
    phases, number = counts.phases(), counts.of(chosen.view, caller.subject)
    if chosen.phase or chosen.search:
        number = await listing.count(session, caller.organisation, filters, now)
    return page(
        "worklist.html",
        person=person,
        engine_away=await engine_is_away(request),
        entries=[
            views.queue_entry(row, standing, now)
            for row, standing in zip(listed.rows, rows, strict=True)
        ],
        cursor=listed.cursor,
        is_first=cursor is None,
        as_of=now,
        chosen=chosen,
        views=[
            Choice(code, say(words), counts.of(code, caller.subject), code == chosen.view)
            for code, (words, _) in VIEWS.items()
        ],
        phases=[
            Choice(code, say(wording.PHASES[code]), phases.get(code, 0), code == chosen.phase)
            for code in PHASES
        ],
        everything=counts.of("all", caller.subject),
        underway=counts.underway,
        total=number,
        names=counts.names(),
        is_filtered=chosen != Chosen(),
        done=await _undoable(session, person, done),
        new_id=uuid4,
    )


async def _undoable(
    session: InTransaction, person: SignedIn, done: str | None
) -> list[dict[str, Any]]:
    """The changes that were just made and may be taken back: `journey.version` each."""
    found = []
    for said in (done or "").split("~")[: ROWS * 2]:
        journey, _, version = said.partition(".")
        try:
            id = UUID(journey)
        except ValueError:
            continue
        row = (await assignments.latest(session, person.caller.organisation, [id])).get(id)
        known = await repository.find_journey(session, person.caller.organisation, id)
        if row is not None and known is not None and str(row.version) == version:
            found.append(
                {"journey": id, "version": row.version, "patient": known.patient_id, "row": row}
            )
    return found
