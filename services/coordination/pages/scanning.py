"""A scan with what it covered. One that left a part of the body out is not a negative scan, and the
form says so before anybody believes it."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from knowledge.rules.imaging import TABLE as IMAGING
from services.chassis.logging import get_logger
from services.coordination.answers import Said
from services.coordination.language import say
from services.coordination.pages.body import coverage_entries, coverage_groups, lesions_of, sites
from services.coordination.pages.engine import ANSWER_WITHIN_SECONDS
from services.coordination.pages.telling import Filled, Telling, empty, event_id
from services.coordination.parts import Parts
from services.coordination.rendering import PageRoute, page
from services.coordination.sign_in import SignedIn
from services.coordination.tables import JourneyRow
from services.coordination.wording import SCANS

router = APIRouter(route_class=PageRoute)

MOST_LESIONS = 4
WITH_TRACER = ("pet_ct", "spect_ct")
"""The kinds of scan to which a tracer belongs."""

TRACERS = (
    "ga68_dotatate",
    "ga68_dotatoc",
    "ga68_dotanoc",
    "cu64_dotatate",
    "f18_alf_oct",
    "tc99m_hynic_toc",
    "in111_pentetreotide",
    "f18_fdg",
)
UPTAKES = {
    "above_liver": "above the liver",
    "above_background": "above what surrounds it",
    "none": "none",
}
MIMICS = {
    "none": "looked for, nothing else",
    "fracture": "a fracture",
    "haemangioma": "a haemangioma",
    "fibrous_dysplasia": "fibrous dysplasia",
    "arthritis": "arthritis",
    "inflammation": "inflammation",
    "physiological": "normal uptake",
    "recent_surgery": "a recent operation",
}
"""What a focus may be instead, as localization reads it, and as it is said."""


@router.get("/journeys/{journey_id}/studies/new", response_class=Response)
async def form_shown(telling: Telling) -> Response:
    """The empty form. Nothing is ticked: what nobody says was not covered."""
    return _form(telling.person, await telling.journey(), empty())


@router.post("/journeys/{journey_id}/studies", response_class=Response)
async def study_told(telling: Telling) -> Response:
    """Keep the scan. Before one is kept that is no negative scan, its gaps are shown."""
    form, person = await telling.form(), telling.person
    journey = await telling.journey()
    study = _study(form, str(event_id(form)), telling.today(journey))
    if form.errors:
        return _form(person, journey, form, status=422)
    gaps: list[str] = []
    if not study["lesions"] and not form.get("incomplete"):
        await telling.session.commit()  # nobody waits for our database while we ask another service
        gaps = await _gaps(telling.parts, person, study)
    if gaps:
        return _form(person, journey, form, gaps=gaps, status=422)
    return await telling.store(
        form, "study", study, lambda status: _form(person, journey, form, status=status)
    )


def _study(form: Filled, id: str, on: date) -> dict[str, Any]:
    modality, tracer = form.get("modality"), form.get("tracer")
    study: dict[str, Any] = {
        "id": id,
        "modality": modality,
        "performed_at": form.past_day("performed_at", on),
    }
    if modality not in SCANS:
        form.wrong("modality", say("choose the kind of scan"))
    elif modality in WITH_TRACER:
        if tracer not in TRACERS:
            form.wrong("tracer", say("which tracer was given?"))
        study["tracer"] = tracer
    known = coverage_entries()
    study["coverage"] = [entry for entry in form.chosen("coverage") if entry in known]
    if not study["coverage"]:
        form.wrong("coverage", say("tick what the scan covered"))
    activity = form.number("activity_mbq")
    if activity is not None and activity <= 0:
        form.wrong("activity_mbq", say("this has to be more than nought"))
    elif activity is not None:
        study["activity_mbq"] = activity
    if form.get("reader"):
        study["reader"] = form.get("reader")[:200]
    study["lesions"] = lesions_of(form, MOST_LESIONS)
    return study


async def _gaps(parts: Parts, person: SignedIn, study: Mapping[str, Any]) -> list[str]:
    """What localization would call uncovered: with gaps, the scan does not count as negative."""
    if parts.neighbours is None:
        return []
    try:
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            plan = await parts.neighbours.tell(
                person.caller, "POST", "/localization/v1/evaluate", Said({"studies": [study]})
            )
    except Exception as error:
        get_logger("coordination").warning("coverage-not-checked", error=type(error).__name__)
        return []
    return [
        str(part)
        for scan in plan.get("coverage", [])
        if scan.get("status") == "inadequate"
        for part in scan.get("missing", [])
    ]


def _form(
    person: SignedIn,
    journey: JourneyRow,
    form: Filled,
    gaps: list[str] | None = None,
    status: int = 200,
) -> Response:
    names = IMAGING.entries["tracers"]
    return page(
        "study_new.html",
        status=status,
        person=person,
        journey=journey,
        form=form,
        kinds=[(key, say(words)) for key, words in SCANS.items()],
        tracers=[(key, str(names[key].fields["name"])) for key in TRACERS if key in names],
        coverage=coverage_groups(),
        covered=set(form.chosen("coverage")),
        gaps=gaps or [],
        sites=sites(),
        uptakes=UPTAKES,
        mimics=MIMICS,
        most=MOST_LESIONS,
    )
