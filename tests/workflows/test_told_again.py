"""A journey that the engine has lost hears all of it again, in silence, and stands where it did."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from deploy import temporal_server
from deploy.temporal_server import embedded
from tests.workflows.conftest import Walk, a_walk, eventually
from tests.workflows.ward import Told, Ward, nothing_is_found, wasting_is_found
from workflows import policies
from workflows.client import connect
from workflows.codec import KeyRing
from workflows.contract import EventArrived, EventKind, ToldAgain
from workflows.tending import Runs, Seen
from workflows.worker import worker_with

MANY = 130
"""The events of ten years."""

ALL_AT_ONCE = 1500
"""What a laboratory that sends every result apart has told in as many years."""


def everything(walk: Walk, revision: int) -> ToldAgain:
    """What coordination would tell: all events, in the order in which they were told."""
    events = tuple(
        EventArrived(event_id=id, kind=told.kind, occurred_at=told.occurred_at)
        for id, told in walk.ward.events.items()
    )
    return ToldAgain(revision=revision, events=events)


async def told_again(walk: Walk, revision: int) -> None:
    """The repair's half."""
    told = everything(walk, revision)
    await walk.journeys.tell_again(walk.organisation, walk.id, told)


async def at_rest(walk: Walk) -> Seen:
    """How far it is, once it does nothing: at work it does not say."""
    async with asyncio.timeout(30):
        while True:
            seen = await walk.journeys.look_at(walk.organisation, walk.id)
            if seen.revision is not None:
                return seen
            await asyncio.sleep(0.02)


async def test_what_was_lost_is_heard_again_and_nothing_is_said_on_the_way(
    temporal: Client,
) -> None:
    async with a_walk(temporal, Ward(wasting_is_found)) as walk:
        await walk.operated()
        said = walk.ward.progress[walk.id]
        before, revision = await walk.read(), said[-1].revision
        await walk.journeys.end(walk.organisation, walk.id, "by hand")
        seen = await walk.journeys.look_at(walk.organisation, walk.id)
        assert (seen.runs, seen.revision) == (Runs.ENDED, None)
        count = len(said)
        # A decision that counts already is read as one that nobody asked for.
        for id, told in walk.ward.events.items():
            walk.ward.events[id] = told._replace(task=None)

        await told_again(walk, revision + 1)
        after = await walk.settled(lambda state: state.phase == "surveillance")

        assert (after.phase, after.operations) == (before.phase, before.operations)
        again = said[count:]
        assert {one.phase for one in again} == {"surveillance"}, "it walked through no phase twice"
        assert all(one.revision > revision + 1 for one in again)


async def test_a_journey_that_has_lost_nothing_does_not_listen(temporal: Client) -> None:
    async with a_walk(temporal, Ward(wasting_is_found)) as walk:
        await walk.operated()
        state = await walk.settled(lambda state: state.phase == "surveillance")
        asked = walk.ward.asked.total()

        await told_again(walk, state.revision)
        seen = await at_rest(walk)

        assert (seen.runs, seen.revision) == (Runs.RUNNING, state.revision)
        assert set(seen.seen) == set(walk.ward.events)
        assert walk.ward.asked.total() == asked


async def test_however_much_was_told_it_speaks_when_all_of_it_is_with_its_owner(
    temporal: Client,
) -> None:
    ward = Ward(wasting_is_found)
    async with a_walk(temporal, ward) as walk:
        await walk.say(EventKind.OBSERVATIONS)
        await walk.asked("proceed-to-localization")
        for _ in range(MANY):
            event = uuid4()
            ward.events[event] = next(iter(ward.events.values()))
        said = ward.progress[walk.id]
        count, revision = len(said), said[-1].revision
        await walk.journeys.end(walk.organisation, walk.id, "by hand")

        await told_again(walk, revision + 1)
        await eventually(lambda: len(said) > count, "it speaks again")
        assert len(ward.kept["assessment"]) == MANY + 1, "it spoke when all was with its owner"
        assert {one.phase for one in said[count:]} == {"assessment"}


async def test_thousands_of_events_at_once_are_taken_in_portions(temporal: Client) -> None:
    ward = Ward(nothing_is_found)
    async with a_walk(temporal, ward) as walk:
        told = Told(EventKind.OBSERVATIONS, datetime.now(UTC), None, None)
        ward.events |= {uuid4(): told for _ in range(ALL_AT_ONCE)}

        await told_again(walk, 1)
        seen = await at_rest(walk)

        assert (seen.runs, seen.revision) == (Runs.RUNNING, 2), (
            "it spoke once, and the engine took it"
        )
        assert ward.kept["assessment"] == set(ward.events)
        assert ward.asked["record_facts"] == ALL_AT_ONCE


async def test_more_than_a_journey_knows_again_is_handed_over_once(temporal: Client) -> None:
    ward = Ward(nothing_is_found)
    many = policies.REMEMBERED + 100
    walk = Walk(temporal, ward, f"test-{uuid4()}")
    for _ in range(many):
        await walk.tell(EventKind.OBSERVATIONS)

    async with worker_with(temporal, ward.activities(), task_queue=walk.task_queue):
        state = await walk.settled(lambda state: len(ward.kept["assessment"]) == many)

        assert ward.asked["record_facts"] == many
        assert state.seen == list(ward.events)[-policies.REMEMBERED :]


async def test_who_is_away_keeps_nobody_elses_event_from_being_heard(temporal: Client) -> None:
    ward = Ward(nothing_is_found)
    ward.away = {"assessment"}
    walk = Walk(temporal, ward, f"test-{uuid4()}")
    for _ in range(3 * policies.EVENTS_IN_A_TURN):
        await walk.tell(EventKind.OBSERVATIONS)
    study = await walk.tell(EventKind.STUDY)

    async with worker_with(temporal, ward.activities(), task_queue=walk.task_queue):
        assert await walk.heard(study) == ("applied", "")
        ward.away = set()
        await walk.settled(lambda state: not state.waiting)
        assert ward.kept["assessment"] == set(ward.events) - {study}


async def test_a_run_ends_when_the_engine_suggests_it(
    tmp_path_factory: pytest.TempPathFactory, keys: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggests = "limit.historyCount.suggestContinueAsNew"
    monkeypatch.setitem(temporal_server.TUNING, suggests, "30")
    monkeypatch.setattr(policies, "EVENTS_IN_A_RUN", 100_000)
    database = tmp_path_factory.mktemp("suggesting") / "temporal.db"
    async with embedded(database) as server:
        temporal = await connect(server.address, server.namespace, keys)
        async with a_walk(temporal, Ward(wasting_is_found)) as walk:
            await walk.say(EventKind.OBSERVATIONS)
            handle = walk.journeys.handle(walk.organisation, walk.id)
            first = (await handle.describe()).run_id
            for _ in range(8):
                await walk.say(EventKind.OBSERVATIONS)
            described = await handle.describe()
            assert described.status is WorkflowExecutionStatus.RUNNING
            assert described.run_id != first
