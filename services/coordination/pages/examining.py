"""The examination from head to toe, area by area: what was not looked at is never called normal."""

from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import Response

from services.chassis.database import InTransaction
from services.coordination.language import say
from services.coordination.pages.body import AREAS, lesions_of, sites
from services.coordination.pages.telling import (
    Filled,
    and_back,
    event_id,
    filled,
    in_words,
    store,
)
from services.coordination.rendering import PageRoute, page
from services.coordination.routes import found
from services.coordination.sign_in import Person, SignedIn
from services.coordination.tables import JourneyRow

router = APIRouter(route_class=PageRoute)

SAID = ("normal", "lesion", "not_examined")
MOST_LESIONS = 3


@router.get("/journeys/{journey_id}/examinations/new", response_class=Response)
async def form_shown(journey_id: UUID, session: InTransaction, person: Person) -> Response:
    """The empty form. Nothing is ticked: an area nobody looked at is not normal."""
    journey = await found(session, person.caller, journey_id, "EpisodeOfCare")
    return _form(person, journey, Filled({"event": str(uuid4())}))


@router.post("/journeys/{journey_id}/examinations", response_class=Response)
async def examination_told(
    journey_id: UUID,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    person: Person,
) -> Response:
    """Keep the examination."""
    form = await filled(request, person)
    journey = await found(session, person.caller, journey_id, "EpisodeOfCare")
    day = form.day("examined_at")
    areas = {area: form.get(f"area.{area}") or "not_examined" for area in AREAS}
    if any(said not in SAID for said in areas.values()):
        form.wrong("areas", say("choose one of the answers"))
    if all(said == "not_examined" for said in areas.values()):
        form.wrong("areas", say("say for at least one area what was found"))
    lesions = lesions_of(form, MOST_LESIONS)
    if not lesions and "lesion" in areas.values():
        form.wrong("lesion.1.site", say("say where the lump lies"))
    if form.errors:
        return _form(person, journey, form, 422)
    told = event_id(form)
    payload: dict[str, Any] = {
        "id": str(told),
        "examined_at": day,
        "areas": areas,
        "lesions": lesions,
        "examiner": person.caller.display or person.caller.subject,
    }
    _, refusal = await store(session, person, journey_id, told, "examination", payload)
    if refusal is not None:
        form.errors["form"] = " ".join(in_words(refusal))
        return _form(person, journey, form, refusal.status)
    return and_back(request, after, journey_id)


def _form(person: SignedIn, journey: JourneyRow, form: Filled, status: int = 200) -> Response:
    return page(
        "examination_new.html",
        status=status,
        person=person,
        journey=journey,
        form=form,
        areas=AREAS,
        sites=sites(),
        most=MOST_LESIONS,
    )
