"""The worklist: one queue, the longest overdue first; nobody sees another organisation's."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from services.chassis.tokens import TokenMint
from tests.services.coordination.builders import (
    a_conclusion,
    a_journey,
    a_progress,
    a_task,
    an_event,
    an_obligation,
    path,
    reported,
    started,
    told,
)
from tests.services.coordination.conftest import Engine, until

TODAY = date.today()  # noqa: DTZ011 - the journeys of these tests live in UTC's neighbourhood


async def due_in(api: httpx2.AsyncClient, days: int, **changes: Any) -> UUID:
    journey = await started(api, **changes)
    due = an_obligation(due=str(TODAY + timedelta(days=days)), opens=str(TODAY))
    await reported(api, journey, a_progress(1, conclusion=a_conclusion(due)))
    return journey


async def rows(api: httpx2.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    answer = await api.get(f"/coordination/v1/worklist{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


async def test_the_longest_overdue_comes_first_and_what_owes_nothing_last(
    api: httpx2.AsyncClient,
) -> None:
    nothing = await started(api)
    later = await due_in(api, 40)
    worst = await due_in(api, -30)
    bad = await due_in(api, -3)

    found = await rows(api)

    order = [UUID(row["journey"]) for row in found]
    assert order == [worst, bad, later, nothing]
    assert [row["overdue"] for row in found] == [1, 1, 0, 0]
    assert found[0]["days_overdue"] in (29, 30, 31)
    assert found[0]["next_act"] == "s_phos"


async def test_the_worklist_is_filtered_by_phase_lateness_date_and_person(
    api: httpx2.AsyncClient,
) -> None:
    late = await due_in(api, -3, assignee="anna")
    soon = await due_in(api, 5, assignee="bert")
    fresh = await started(api)

    async def found(query: str) -> list[UUID]:
        return [UUID(row["journey"]) for row in await rows(api, query)]

    assert await found("?overdue=true") == [late]
    assert await found("?overdue=false") == [soon, fresh]
    assert await found("?assignee=bert") == [soon]
    assert await found("?phase=assessment") == [fresh]
    assert await found(f"?due_before={TODAY}") == [late]
    assert await found("?phase=closed") == []
    unheard_of = await api.get("/coordination/v1/worklist?phase=treatmnet")
    assert unheard_of.status_code == 422
    assert unheard_of.json()["errors"][0]["pointer"] == "/query/phase"


async def test_pages_of_the_worklist_lose_and_repeat_nobody(api: httpx2.AsyncClient) -> None:
    everybody = {await started(api) for _ in range(5)} | {await due_in(api, -1)}

    seen: list[UUID] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = (await api.get(f"/coordination/v1/worklist?limit=2{cursor}")).json()
        seen += [UUID(row["journey"]) for row in answer["rows"]]
        cursor = f"&cursor={answer['cursor']}" if answer["cursor"] else None

    assert len(seen) == 6
    assert set(seen) == everybody


async def test_the_worklist_says_whom_a_journey_waits_for(api: httpx2.AsyncClient) -> None:
    journey = await started(api)
    await reported(api, journey, a_progress(1, task=a_task()))

    [row] = await rows(api)

    assert (row["waiting_for"], row["question"]) == ("clinician", "look-for-tumor")


async def test_a_closed_journey_is_on_no_list_unless_it_is_asked_for(
    api: httpx2.AsyncClient,
) -> None:
    journey = await due_in(api, -3)
    await reported(api, journey, a_progress(2, phase="closed"))

    assert await rows(api) == []
    assert [row["phase"] for row in await rows(api, "?phase=closed")] == ["closed"]


async def test_a_journey_is_started_once(api: httpx2.AsyncClient) -> None:
    journey = uuid4()

    first = await api.put(path(journey), json=a_journey())
    again = await api.put(path(journey), json=a_journey())
    other = await api.put(path(journey), json=a_journey(zone="Asia/Shanghai"))

    assert first.json() == again.json()
    assert other.status_code == 409


async def test_a_journey_started_many_times_at_once_is_started_once(
    api: httpx2.AsyncClient, engine: Engine
) -> None:
    journey = uuid4()

    answers = await asyncio.gather(*(api.put(path(journey), json=a_journey()) for _ in range(6)))

    assert {answer.status_code for answer in answers} == {200}
    await until(lambda: engine.told)
    last = await started(api)
    await until(lambda: (last, None) in engine.told)
    assert engine.told == [(journey, None), (last, None)]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"surprise": 1}, "/surprise"),
        ({"patient": {}}, "/patient/id"),
    ],
)
async def test_a_journey_that_cannot_be_meant_is_refused(
    api: httpx2.AsyncClient, changes: dict[str, Any], pointer: str
) -> None:
    answer = await api.put(path(uuid4()), json=a_journey(**changes))

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_another_organisations_journey_is_not_there(
    api: httpx2.AsyncClient, mint: TokenMint
) -> None:
    journey, event = await started(api), an_event()
    await told(api, journey, event)
    south = mint.mint("lab-system", "south", ("system/*.cruds",))
    headers = {"Authorization": f"Bearer {south}"}
    here = path(journey)

    tried = [
        await api.get(here, headers=headers),
        await api.get(f"{here}/timeline", headers=headers),
        await api.get(f"{here}/reminders", headers=headers),
        await api.get(f"{here}/events/{event['id']}", headers=headers),
        await api.post(f"{here}/events", json=an_event(), headers=headers),
        await api.put(f"{here}/progress", json=a_progress(1), headers=headers),
        await api.put(
            f"{here}/wakes/{uuid4()}", json={"at": "2026-01-01T00:00:00Z"}, headers=headers
        ),
        await api.put(
            f"{here}/events/{event['id']}/outcome", json={"outcome": "applied"}, headers=headers
        ),
    ]

    assert {answer.status_code for answer in tried} == {404}
    listed = await api.get("/coordination/v1/worklist", headers=headers)
    assert listed.json()["rows"] == []
    # The same uuid in another organisation is another journey.
    assert (await api.put(here, json=a_journey(zone="UTC"), headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("method", "place", "scope"),
    [
        ("PUT", "", "EpisodeOfCare.c"),
        ("GET", "", "EpisodeOfCare.r"),
        ("GET", "/reminders", "Communication.r"),
        ("POST", "/events", "EpisodeOfCare.c"),
        ("PUT", "/progress", "Task.u"),
    ],
)
async def test_without_the_scope_nothing_is_done(
    api: httpx2.AsyncClient, mint: TokenMint, method: str, place: str, scope: str
) -> None:
    journey = await started(api)
    token = mint.mint("somebody", "north", ("system/Observation.cruds",))

    bodies: dict[str | None, Any] = {
        "": a_journey(),
        "/progress": a_progress(1),
        "/events": an_event(),
    }

    answer = await api.request(
        method,
        path(journey) + place,
        headers={"Authorization": f"Bearer {token}"},
        json=bodies.get(place if method != "GET" else None),
    )

    assert answer.status_code == 403
    assert scope in answer.json()["detail"]


async def test_the_timeline_tells_a_journey_from_its_start(api: httpx2.AsyncClient) -> None:
    journey = await started(api)
    await told(api, journey, an_event())
    conclusion = a_conclusion(an_obligation())
    await reported(
        api,
        journey,
        a_progress(1, "2026-06-01T08:00:00Z", conclusion=conclusion, next_phase_reason="surgery"),
    )

    entries = (await api.get(f"{path(journey)}/timeline")).json()["entries"]

    assert [entry["what"] for entry in entries] == [
        "started",
        "event",
        "phase",
        "conclusion",
        "reminder",
    ]
    assert entries[2]["detail"] == "surveillance: surgery"
