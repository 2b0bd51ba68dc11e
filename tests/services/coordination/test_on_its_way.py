"""What becomes of a message that waits: taken back, refused, joined, put off, or behind others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from services.coordination.notify import AT_ONCE, SIDE_BY_SIDE, Deliveries
from services.coordination.parts import Parts
from tests.services.coordination.builders import (
    a_conclusion,
    a_progress,
    an_event,
    an_obligation,
    path,
    reported,
    started,
    told,
    with_hours,
    woken,
)
from tests.services.coordination.conftest import app_of, until
from tests.services.coordination.receivers import (
    SECRET,
    Hook,
    a_fhir_server,
    a_web_receiver,
)
from tests.services.coordination.receivers import served as at_an_address

NINE, NOON = "2124-06-06T07:00:00Z", datetime(2124, 6, 6, 12, tzinfo=UTC)
"""A Tuesday far ahead: nine in Berlin, when New York sleeps, and when it can be told."""

THE_DAY_BEFORE = "2124-06-05T07:00:00Z"

ABROAD = {"zone": "America/New_York"}
"""Who is told later than the journey speaks: what they are to hear waits until noon."""


@dataclass
class Busy(Hook):
    """A receiver that something happens behind, while it is being told for the first time."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As any other."""
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            await happens()
        await super().__call__(scope, receive, send)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """A webhook receiver that checks every signature."""
    async with a_web_receiver() as receiver:
        yield receiver


async def listening(api: httpx2.AsyncClient, hook: Hook, **more: Any) -> UUID:
    id = uuid4()
    wanted = {"channel": "webhook", "url": hook.url, "secret": SECRET} | more
    answer = await api.put(f"/coordination/v1/subscriptions/{id}", json=wanted)
    assert answer.status_code == 200, answer.text
    return id


async def owing(
    api: httpx2.AsyncClient, *owed: dict[str, Any], at: str = NINE, **changes: Any
) -> UUID:
    """A journey on which this is due, and was said."""
    await with_hours(api, spread_minutes=0)
    journey = await started(api, patient={"id": str(uuid4())}, **changes)
    due = owed or (due_then(),)
    await reported(api, journey, a_progress(1, at, conclusion=a_conclusion(*due)))
    return journey


def due_then(**changes: Any) -> dict[str, Any]:
    return an_obligation(due=NINE[:10], opens=NINE[:10], **changes)


async def relayed(api: httpx2.AsyncClient, at: datetime = NOON, rounds: int = 20) -> None:
    """Let the relay work as it will at that moment."""
    parts: Parts = app_of(api).state.parts
    relay = Deliveries(parts.database.across, parts.settings, parts.metrics, clock=lambda: at)
    while rounds and await relay.work():
        rounds -= 1
    await relay.close()


async def statuses(api: httpx2.AsyncClient, journey: UUID) -> list[str]:
    said = (await api.get(f"{path(journey)}/reminders")).json()["reminders"]
    return [delivery["status"] for one in said for delivery in one["deliveries"]]


def heard_of(hook: Hook) -> list[str]:
    return [body["data"]["journey"] for _, body in hook.heard]


async def applied(api: httpx2.AsyncClient, journey: UUID, event: dict[str, Any]) -> None:
    """Told, and settled as its journey does."""
    answer = await told(api, journey, event)
    assert answer.status_code == 202, answer.text
    settled = {"outcome": "applied", "reason": ""}
    outcome = await api.put(f"{path(journey)}/events/{event['id']}/outcome", json=settled)
    assert outcome.json()["outcome"] == "applied", outcome.text


async def both_owing(
    api: httpx2.AsyncClient, hook: Hook, first: str = NINE, second: str = NINE
) -> tuple[UUID, UUID]:
    """Two journeys with a thing each that is due at nine, A and B, as they stand at these moments;
    who listens hears it at noon.
    """
    await listening(api, hook, **ABROAD)
    journey = await owing(api, due_then(rule="A"), at=first)
    return journey, await owing(api, due_then(rule="B"), at=second)


async def merged(api: httpx2.AsyncClient, journey: UUID, other: UUID, **more: Any) -> None:
    """It is said, and the workflow lets coordination carry it out."""
    payload = {"other": str(other), "reason": "one person, or two"} | more
    event = an_event("merge", payload=payload)
    assert (await told(api, journey, event)).status_code == 202
    done = await api.put(f"{path(journey)}/merges/{event['id']}", json={"state": {}})
    assert done.json()["refusal"] is None, done.text


async def closed(api: httpx2.AsyncClient, other: UUID, revision: int = 2) -> None:
    """The one that does not go on hears that, and ends."""
    ended = {"phase": "closed", "next_phase_reason": "merge", "carried": {}}
    await reported(api, other, a_progress(revision, NINE, **ended))


async def test_what_is_taken_back_while_others_before_it_are_being_told_is_not_said(
    api: httpx2.AsyncClient,
) -> None:
    busy = Busy()
    async with at_an_address(busy) as busy.url:
        await listening(api, busy, **ABROAD)
        journeys = [await owing(api) for _ in range(SIDE_BY_SIDE + 1)]
        *others, last = journeys
        done = a_progress(2, NINE, conclusion=a_conclusion(due_then(status="done")))
        busy.meanwhile = lambda: reported(api, last, done)
        await relayed(api)

    assert sorted(heard_of(busy)) == sorted(str(journey) for journey in others)
    assert await statuses(api, last) == ["withdrawn"]


async def test_what_has_arrived_is_not_sent_again_because_the_round_was_broken_off(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    """The database was away for longer than the lease, and one receiver still thinks about it."""
    stays, parts = asyncio.Event(), app_of(api).state.parts
    busy = Busy(meanwhile=stays.wait)
    async with at_an_address(busy) as busy.url:
        await listening(api, busy, **ABROAD)
        for _ in range(2):
            await owing(api)
        relay = Noticed(parts.database.across, parts.settings, parts.metrics, clock=lambda: NOON)
        work = asyncio.create_task(relay.work())
        await relay.one_is_sent.wait()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        stays.set()
        await relay.work()
        await relay.close()

    heard = [id for id, _ in busy.heard]
    assert len(set(heard)) == 2
    assert heard[0] not in heard[1:]


class Noticed(Deliveries):
    """Says when it has sent something, written down or not."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self.one_is_sent = asyncio.Event()

    async def _deliver(self, *message: Any) -> Any:
        outcome = await super()._deliver(*message)
        self.one_is_sent.set()
        return outcome


async def test_who_does_not_answer_keeps_nobody_else_waiting(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    away = Hook(answers=[503] * 1000)
    async with at_an_address(away) as away.url:
        await listening(api, away, assignee="ward-8", **ABROAD)
        await listening(api, hook, assignee="ward-7", **ABROAD)
        many = [due_then(rule=f"R-{number}") for number in range(AT_ONCE + 1)]
        await owing(api, *many, assignee="ward-8")
        journey = await owing(api, assignee="ward-7")
        await relayed(api, rounds=1)

    assert heard_of(hook) == [str(journey)]
    assert len(away.raw) <= SIDE_BY_SIDE, "a round lasts as long as one who does not answer"


async def test_what_was_gathered_for_a_mailbox_that_is_now_a_fhir_server_arrives_there_whole(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    id = await listening(api, hook, digest=True)
    journeys = [await owing(api) for _ in range(3)]
    async with a_fhir_server() as fhir:
        moved = {"channel": "fhir", "url": fhir.url}
        place, match = f"/coordination/v1/subscriptions/{id}", {"If-Match": '"1"'}
        assert (await api.put(place, json=moved, headers=match)).status_code == 200
        await relayed(api)

    about = {one["about"][0]["identifier"]["value"] for one in fhir.resources.values()}
    assert about == {f"urn:uuid:{journey}" for journey in journeys}
    ids = {one["id"] for one in fhir.resources.values()}
    for journey in journeys:
        said = (await api.get(f"{path(journey)}/reminders")).json()["reminders"]
        assert ids & {one["id"] for one in said}, "each has the id by which it is known"


TOLD_BEFORE = {"due": "2124-06-20", "opens": "2124-06-06"}
"""Of what is due in two weeks the patient is told now: by a letter, or in the app."""


@pytest.mark.parametrize(
    ("refused", "means"), [("everything", []), ("app", ["letter"])], ids=["everything", "the app"]
)
async def test_who_does_not_want_to_be_told_is_not_told_what_was_on_its_way(
    api: httpx2.AsyncClient, hook: Hook, refused: str, means: list[str]
) -> None:
    await listening(api, hook, **ABROAD)
    journey = await owing(api, an_obligation(**TOLD_BEFORE))

    wish = {"refuses": [refused], "reason": "the telephone is shared"}
    await applied(api, journey, an_event("preferences", payload=wish))
    await relayed(api)

    assert [body["data"]["means"] for _, body in hook.heard] == means


@pytest.mark.parametrize(
    ("whose", "told_to"),
    [(["ward-8"], "ward-8"), (["ward-8", "ward-7"], "ward-7"), (["ward-9"], "ward-7")],
    ids=["given", "given back", "nobody listens there"],
)
async def test_what_waits_for_who_looked_after_a_journey_is_said_to_who_looks_after_it_now(
    api: httpx2.AsyncClient, hook: Hook, whose: list[str], told_to: str
) -> None:
    async with a_web_receiver() as other:
        for ward, receiver in (("ward-7", hook), ("ward-8", other)):
            await listening(api, receiver, assignee=ward, roles=["staff"], **ABROAD)
        journey = await owing(api)
        for number, ward in enumerate(whose):
            moved = an_event("transfer", payload={"assignee": ward, "reason": "on leave"})
            moved["occurred_at"] = f"2026-05-01T0{number}:00:00Z"
            await applied(api, journey, moved)
        await relayed(api)

    heard = {"ward-7": heard_of(hook), "ward-8": heard_of(other)}
    assert heard.pop(told_to) == [str(journey)]
    assert list(heard.values()) == [[]]


@pytest.mark.parametrize("left", [False, True], ids=["not said yet", "said before"])
async def test_what_was_put_off_by_mistake_is_said_once_all_the_same(
    api: httpx2.AsyncClient, hook: Hook, left: bool
) -> None:
    await listening(api, hook, **ABROAD)
    journey = await owing(api)
    if left:
        await relayed(api)
    that = {"rule": "FUP-01", "occurrence": "day-1"}
    put_off = {"obligation": that, "until": "2124-08-01", "reason": "the wrong patient"}

    await applied(api, journey, an_event("postponement", payload=put_off))
    await relayed(api)
    await applied(api, journey, an_event("postponement", payload=put_off | {"undone": True}))
    for at in ("2124-06-06T13:00:00Z", "2124-06-06T14:00:00Z"):
        await woken(api, journey, at)
        await until(lambda: _is_delivered(api, journey))

    assert heard_of(hook) == [str(journey)]


async def test_what_waits_of_the_day_to_which_it_was_put_off_by_mistake_is_not_said(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    await listening(api, hook, **ABROAD)
    journey = await owing(api)
    await relayed(api)
    that = {"rule": "FUP-01", "occurrence": "day-1"}
    put_off = {"obligation": that, "until": "2124-06-20", "reason": "the wrong patient"}
    await applied(api, journey, an_event("postponement", payload=put_off))
    hook.answers = [503] * 1000
    await woken(api, journey, "2124-06-06T12:00:00Z")
    assert await statuses(api, journey) == ["delivered", "waiting"]

    await applied(api, journey, an_event("postponement", payload=put_off | {"undone": True}))

    assert await statuses(api, journey) == ["delivered"]


@pytest.mark.parametrize("left", [False, True], ids=["not said yet", "said before"])
async def test_what_was_seen_by_mistake_is_said_once_all_the_same(
    api: httpx2.AsyncClient, hook: Hook, left: bool
) -> None:
    away = Hook(answers=[503] * 1000)
    async with at_an_address(away) as away.url:
        await listening(api, away)
        journey = await owing(api, due_then(ladder="critical"))
        if left:
            away.answers = []
            await until(lambda: away.heard)
        that = {"obligation": {"rule": "FUP-01", "occurrence": "day-1"}, "reason": "not mine"}
        await applied(api, journey, an_event("acknowledgement", payload=that))
        assert len(await statuses(api, journey)) == 1
        await applied(api, journey, an_event("acknowledgement", payload=that | {"undone": True}))
        away.answers = []
        await woken(api, journey, "2124-06-06T08:00:00Z")
        await until(lambda: _is_delivered(api, journey))

    assert [body["data"]["rung"] for _, body in away.heard] == ["T0"]


async def _is_delivered(api: httpx2.AsyncClient, journey: UUID) -> bool:
    return await statuses(api, journey) == ["delivered"]


@pytest.mark.parametrize("left", [False, True], ids=["not said yet", "said before"])
async def test_what_is_owed_after_all_is_said_once_all_the_same(
    api: httpx2.AsyncClient, hook: Hook, left: bool
) -> None:
    """A result ends it, and is taken back by its laboratory before the message of the day left."""
    await listening(api, hook, **ABROAD)
    journey = await owing(api)
    if left:
        await relayed(api)
    for revision, status in ((2, "done"), (3, "open")):
        said = a_conclusion(due_then(status=status))
        at = f"2124-06-06T{11 + revision}:00:00Z"
        await reported(api, journey, a_progress(revision, at, conclusion=said))
    await until(lambda: _is_delivered(api, journey))

    assert heard_of(hook) == [str(journey)]


async def test_what_waits_on_one_of_two_journeys_is_said_once_when_they_are_one(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    journey, other = await both_owing(api, hook)

    await merged(api, journey, other)
    await closed(api, other)
    await woken(api, journey, "2124-06-06T08:00:00Z")
    await relayed(api)

    assert sorted(body["data"]["rule"] for _, body in hook.heard) == ["A", "B"]


async def test_what_waits_on_one_of_two_journeys_is_not_said_when_the_one_that_goes_on_is_paused(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    journey, other = await both_owing(api, hook)
    await reported(api, journey, a_progress(2, NINE, paused_since=NINE))

    await merged(api, journey, other)
    await closed(api, other)
    await relayed(api)

    assert hook.heard == []


async def test_what_one_of_two_journeys_had_not_said_yet_is_said_when_they_are_one(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    journey, other = await both_owing(api, hook, NINE, THE_DAY_BEFORE)

    await merged(api, journey, other)
    await closed(api, other)
    await woken(api, journey, "2124-06-06T08:00:00Z")
    await relayed(api)

    assert sorted(body["data"]["rule"] for _, body in hook.heard) == ["A", "B"]


async def test_the_journey_that_does_not_go_on_says_nothing_more_until_it_has_closed(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    journey, other = await both_owing(api, hook, NINE, THE_DAY_BEFORE)

    await merged(api, journey, other)
    for one in (other, journey):
        await woken(api, one, "2124-06-06T08:00:00Z")
    await relayed(api)

    assert sorted(body["data"]["rule"] for _, body in hook.heard) == ["A", "B"]


async def test_what_waits_because_of_a_merge_that_is_undone_is_not_said(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    journey, other = await both_owing(api, hook, THE_DAY_BEFORE, THE_DAY_BEFORE)
    await merged(api, journey, other)
    await closed(api, other)
    await woken(api, journey, NINE)

    await merged(api, journey, other, undone=True)
    await relayed(api)

    assert [body["data"]["rule"] for _, body in hook.heard] == ["A"]


@pytest.mark.parametrize(
    ("left", "heard"), [(False, []), (True, ["B"])], ids=["not said yet", "said meanwhile"]
)
async def test_what_went_along_with_a_merge_that_is_undone_is_known_where_it_came_from(
    api: httpx2.AsyncClient, hook: Hook, left: bool, heard: list[str]
) -> None:
    """As with every journey that is opened again: what came due is listed, and not caught up."""
    journey, other = await both_owing(api, hook)
    await merged(api, journey, other)
    await closed(api, other)
    if left:
        await relayed(api)
    await merged(api, journey, other, undone=True)

    again = a_progress(3, NINE, conclusion=a_conclusion(due_then(rule="B")))
    await reported(api, other, again)
    await relayed(api)

    assert sorted(body["data"]["rule"] for _, body in hook.heard) == [
        *("A", *heard, "journey:reopened")
    ]


async def test_what_went_along_with_a_merge_that_is_undone_at_once_is_said_all_the_same(
    api: httpx2.AsyncClient, hook: Hook
) -> None:
    journey, other = await both_owing(api, hook)
    await merged(api, journey, other)

    await merged(api, journey, other, undone=True)
    await woken(api, other, "2124-06-06T08:00:00Z")
    await relayed(api)

    said = sorted((body["data"]["rule"], body["data"]["journey"]) for _, body in hook.heard)
    assert said == [("A", str(journey)), ("B", str(other))]
