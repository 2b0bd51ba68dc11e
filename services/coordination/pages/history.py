"""What the patient tells and what was seen; drugs and iron; genes. What nobody asked stays unknown:
an empty answer is never a no, and a no is said by ticking it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from knowledge.rules.exposures import TABLE as EXPOSURES
from knowledge.rules.genetics import TABLE as GENETICS
from services.coordination import repository, wording
from services.coordination.language import say
from services.coordination.pages.history_words import (
    ACUTE,
    AMOUNTS,
    ASKED,
    GENE_RESULTS,
    IRON,
    PANEL,
)
from services.coordination.pages.telling import Filled, Telling, empty
from services.coordination.rendering import PageRoute, page
from services.coordination.tables import JourneyRow

router = APIRouter(route_class=PageRoute)

MOST_DRUGS, MOST_INFUSIONS, MOST_GENES, MOST_FRACTURES = 5, 4, 4, 3
YES_OR_NO = {"yes": True, "no": False}


@router.get("/journeys/{journey_id}/findings/new", response_class=Response)
async def findings_shown(telling: Telling) -> Response:
    """The empty form, with what was told before beside it. Nothing is ticked."""
    return await _form(telling, "findings_new.html", await telling.journey(), empty())


@router.post("/journeys/{journey_id}/findings", response_class=Response)
async def findings_told(telling: Telling) -> Response:
    """Keep what was asked and seen."""
    form, journey = await telling.form(), await telling.journey()
    findings: dict[str, Any] = {
        name: YES_OR_NO[form.get(name)]
        for group in ASKED.values()
        for name in group
        if form.get(name) in YES_OR_NO
    }
    for name, (_, least, most) in AMOUNTS.items():
        amount = form.number(name)
        if amount is not None and not least <= amount <= most:
            form.wrong(name, say("between %(least)s and %(most)s", least=least, most=most))
        elif amount is not None:
            findings[name] = amount
    fractures = _fractures(form)
    if fractures:
        findings["fractures"] = fractures
    elif form.get("fractures") in YES_OR_NO:
        findings["fractures"] = YES_OR_NO[form.get("fractures")]
    if not findings and not form.errors:
        form.wrong("form", say("say at least one thing that was asked or seen"))
    payload = {"findings": findings}
    return await _kept(telling, "findings_new.html", journey, form, "findings", payload)


def _fractures(form: Filled) -> list[dict[str, Any]]:
    found = []
    for here in _rows("fracture", MOST_FRACTURES):
        said: dict[str, Any] = {}
        if form.get(f"{here}.site"):
            said["site"] = form.get(f"{here}.site")
        for name in ("low_energy", "pseudofracture"):
            if form.get(f"{here}.{name}") in YES_OR_NO:
                said[name] = YES_OR_NO[form.get(f"{here}.{name}")]
        if said:
            found.append(said)
    if found and form.get("fractures") == "no":
        form.wrong("fractures", say("a fracture is entered, and said not to be"))
    return found


@router.get("/journeys/{journey_id}/exposures/new", response_class=Response)
async def exposures_shown(telling: Telling) -> Response:
    """The empty form, with the drugs and iron that were told before beside it."""
    return await _form(telling, "exposures_new.html", await telling.journey(), empty())


@router.post("/journeys/{journey_id}/exposures", response_class=Response)
async def exposures_told(telling: Telling) -> Response:
    """Keep what is taken, was given, or happens at once; or that it was asked and there is none."""
    form, journey = await telling.form(), await telling.journey()
    payload: dict[str, Any] = {}
    on = telling.today(journey)
    _list_into(payload, form, "drug_exposures", "drug", MOST_DRUGS, lambda at: _drug(form, at, on))
    _list_into(payload, form, "iv_iron", "iron", MOST_INFUSIONS, lambda at: _infusion(form, at, on))
    acute = [code for code in form.chosen("acute") if code in ACUTE]
    if acute and form.get("none.acute"):
        form.wrong("none.acute", say("something is entered, and said not to be"))
    if acute or form.get("none.acute"):
        payload["acute_context"] = acute
    if not payload and not form.errors:
        form.wrong("form", say("enter what is taken, or tick that nothing is"))
    return await _kept(telling, "exposures_new.html", journey, form, "exposures", payload)


def _drug(form: Filled, here: str, on: date) -> dict[str, Any] | None:
    agent = form.get(f"{here}.agent")
    began = form.past_day(f"{here}.started_on", on, needed=False)
    ended = form.past_day(f"{here}.stopped_on", on, needed=False)
    if not agent:
        if began or ended or form.get(f"{here}.dose"):
            form.wrong(f"{here}.agent", say("which drug?"))
        return None
    if began and ended and ended < began:
        form.wrong(f"{here}.stopped_on", say("it ended before it began"))
    said = {"agent": agent[:200], "started_on": began, "stopped_on": ended}
    said["dose"] = form.get(f"{here}.dose")[:200] or None
    return {name: value for name, value in said.items() if value is not None}


def _infusion(form: Filled, here: str, on: date) -> dict[str, Any] | None:
    product = form.get(f"{here}.product")
    given = form.past_day(f"{here}.given_on", on, needed=False)
    dose = form.number(f"{here}.dose_mg")
    if dose is not None and dose <= 0:
        form.wrong(f"{here}.dose_mg", say("this has to be more than nought"))
    if product not in IRON:
        if product or given or dose is not None:
            form.wrong(f"{here}.product", say("which iron?"))
        return None
    said = {"product": product, "given_on": given, "dose_mg": dose}
    return {name: value for name, value in said.items() if value is not None}


@router.get("/journeys/{journey_id}/genetics/new", response_class=Response)
async def genetics_shown(telling: Telling) -> Response:
    """The empty form, with what is known of genes beside it."""
    return await _form(telling, "genetics_new.html", await telling.journey(), empty())


@router.post("/journeys/{journey_id}/genetics", response_class=Response)
async def genetics_told(telling: Telling) -> Response:
    """Keep what was found in which gene."""
    form, journey = await telling.form(), await telling.journey()
    genes = []
    for here in _rows("gene", MOST_GENES):
        gene, result = form.get(f"{here}.gene"), form.get(f"{here}.result")
        variant = form.get(f"{here}.variant")[:200]
        if not (gene or result or variant):
            continue
        if not gene:
            form.wrong(f"{here}.gene", say("which gene?"))
        if result not in GENE_RESULTS:
            form.wrong(f"{here}.result", say("what was found?"))
        genes.append(
            {"gene": gene[:200], "result": result} | ({"variant": variant} if variant else {})
        )
    if not genes and not form.errors:
        form.wrong("gene.1.gene", say("which gene?"))
    payload = {"genetics": genes}
    return await _kept(telling, "genetics_new.html", journey, form, "genetics", payload)


def _rows(name: str, most: int) -> list[str]:
    return [f"{name}.{number}" for number in range(1, most + 1)]


def _list_into(
    payload: dict[str, Any],
    form: Filled,
    name: str,
    row: str,
    most: int,
    read: Callable[[str], dict[str, Any] | None],
) -> None:
    """The rows that were filled in; an empty list where somebody said that there are none."""
    found = [said for here in _rows(row, most) if (said := read(here)) is not None]
    if found and form.get(f"none.{row}"):
        form.wrong(f"none.{row}", say("something is entered, and said not to be"))
    if found or form.get(f"none.{row}"):
        payload[name] = found


async def _kept(
    telling: Telling,
    template: str,
    journey: JourneyRow,
    form: Filled,
    kind: str,
    payload: dict[str, Any],
) -> Response:
    before = await _told_before(telling, journey)
    if form.errors:
        return _page(telling, template, journey, form, before, 422)
    return await telling.store(
        form, kind, payload, lambda status: _page(telling, template, journey, form, before, status)
    )


async def _form(telling: Telling, template: str, journey: JourneyRow, form: Filled) -> Response:
    return _page(telling, template, journey, form, await _told_before(telling, journey))


async def _told_before(telling: Telling, journey: JourneyRow) -> dict[str, Any]:
    """What was told of this so far, the later word last; shown, so that nobody asks twice."""
    kinds = {"findings", "exposures", "genetics"}
    known = await repository.events_of(telling.session, journey.organisation, journey.id, kinds)
    findings: dict[str, Any] = {}
    lists: dict[str, list[Any]] = {}
    for event in reversed(known):
        if event.outcome == "refused":
            continue
        said = event.payload.get("findings")
        findings |= said if isinstance(said, Mapping) else {}
        for name in ("drug_exposures", "iv_iron", "genetics"):
            told = event.payload.get(name)
            if isinstance(told, list):
                lists[name] = lists.get(name, []) + told
    return {"findings": findings, **lists}


def _page(
    telling: Telling,
    template: str,
    journey: JourneyRow,
    form: Filled,
    before: dict[str, Any],
    status: int = 200,
) -> Response:
    return page(
        template,
        status=status,
        person=telling.person,
        journey=journey,
        form=form,
        before=before,
        asked=ASKED,
        amounts=AMOUNTS,
        iron=IRON,
        acute=ACUTE,
        results=GENE_RESULTS,
        drugs=sorted(wording.plain(key) for key in EXPOSURES.entries["drugs"]),
        genes=[*GENETICS.entries["genes"], PANEL],
        most_drugs=MOST_DRUGS,
        most_infusions=MOST_INFUSIONS,
        most_genes=MOST_GENES,
        most_fractures=MOST_FRACTURES,
    )
