"""Two journeys of one person: what one takes from the other is seen at once."""

from uuid import UUID

import httpx2

from tests.services.coordination.builders import (
    a_conclusion,
    a_progress,
    an_event,
    an_obligation,
    path,
    reported,
    started,
)

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


async def next_due(api: httpx2.AsyncClient, journey: UUID) -> str:
    """What the worklist says of it."""
    rows = (await api.get("/coordination/v1/worklist")).json()["rows"]
    (due,) = [row["next_due"] for row in rows if row["journey"] == str(journey)]
    assert isinstance(due, str)
    return due


async def merged(api: httpx2.AsyncClient, journey: UUID, payload: dict[str, object]) -> None:
    """It is said, and the workflow lets coordination carry it out."""
    event = an_event("merge", payload=payload)
    told = await api.post(f"{path(journey)}/events", json=event)
    assert told.status_code == 202, told.text
    done = await api.put(f"{path(journey)}/merges/{event['id']}", json={"state": {}})
    assert done.status_code == 200, done.text
    assert done.json()["refusal"] is None
