"""Results entered by hand: number and unit as the report prints them, asked back when they cannot
be right. Nothing is ever put right in silence."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from fastapi import APIRouter
from fastapi.responses import Response

from knowledge.rules import fgf23
from knowledge.terms.analyte import ANALYTES
from services.chassis.logging import get_logger
from services.coordination import repository, views, wording
from services.coordination.answers import Said
from services.coordination.language import say
from services.coordination.pages.engine import ANSWER_WITHIN_SECONDS, look
from services.coordination.pages.telling import Filled, Telling, empty
from services.coordination.parts import Parts
from services.coordination.rendering import PageRoute, page
from services.coordination.sign_in import SignedIn
from services.coordination.tables import JourneyRow

router = APIRouter(route_class=PageRoute)

SHEETS: Mapping[str, Sequence[str]] = {
    "Phosphate and the kidney": (
        "s_phos",
        "s_creat",
        "u_phos",
        "u_creat",
        "tmp_gfr",
        "trp",
        "egfr",
    ),
    "Calcium, bone and hormones": (
        "s_ca",
        "s_alb",
        "s_ca_ion",
        "s_mg",
        "s_alp",
        "s_balp",
        "s_pth",
        "s_25ohd",
        "s_125d",
        "s_fgf23_i",
        "s_fgf23_c",
    ),
    "Urine of 24 hours": ("u_vol_24h", "u_phos_24h", "u_creat_24h", "u_ca_24h"),
    "Other causes": (
        "u_ca",
        "s_k",
        "s_hco3",
        "s_cl",
        "s_glu",
        "u_glu",
        "s_urate",
        "u_urate",
        "s_ferritin",
        "b_hb",
        "flc_ratio",
    ),
}
"""The laboratory sheet, in the order in which a report prints it."""

ASSAYS = [(row.key, str(row.fields["name"])) for row in fgf23.TABLE.entries["assays"].values()]
QUESTIONS = ("unit_questioned", "soft_limit")
"""Caveats that ask back whether the number is what the report prints."""

LIMIT = re.compile(r"\d+(?:\.\d+)?")
VALUE = re.compile(r"(<=|>=|<|>)?\s*(\d+(?:\.\d+)?)$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sheet, with what was filled in and what is asked back."""

    key: str
    name: str
    units: tuple[tuple[str, str], ...]
    question: str = ""
    may_be_sure: bool = False


@router.get("/journeys/{journey_id}/results/new", response_class=Response)
async def sheet_shown(telling: Telling) -> Response:
    """A laboratory sheet, with the units in which this patient's results came last."""
    journey, form = await telling.journey(), empty()
    form.values |= await _usual_units(telling, journey)
    return _sheet(telling.person, journey, form, {})


@router.post("/journeys/{journey_id}/results", response_class=Response)
async def results_told(telling: Telling) -> Response:
    """Keep the results, once every number is what the report prints."""
    form, person = await telling.form(), telling.person
    journey = await telling.journey()
    taken = form.moment("taken_at", journey.zone)
    if taken is not None and taken > repository.now_there(journey):
        form.wrong("taken_at", say("that moment has not come yet"))
    observations = _read(form, None if taken is None else taken.isoformat())
    if not observations and not form.errors:
        form.wrong("taken_at", say("fill in at least one value"))
    asked: dict[str, tuple[str, bool]] = {}
    if not form.errors:
        await telling.session.commit()  # nobody waits for our database while we ask another service
        asked = await _asked_back(telling.parts, person, journey, observations)
        asked = {
            name: (question, soft)
            for name, (question, soft) in asked.items()
            if not (soft and form.get(f"sure.{name}"))
        }
    if form.errors or asked:
        return _sheet(person, journey, form, asked, 422)
    payload = {"observations": [one for _, one in observations]}
    return await telling.store(
        form,
        "observations",
        payload,
        lambda status: _sheet(person, journey, form, {}, status),
        taken,
    )


async def _usual_units(telling: Telling, journey: JourneyRow) -> dict[str, str]:
    """Which unit stands there before anybody chose one? The site's; else the one told last."""
    known = await repository.events_of(
        telling.session, journey.organisation, journey.id, {"observations"}
    )
    told: dict[str, str] = {}
    for event in reversed(known):
        for one in views.list_of(event.payload, "observations"):
            told[str(one.get("analyte"))] = str(one.get("unit"))
    await telling.session.commit()  # nobody waits for our database while we ask another service
    signed = await look(telling.parts, telling.person.caller, "/assessment/v1/site-settings")
    told |= ((signed or {}).get("settings") or {}).get("preferred_units") or {}
    return {
        f"unit.{key}": unit
        for key, unit in told.items()
        if key in ANALYTES and unit in ANALYTES[key].factors
    }


def _read(form: Filled, taken_at: str | None) -> list[tuple[str, dict[str, Any]]]:
    """Each line that was filled in, as an observation; what is wrong stands in the form."""
    drawn = form.get("event") or str(uuid4())
    fasting = {"yes": True, "no": False}.get(form.get("fasting"))
    observations = []
    for key in (key for sheet in SHEETS.values() for key in sheet):
        text, unit = form.get(f"value.{key}"), form.get(f"unit.{key}")
        if not text:
            continue
        read = VALUE.fullmatch(text)
        if read is None:
            form.wrong(key, say("write a number, with a point before decimals"))
            continue
        if unit not in ANALYTES[key].factors:
            form.wrong(key, say("which unit does the report print?"))
            continue
        limits = {end: _limit(form, key, end) for end in ("low", "high")}
        one: dict[str, Any] = {
            "id": f"{drawn}.{key}",
            "analyte": key,
            "value": float(Decimal(read[2])),
            "unit": unit,
            "taken_at": taken_at,
            "collection_id": drawn,
        }
        if read[1]:
            one["comparator"] = read[1]
        if fasting is not None:
            one["fasting"] = fasting
        low, high = limits["low"], limits["high"]
        if low is not None and high is not None and low >= high:
            form.wrong(key, say("the lower end of the range is not below the upper end"))
        if any(limit is not None for limit in limits.values()):
            one["reference_range"] = {e: v for e, v in limits.items() if v is not None}
        if key.startswith("s_fgf23") and form.get("assay"):
            one["assay"] = form.get("assay")
        observations.append((key, one))
    return observations


def _limit(form: Filled, key: str, end: str) -> float | None:
    text = form.get(f"{end}.{key}")
    if text and LIMIT.fullmatch(text) is None:
        form.wrong(key, say("write a number, with a point before decimals"))
        return None
    return float(Decimal(text)) if text else None


async def _asked_back(
    parts: Parts,
    person: SignedIn,
    journey: JourneyRow,
    observations: Sequence[tuple[str, dict[str, Any]]],
) -> dict[str, tuple[str, bool]]:
    """What assessment asks of each value, and whether somebody may say that it is as printed."""
    if parts.neighbours is None:
        return {}
    patient = {k: v for k, v in journey.patient.items() if k != "id" and v is not None}
    requests = [
        {"id": key, "patient": patient, "profile": journey.profile, "observations": [one]}
        for key, one in observations
    ]
    try:
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            verdicts = await parts.neighbours.tell(
                person.caller,
                "POST",
                "/assessment/v1/evaluations",
                Said({"requests": requests}),
            )
    except Exception as error:
        # Kept all the same: assessment asks back later, on the patient's page.
        get_logger("coordination").warning("values-not-checked", error=type(error).__name__)
        return {}
    return {
        str(verdict["id"]): question
        for verdict in verdicts.get("results", [])
        if (question := _question(verdict)) is not None
    }


def _question(verdict: Mapping[str, Any]) -> tuple[str, bool] | None:
    answer = verdict.get("answer") or {}
    for rejected in answer.get("rejected", []):
        return str(rejected["reason"]), False
    asked = [
        str(caveat["text"])
        for code in QUESTIONS
        for caveat in answer.get("caveats", [])
        if caveat["code"] == code
    ]
    return (asked[0], True) if asked else None


def _sheet(
    person: SignedIn,
    journey: JourneyRow,
    form: Filled,
    asked: Mapping[str, tuple[str, bool]],
    status: int = 200,
) -> Response:
    def line(key: str) -> Line:
        question, soft = asked.get(key, ("", False))
        analyte = ANALYTES[key]
        units = tuple(
            (unit, wording.unit_in_words(unit) if unit != "1" else say("a share of 1"))
            for unit in analyte.factors
        )
        return Line(key, wording.sentence(wording.analyte_in_words(key)), units, question, soft)

    return page(
        "results_new.html",
        status=status,
        person=person,
        journey=journey,
        form=form,
        sheets=[(say(name), [line(key) for key in keys]) for name, keys in SHEETS.items()],
        open_sheets=[
            any(form.get(f"value.{key}") for key in keys) or number < 2
            for number, keys in enumerate(SHEETS.values())
        ],
        asked=asked,
        assays=ASSAYS,
        now=repository.now_there(journey),
    )
