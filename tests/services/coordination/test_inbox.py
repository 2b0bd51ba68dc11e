"""Events from outside: kept before they are answered, told once however often they are sent."""

import asyncio
import json
from hashlib import sha256
from uuid import UUID, uuid4

import httpx2
import pytest

from services.coordination.contract import JourneyRequest, StoredEvent
from services.coordination.repository import fingerprint
from services.coordination.settings import CoordinationSettings
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
from tests.services.coordination.conftest import Engine, served, until
from workflows.contract import EventArrived
from workflows.tending import Runs

PLANNED = {"procedure": "surgery", "planned_for": "2026-04-01", "noted_on": "2026-03-01"}


async def test_a_stored_event_reaches_the_journey(api: httpx2.AsyncClient, engine: Engine) -> None:
    journey, event = await started(api), an_event()

    answer = await told(api, journey, event)

    assert answer.status_code == 202
    assert answer.json()["event"] == event["id"]
    assert answer.json()["repeated"] is False
    await until(lambda: engine.told == [(journey, None), (journey, UUID(event["id"]))])


async def test_the_same_event_told_again_is_the_same_event(
    api: httpx2.AsyncClient, engine: Engine
) -> None:
    journey, event = await started(api), an_event()

    first, *again = await asyncio.gather(*(told(api, journey, event) for _ in range(4)))
    last = an_event()
    await told(api, journey, last)

    answers = [answer.json() for answer in (first, *again)]
    assert sorted(answer["repeated"] for answer in answers) == [False, True, True, True]
    assert len({answer["stored_at"] for answer in answers}) == 1
    await until(lambda: engine.events() == [UUID(event["id"]), UUID(last["id"])])


async def test_an_event_id_cannot_mean_two_things(api: httpx2.AsyncClient) -> None:
    journey, event = await started(api), an_event()
    await told(api, journey, event)

    answer = await told(api, journey, event | {"source": "another"})

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_idempotency_key_repeats_the_answer(api: httpx2.AsyncClient) -> None:
    journey, event = await started(api), an_event()
    headers = {"Idempotency-Key": "k1"}

    first = await api.post(f"{path(journey)}/events", json=event, headers=headers)
    again = await api.post(f"{path(journey)}/events", json=event, headers=headers)
    other = await api.post(f"{path(journey)}/events", json=an_event(), headers=headers)

    assert first.json() == again.json()
    assert first.json()["repeated"] is False
    assert other.status_code == 422


def a_result(**changes: object) -> dict[str, object]:
    """An event whose one result differs so."""
    event = an_event()
    return {"payload": {"observations": [event["payload"]["observations"][0] | changes]}}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"kind": "horoscope"}, "/kind"),
        ({"surprise": 1}, "/surprise"),
        ({"occurred_at": "2026-03-01T08:00:00"}, "/occurred_at"),
        ({"id": "not-a-uuid"}, "/id"),
        ({"version": 2**64}, "/version"),
        ({"kind": "decision", "payload": {"answer": "localize"}}, "/payload/reason"),
        (
            {"kind": "decision", "payload": {"answer": "localize", "reason": "  "}},
            "/payload/reason",
        ),
        (
            {"kind": "disposition", "payload": {"obligation": {"rule": "r", "occurrence": "o"}}},
            "/payload/disposition",
        ),
        (
            {"kind": "disposition", "payload": {"obligation": {"rule": "r"}}},
            "/payload/obligation/occurrence",
        ),
        (a_result(taken_at="2026-03-01T08:00:00"), "/payload/observations/0/taken_at"),
        (a_result(taken_at=None), "/payload/observations/0/taken_at"),
        (a_result(colour="blue"), "/payload/observations/0/colour"),
        ({"payload": {"observation": []}}, "/payload/observation"),
        ({"kind": "findings", "payload": {"findings": {"a/b": 1}}}, "/payload/findings/a~1b"),
        (
            {"kind": "genetics", "payload": {"genetics": [{"gene": "PHEX", "result": "odd"}]}},
            "/payload/genetics/0/result",
        ),
        ({"kind": "study", "payload": {"coverage": []}}, "/payload/modality"),
        (
            {"kind": "examination", "payload": {"areas": {"foot": "lump"}}},
            "/payload/areas/foot",
        ),
        ({"kind": "surgery", "payload": {"site": "foot"}}, "/payload/performed_at"),
    ],
)
async def test_what_cannot_be_read_is_refused_at_its_place(
    api: httpx2.AsyncClient, engine: Engine, changes: dict[str, object], pointer: str
) -> None:
    journey = await started(api)

    answer = await told(api, journey, an_event() | changes)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await api.get(path(journey))).json()["events_waiting"] == 0


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
async def test_a_moment_beyond_the_last_day_there_is_is_refused(
    api: httpx2.AsyncClient, at: str
) -> None:
    """As some systems write "not known": it would be sent again for ever if it were our fault."""
    journey = await started(api)

    answer = await told(api, journey, an_event(occurred_at=at))

    assert answer.status_code == 422
    assert (await api.get(path(journey))).json()["events_waiting"] == 0


async def test_a_result_that_cannot_be_does_not_keep_the_letter_out(
    api: httpx2.AsyncClient,
) -> None:
    journey = await started(api)

    for odd in (a_result(unit=None), a_result(value=102), a_result(unit="banana")):
        assert (await told(api, journey, an_event() | odd)).status_code == 202


async def test_an_event_for_an_unknown_journey_is_refused(api: httpx2.AsyncClient) -> None:
    answer = await told(api, uuid4(), an_event())

    assert answer.status_code == 404


async def test_a_closed_journey_takes_no_more_events_but_remembers_those_it_had(
    api: httpx2.AsyncClient,
) -> None:
    journey, event = await started(api), an_event()
    await told(api, journey, event)
    await reported(api, journey, a_progress(1, phase="closed"))

    assert (await told(api, journey, an_event())).status_code == 409
    assert "closed" in (await told(api, journey, an_event())).json()["detail"]
    assert (await told(api, journey, event)).json()["repeated"] is True


async def test_an_answer_that_is_not_one_of_the_question_is_refused(
    api: httpx2.AsyncClient,
) -> None:
    journey, task = await started(api), a_task()
    await reported(api, journey, a_progress(1, task=task))
    payload = {"task": task["id"], "answer": "perhaps", "reason": "unsure"}

    answer = await told(api, journey, an_event("decision", payload=payload))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/payload/answer"


async def test_the_journey_reads_an_event_with_whom_it_is_about(api: httpx2.AsyncClient) -> None:
    journey, event = await started(api), an_event()
    await told(api, journey, event)

    read = (await api.get(f"{path(journey)}/events/{event['id']}")).json()

    assert read["payload"] == event["payload"]
    assert read["told_by"] == "lab-system"
    assert read["patient"]["birth_date"] == "1979-04-02"


async def test_while_the_engine_is_away_events_are_kept_and_readiness_says_so(
    api: httpx2.AsyncClient, engine: Engine
) -> None:
    journey = await started(api)
    await until(lambda: engine.told)
    engine.away = True
    events = [an_event() for _ in range(3)]

    answers = [await told(api, journey, event) for event in events]
    readiness = await api.get("/readyz")

    assert {answer.status_code for answer in answers} == {202}
    assert readiness.status_code == 503
    assert [failure["check"] for failure in readiness.json()["failed"]] == ["temporal"]
    engine.away = False
    await until(lambda: engine.events() == [UUID(event["id"]) for event in events])
    assert (await api.get("/readyz")).status_code == 200


async def test_an_answer_that_gets_lost_is_asked_for_again_before_the_next_event(
    api: httpx2.AsyncClient, engine: Engine
) -> None:
    journey = await started(api)
    await until(lambda: engine.told)
    engine.lose_answers = 2
    first, second = an_event(), an_event()

    await told(api, journey, first)
    await told(api, journey, second)

    expected = [UUID(first["id"])] * 3 + [UUID(second["id"])]
    await until(lambda: engine.events() == expected)


async def test_an_event_that_finds_its_journey_closed_is_refused_with_a_reason(
    api: httpx2.AsyncClient, engine: Engine
) -> None:
    journey = await started(api)
    await until(lambda: engine.told)
    engine.away = True
    event = an_event()

    await told(api, journey, event)
    await reported(api, journey, a_progress(1, phase="closed"))
    engine.closed.add(journey)
    engine.away = False

    async def settled() -> bool:
        return bool((await api.get(path(journey))).json()["events_waiting"] == 0)

    await until(settled)
    assert engine.told_again == []
    timeline = (await api.get(f"{path(journey)}/timeline")).json()["entries"]
    assert timeline[-1]["what"] == "refused"
    assert "closed" in timeline[-1]["detail"]


async def test_a_death_taken_back_while_it_was_being_told_opens_the_journey_again(
    api: httpx2.AsyncClient, engine: Engine
) -> None:
    """Stored while the journey was open, it finds it closed: the death had been on its way."""
    journey = await started(api)
    await until(lambda: engine.told)
    engine.away = True
    taken_back = an_event("death", payload={"undone": True})

    assert (await told(api, journey, taken_back)).status_code == 202
    closed = a_progress(1, phase="closed", next_phase_reason="death", carried={"phase": "closed"})
    await reported(api, journey, closed)
    engine.closed.add(journey)
    engine.away = False

    await until(lambda: UUID(taken_back["id"]) in engine.events())
    timeline = (await api.get(f"{path(journey)}/timeline")).json()["entries"]
    assert "refused" not in {one["what"] for one in timeline}


async def test_a_death_taken_back_at_the_moment_at_which_it_closes_opens_it_again(
    api: httpx2.AsyncClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was open when the relay looked, and had closed when the relay told it."""
    journey = await started(api)
    await until(lambda: engine.told)
    hear = engine.event_arrived

    async def closing(organisation: str, journey_id: UUID, event: EventArrived) -> None:
        if not engine.closed:
            closed = a_progress(1, phase="closed", carried={"phase": "closed"})
            await reported(api, journey, closed)
            engine.closed.add(journey)
        await hear(organisation, journey_id, event)

    monkeypatch.setattr(engine, "event_arrived", closing)
    taken_back = an_event("death", payload={"undone": True})
    await told(api, journey, taken_back)

    await until(lambda: UUID(taken_back["id"]) in engine.events())


async def test_an_event_that_finds_only_the_run_ended_is_told_after_all(
    api: httpx2.AsyncClient, engine: Engine
) -> None:
    journey = await started(api)
    await until(lambda: engine.told)
    first, second = an_event(), an_event()
    await told(api, journey, first)
    await until(lambda: UUID(first["id"]) in engine.events())
    engine.closed.add(journey)
    engine.runs[journey] = Runs.ENDED

    await told(api, journey, second)
    await until(lambda: UUID(second["id"]) in engine.events())

    [(again, everything)] = engine.told_again
    assert again == journey
    assert [str(event.event_id) for event in everything.events] == [first["id"], second["id"]]
    assert everything.revision == 1
    timeline = (await api.get(f"{path(journey)}/timeline")).json()["entries"]
    assert "refused" not in {one["what"] for one in timeline}


async def test_a_crash_between_storing_and_telling_loses_nothing(
    settings: CoordinationSettings, engine: Engine, north: str
) -> None:
    engine.away = True
    async with served(settings, engine, north) as api:
        journey, events = await started(api), [an_event() for _ in range(3)]
        for event in events:
            await told(api, journey, event)

    reborn = Engine()
    async with served(settings, reborn, north):
        await until(lambda: reborn.events() == [UUID(event["id"]) for event in events])
    assert reborn.told[0] == (journey, None)


async def test_the_outcome_of_an_event_is_said_once(api: httpx2.AsyncClient) -> None:
    journey, event = await started(api), an_event()
    await told(api, journey, event)
    outcome = f"{path(journey)}/events/{event['id']}/outcome"

    refused = await api.put(outcome, json={"outcome": "refused", "reason": "no unit"})
    later = await api.put(outcome, json={"outcome": "applied"})

    assert refused.json() == later.json() == {"outcome": "refused", "reason": "no unit"}
    timeline = (await api.get(f"{path(journey)}/timeline")).json()["entries"]
    assert [entry["what"] for entry in timeline] == ["started", "event", "refused"]


async def test_a_disposition_ends_its_obligation_for_good(api: httpx2.AsyncClient) -> None:
    journey = await started(api)
    conclusion = a_conclusion(an_obligation())
    await reported(api, journey, a_progress(1, conclusion=conclusion))
    key = {"rule": "FUP-01", "occurrence": "day-1"}
    payload = {"obligation": key, "disposition": "DECLINED", "reason": "moved away"}
    event = an_event("disposition", payload=payload)
    await told(api, journey, event)

    outcome = f"{path(journey)}/events/{event['id']}/outcome"
    answer = await api.put(outcome, json={"outcome": "applied"})
    assert answer.json()["outcome"] == "applied"
    await reported(api, journey, a_progress(2, conclusion=a_conclusion(an_obligation())))

    owed = (await api.get(path(journey))).json()["obligations"]
    assert [(one["status"], one["disposition"], one["reason"]) for one in owed] == [
        ("cancelled", "DECLINED", "moved away")
    ]


async def test_a_disposition_of_something_never_due_is_refused(api: httpx2.AsyncClient) -> None:
    journey = await started(api)
    key = {"rule": "X", "occurrence": "y"}
    event = an_event("disposition", payload={"obligation": key, "disposition": "DONE"})
    await told(api, journey, event)

    outcome = f"{path(journey)}/events/{event['id']}/outcome"
    answer = await api.put(outcome, json={"outcome": "applied"})

    assert answer.json()["outcome"] == "refused"


async def test_whose_drug_labels_and_days_count_goes_with_every_event(
    api: httpx2.AsyncClient,
) -> None:
    journey = await started(api, label_profile="US", zone="Asia/Shanghai")
    event = an_event("planned", payload=PLANNED)
    assert (await told(api, journey, event)).status_code == 202

    stored = (await api.get(f"{path(journey)}/events/{event['id']}")).json()
    assert (stored["label_profile"], stored["zone"]) == ("US", "Asia/Shanghai")
    later = StoredEvent.model_validate(stored | {"of_the_next_version": True})
    assert later == StoredEvent.model_validate(stored), "the worker before reads it all the same"


def test_a_request_from_before_labels_could_be_named_is_still_the_same_request() -> None:
    wanted = JourneyRequest.model_validate(a_journey())
    named = wanted.model_copy(update={"label_profile": "EU"})
    before = wanted.model_dump(mode="json", exclude={"label_profile"})

    assert fingerprint(wanted) == sha256(json.dumps(before, sort_keys=True).encode()).hexdigest()
    assert fingerprint(named) != fingerprint(wanted)
