"""The examination from head to toe, area by area: what was not looked at is never called normal."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.coordination.language import say
from services.coordination.pages.body import AREAS, lesions_of, sites
from services.coordination.pages.telling import Filled, Telling, empty, event_id
from services.coordination.rendering import PageRoute, page
from services.coordination.sign_in import SignedIn
from services.coordination.tables import JourneyRow

router = APIRouter(route_class=PageRoute)

SAID = ("normal", "lesion", "not_examined")
MOST_LESIONS = 3


@router.get("/journeys/{journey_id}/examinations/new", response_class=Response)
async def form_shown(telling: Telling) -> Response:
    """The empty form. Nothing is ticked: an area nobody looked at is not normal."""
    return _form(telling.person, await telling.journey(), empty())


@router.post("/journeys/{journey_id}/examinations", response_class=Response)
async def examination_told(telling: Telling) -> Response:
    """Keep the examination."""
    form, person = await telling.form(), telling.person
    journey = await telling.journey()
    day = form.past_day("examined_at", telling.today(journey))
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
    payload: dict[str, Any] = {
        "id": str(event_id(form)),
        "examined_at": day,
        "areas": areas,
        "lesions": lesions,
        "examiner": person.caller.display or person.caller.subject,
    }
    return await telling.store(
        form, "examination", payload, lambda status: _form(person, journey, form, status)
    )


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
