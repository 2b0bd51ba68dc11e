"""Who looks after which journey: one click on a row, many rows with a preview, each taken back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from services.chassis.database import InTransaction
from services.chassis.errors import PreconditionFailed, Unprocessable
from services.coordination import assignments, inbox, listing
from services.coordination.language import say
from services.coordination.pages.telling import Filled, filled
from services.coordination.rendering import PageRoute, page
from services.coordination.sign_in import Person, SignedIn, expect_own_form

router = APIRouter(route_class=PageRoute)

MOST = 100
MOST_DIGITS = 10


@router.post("/journeys/{journey_id}/assignee", response_class=Response)
async def assign_one(
    journey_id: UUID,
    session: InTransaction,
    person: Person,
    csrf: Annotated[str, Form()] = "",
    assignee: Annotated[str, Form(max_length=200)] = "",
    version: Annotated[int, Form(ge=0)] = 0,
    was: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Hand one journey over, as it was seen; who changed it meanwhile is named."""
    expect_own_form(person, csrf)
    try:
        done = await _assign(session, person, journey_id, assignee, version, was)
    except PreconditionFailed as refusal:
        return _changed(person, refusal)
    return RedirectResponse(f"/worklist?done={done}", 303)


@router.post("/worklist/preview", response_class=Response)
async def preview(request: Request, session: InTransaction, person: Person) -> Response:
    """What would handing over these journeys change? Nothing is done yet."""
    form = await filled(request, person)
    ids = _ids(form)
    if not ids:
        raise Unprocessable("choose at least one journey")
    rows = await listing.journeys_by_id(session, person.caller.organisation, ids)
    changed = await assignments.latest(session, person.caller.organisation, ids)
    return page(
        "bulk.html",
        person=person,
        assignee=form.get("assignee"),
        rows=[rows[id] for id in ids if id in rows],
        versions={id: changed[id].version if id in changed else 0 for id in ids},
    )


@router.post("/worklist/assign", response_class=Response)
async def assign_many(request: Request, session: InTransaction, person: Person) -> Response:
    """Hand over what was previewed: all of it, or nothing where one has changed meanwhile."""
    form = await filled(request, person)
    done = []
    try:
        for id in sorted(_ids(form)):
            version = _version(form, id)
            was = form.get(f"was.{id}")
            done.append(await _assign(session, person, id, form.get("assignee"), version, was))
    except PreconditionFailed as refusal:
        await session.rollback()
        return _changed(person, refusal)
    return RedirectResponse(f"/worklist?done={'~'.join(done)}", 303)


@router.post("/worklist/undo", response_class=Response)
async def undo(request: Request, session: InTransaction, person: Person) -> Response:
    """Take the changes back, unless somebody has changed them again."""
    form = await filled(request, person)
    try:
        for id in sorted(_ids(form)):
            version = _version(form, id)
            last = await assignments.latest(session, person.caller.organisation, [id])
            if id not in last or last[id].version != version:
                raise PreconditionFailed("it was changed in the meantime; read it again")
            journey = await inbox.held(session, person.caller.organisation, id)
            await assignments.assign(
                session, person.caller, journey, last[id].before, version, journey.assignee
            )
    except PreconditionFailed as refusal:
        await session.rollback()
        return _changed(person, refusal)
    return RedirectResponse("/worklist", 303)


async def _assign(
    session: InTransaction,
    person: SignedIn,
    journey_id: UUID,
    assignee: str,
    version: int,
    was: str,
) -> str:
    journey = await inbox.held(session, person.caller.organisation, journey_id)
    row = await assignments.assign(
        session, person.caller, journey, assignee.strip() or None, version, was or None
    )
    return f"{journey_id}.{row.version}"


def _ids(form: Filled) -> list[UUID]:
    ids = []
    for said in form.chosen("journey")[:MOST]:
        try:
            ids.append(UUID(said))
        except ValueError:
            continue
    return list(dict.fromkeys(ids))


def _version(form: Filled, journey: UUID) -> int:
    """The version that was seen; what is no number was never seen."""
    said = form.get(f"version.{journey}")
    return int(said) if said.isascii() and said.isdigit() and len(said) < MOST_DIGITS else -1


def _changed(person: SignedIn, refusal: PreconditionFailed) -> Response:
    """Somebody else was there first: nothing was overwritten, and who it was is said."""
    by = refusal.detail.partition(" by ")[2].partition(";")[0]
    detail = (
        say("%(who)s has changed it in the meantime. Nothing of yours was stored.", who=by)
        if by
        else say("It was changed in the meantime. Nothing of yours was stored.")
    )
    return page(
        "refusal.html",
        status=412,
        person=person,
        heading=say("Somebody was there before you"),
        detail=detail,
    )
