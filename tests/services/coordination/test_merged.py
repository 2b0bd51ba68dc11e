"""Two journeys of one person: what one takes from the other is seen at once."""

from collections import Counter
from typing import Any
from uuid import UUID

import httpx2
from sqlmodel import select

from services.coordination.tables import JourneyRow, OutboxRow
from tests.services.coordination.builders import (
    a_conclusion,
    a_progress,
    an_event,
    an_obligation,
    path,
    reported,
    started,
    told,
)
from tests.services.coordination.conftest import Engine, app_of, until

EARLIER = an_obligation(occurrence="day-2", due="2026-05-11", opens="2026-05-04")


async def test_what_is_taken_over_is_due_at_once_and_no_longer_once_it_was_undone(
    api: httpx2.AsyncClient,
) -> None:
    mine, other = await started(api), await started(api)
    await reported(api, mine, a_progress(1, conclusion=a_conclusion(an_obligation())))
    await reported(api, other, a_progress(1, conclusion=a_conclusion(EARLIER)))
    assert await next_due(api, mine) == "2026-06-01"

    await merged(api, mine, {"other": str(other), "reason": "one person"})
    assert await next_due(api, mine) == "2026-05-11"

    await merged(api, mine, {"other": str(other), "undone": True, "reason": "two people"})
    assert await next_due(api, mine) == "2026-06-01"


async def test_the_days_count_from_the_first_low_phosphate_of_either_until_it_was_undone(
    api: httpx2.AsyncClient,
) -> None:
    mine, other = await started(api), await started(api)
    await low_since(api, mine, "2026-03-01")
    await low_since(api, other, "2025-11-01")

    await merged(api, mine, {"other": str(other), "reason": "one person"})
    assert await first_low(api, mine) == "2025-11-01"

    await merged(api, mine, {"other": str(other), "undone": True, "reason": "two people"})
    assert await first_low(api, mine) == "2026-03-01"


async def test_what_was_on_its_way_to_its_owner_during_a_merge_is_told_anew_when_it_is_undone(
    api: httpx2.AsyncClient, engine: Engine
) -> None:
    """It was kept under the record of both: under its own nobody would know of it."""
    mine, other = await started(api), await started(api)
    with_its_owner, on_its_way = an_event(), an_event()
    for event in (with_its_owner, on_its_way):
        await told(api, mine, event)
    await taken(api, mine, with_its_owner)

    await merged(api, mine, {"other": str(other), "reason": "one person"})
    await taken(api, mine, on_its_way)
    await merged(api, mine, {"other": str(other), "undone": True, "reason": "two people"})

    async def all_is_told() -> bool:
        return bool((await api.get("/readyz")).status_code == 200) and not await untold(api)

    await until(all_is_told)
    heard = Counter(str(event) for event in engine.events())
    assert (heard[with_its_owner["id"]], heard[on_its_way["id"]]) == (2, 3)


async def untold(api: httpx2.AsyncClient) -> int:
    """How many messages wait for their journeys?"""
    async with app_of(api).state.database.across.reading() as session:
        return len((await session.exec(select(OutboxRow))).all())


async def taken(api: httpx2.AsyncClient, journey: UUID, event: dict[str, Any]) -> None:
    """Its owner has it."""
    outcome = f"{path(journey)}/events/{event['id']}/outcome"
    assert (await api.put(outcome, json={"outcome": "applied"})).status_code == 200


async def low_since(api: httpx2.AsyncClient, journey: UUID, day: str) -> None:
    """A low phosphate of that day was told, and taken in."""
    said = {"analyte": "s_phos", "value": 0.45, "unit": "mmol/L", "taken_at": f"{day}T08:00:00Z"}
    event = an_event(payload={"observations": [{"id": day} | said]})
    assert (await told(api, journey, event)).status_code == 202
    await taken(api, journey, event)


async def first_low(api: httpx2.AsyncClient, journey: UUID) -> str:
    """From which day the programme counts."""
    async with app_of(api).state.database.across.reading() as session:
        row = await session.get(JourneyRow, ("north", journey))
    return str(row.first_low_at.date())


async def next_due(api: httpx2.AsyncClient, journey: UUID) -> str:
    """What the worklist says of it."""
    rows = (await api.get("/coordination/v1/worklist")).json()["rows"]
    (due,) = [row["next_due"] for row in rows if row["journey"] == str(journey)]
    assert isinstance(due, str)
    return due


async def merged(api: httpx2.AsyncClient, journey: UUID, payload: dict[str, object]) -> None:
    """It is said, and the workflow lets coordination carry it out."""
    event = an_event("merge", payload=payload)
    said = await told(api, journey, event)
    assert said.status_code == 202, said.text
    done = await api.put(f"{path(journey)}/merges/{event['id']}", json={"state": {}})
    assert done.status_code == 200, done.text
    assert done.json()["refusal"] is None
