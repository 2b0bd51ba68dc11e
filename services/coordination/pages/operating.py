"""What was removed, how completely, and what the pathologist found."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.chassis.database import InTransaction
from services.chassis.errors import NotFound
from services.coordination import repository, wording
from services.coordination.language import say
from services.coordination.pages.body import is_site, sites
from services.coordination.pages.telling import Filled, Telling, empty, event_id
from services.coordination.rendering import PageRoute, page
from services.coordination.sign_in import SignedIn
from services.coordination.tables import JourneyRow

router = APIRouter(route_class=PageRoute)

TISSUES = {"soft tissue": "soft tissue", "bone": "bone"}
PROCEDURES = {
    "wide excision": "wide excision",
    "marginal excision": "marginal excision",
    "curettage": "curettage",
    "ablation": "ablation",
}
HISTOLOGIES = {
    "phosphaturic mesenchymal tumor, benign": "phosphaturic mesenchymal tumor, benign",
    "phosphaturic mesenchymal tumor, malignant": "phosphaturic mesenchymal tumor, malignant",
    "other tumor": "another tumor",
    "no tumor in the specimen": "no tumor in the specimen",
}
"""What can be chosen: as follow-up reads it, and as it is said."""

CHOICES = {
    "margin": wording.MARGINS,
    "tissue": TISSUES,
    "procedure": PROCEDURES,
    "histology": HISTOLOGIES,
}


@router.get("/journeys/{journey_id}/operations/new", response_class=Response)
async def form_shown(telling: Telling, of: UUID | None = None) -> Response:
    """The empty form; or an operation that was told, to add what is known since (`of`)."""
    journey, form = await telling.journey(), empty()
    if of is not None:
        form.values |= await _told_before(telling.session, journey, of)
    return _form(telling.person, journey, form)


async def _told_before(session: InTransaction, journey: JourneyRow, event: UUID) -> dict[str, str]:
    """What was told of this operation, and which telling of it this one will be."""
    known = await repository.events_of(session, journey.organisation, journey.id, {"surgery"})
    first = next((one for one in known if one.id == event), None)
    if first is None:
        raise NotFound("there is nothing at this address")
    report = str(first.payload.get("id") or first.id)
    told = [one for one in known if str(one.payload.get("id") or one.id) == report]
    versions = [int(one.payload.get("version") or 1) for one in told]
    latest = max(told, key=lambda one: int(one.payload.get("version") or 1))
    shown = {name: str(value) for name, value in latest.payload.items() if value is not None}
    shown["performed_at"] = shown.get("performed_at", "")[:10]
    return {**shown, "of": report, "version": str(max(versions) + 1)}


@router.post("/journeys/{journey_id}/operations", response_class=Response)
async def operation_told(telling: Telling) -> Response:
    """Keep the operation. What nobody says is not known, and watched as high risk."""
    form = await telling.form()
    journey = await telling.journey()
    surgery: dict[str, Any] = {
        "id": str(event_id(form)),
        "performed_at": form.past_day("performed_at", telling.today(journey)),
    }
    if form.get("of") and form.get("version").isdigit():
        surgery |= {"id": form.get("of")[:200], "version": int(form.get("version"))}
    if is_site(form.get("site")):
        surgery["site"] = form.get("site")
    else:
        form.wrong("site", say("say where it was removed from"))
    if form.get("laterality") in ("left", "right", "both"):
        surgery["laterality"] = form.get("laterality")
    for name, choices in CHOICES.items():
        chosen = form.get(name)
        if chosen in choices:
            surgery[name] = chosen
        elif name == "margin":
            form.wrong(name, say("how completely was it removed? Say so also if nobody knows yet"))
    if form.errors:
        return _form(telling.person, journey, form, 422)
    return await telling.store(
        form, "surgery", surgery, lambda status: _form(telling.person, journey, form, status)
    )


def _form(person: SignedIn, journey: JourneyRow, form: Filled, status: int = 200) -> Response:
    return page(
        "operation_new.html",
        status=status,
        person=person,
        journey=journey,
        form=form,
        sites=sites(),
        choices=CHOICES,
    )
