"""Journeys are broken in every way we know, are found, and go on where they stood."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError

from deploy.temporal_server import TemporalServer, embedded
from services.coordination.settings import CoordinationSettings
from tests.postgres import by_hand
from tests.workflows.real_ward import KEYS_SECONDS, Ward, a_real_ward
from workflows.client import connect
from workflows.codec import KeyRing
from workflows.contract import workflow_id

QUICK: dict[str, Any] = {
    "stuck_after_seconds": 0.3,
    "stuck_interval_seconds": 0.2,
    "archive_interval_seconds": 0.3,
}
WATCHING = QUICK | {"repair_stuck": False}
A_DAY_SECONDS = 86_400
STUCK = "/coordination/v1/stuck"


def id_of(ward: Ward) -> UUID:
    """Which journey it is about just now."""
    return UUID(ward.journey.rpartition("/")[2])


async def in_localization(ward: Ward) -> UUID:
    """A journey on which something was told, asked and decided."""
    journey = ward.another()
    answer = await ward.put(ward.journey, {"patient": {"id": f"MRN-{journey}"}})
    assert answer.status_code == 200, answer.text
    await ward.tell("observations", {"observations": []})
    seen = await ward.until("assessment", "proceed-to-localization")
    decision = {"answer": "localize", "reason": "it is clear", "task": seen["task"]["id"]}
    await ward.tell("decision", decision)
    await ward.once(lambda shown: shown["phase"] == "localization" and shown["obligations"])
    return journey


async def stuck(ward: Ward, reason: str) -> dict[str, Any]:
    """This journey, once it is found to be stuck for this reason."""
    mine = str(id_of(ward))

    def look(page: Any) -> dict[str, Any] | None:
        rows = [one for one in page["stuck"] if (one["journey"], one["reason"]) == (mine, reason)]
        return rows[0] if rows else None

    return await ward.sees(STUCK, look)


async def goes_on(ward: Ward, steps: int = 1) -> None:
    """Nobody thinks that this journey is stuck, and what it is told is taken in."""
    told = []
    for _ in range(steps):
        answer = await ward.tell("observations", {"observations": []})
        told.append(answer.json()["event"])
    await ward.once(lambda shown: not shown["events_waiting"])
    mine = str(id_of(ward))
    await ward.sees(
        STUCK, lambda page: all(one["journey"] != mine for one in page["stuck"]) or None
    )


def obligations(shown: Any) -> list[tuple[str, str, str]]:
    """What is owed, and how far."""
    return sorted((one["rule"], one["occurrence"], one["status"]) for one in shown["obligations"])


async def test_a_run_that_was_ended_by_hand_begins_again_where_the_journey_stood(
    temporal: Client, tmp_path: Path
) -> None:
    async with a_real_ward(temporal, tmp_path, **WATCHING) as ward:
        journey = await in_localization(ward)
        before = await ward.read()
        await temporal.get_workflow_handle(workflow_id("north", journey)).terminate()

        await stuck(ward, "ended")
        done = (await ward.post(f"{ward.journey}/repair")).json()["done"]
        assert done == ["told again"]
        again = (await ward.post(f"{ward.journey}/repair")).json()["done"]
        assert again in ([], ["told again"]), "repairing twice is repairing once"

        await goes_on(ward)
        after = await ward.read()
        assert (after["phase"], after["patient_id"]) == ("localization", before["patient_id"])
        assert obligations(after) == obligations(before)
        timeline = (await ward.read("/timeline"))["entries"]
        phases = [one["detail"] for one in timeline if one["what"] == "phase"]
        assert phases[-1].startswith("localization")
        assert len(phases) == len(set(phases)), "it did not walk through its phases once more"


async def test_an_event_that_comes_to_an_ended_run_is_not_refused_but_mends_it(
    temporal: Client, tmp_path: Path
) -> None:
    async with a_real_ward(temporal, tmp_path, **WATCHING) as ward:
        journey = await in_localization(ward)
        await temporal.get_workflow_handle(workflow_id("north", journey)).terminate()

        await goes_on(ward)
        entries = (await ward.read("/timeline"))["entries"]
        assert not [one for one in entries if one["what"] == "refused"]
        assert (await ward.read())["phase"] == "localization"


async def test_a_journey_the_engine_knows_nothing_of_is_found_and_repaired_by_itself(
    temporal: Client, tmp_path: Path
) -> None:
    async with a_real_ward(temporal, tmp_path, **QUICK) as ward:
        journey = await in_localization(ward)
        before = await ward.read()
        await deleted(temporal, workflow_id("north", journey))

        handle = temporal.get_workflow_handle(workflow_id("north", journey))
        async with asyncio.timeout(30):
            while not await knows(handle):  # noqa: ASYNC110 - a server's state
                await asyncio.sleep(0.1)
        await goes_on(ward)
        after = await ward.read()
        assert after["phase"] == "localization"
        assert obligations(after) == obligations(before)


async def knows(handle: Any) -> bool:
    """Is there such a workflow?"""
    try:
        await handle.describe()
    except RPCError:
        return False
    return True


async def deleted(temporal: Client, workflow: str) -> None:
    """The engine has never heard of it."""
    await temporal.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(
            namespace=temporal.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow),
        )
    )
    handle = temporal.get_workflow_handle(workflow)
    async with asyncio.timeout(30):
        while await knows(handle):  # noqa: ASYNC110 - a server's state
            await asyncio.sleep(0.05)


async def test_after_a_restore_of_the_engines_older_database_nothing_is_lost(
    tmp_path: Path, keys: KeyRing
) -> None:
    database, kept = tmp_path / "temporal.db", tmp_path / "older.db"
    ours = tmp_path / "ours"
    ours.mkdir()
    async with (
        embedded(database) as server,
        on(server, keys, ours, **WATCHING) as ward,
    ):
        behind = ward.another()
        await ward.put(ward.journey, {"patient": {"id": "MRN-behind"}})
        await ward.tell("observations", {"observations": []})
        seen = await ward.until("assessment", "proceed-to-localization")
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as source:
            source.execute("VACUUM INTO ?", (str(kept),))
        task = seen["task"]["id"]
        await ward.tell("decision", {"answer": "localize", "reason": "clear", "task": task})
        await ward.once(lambda shown: shown["phase"] == "localization" and shown["obligations"])
        before = {behind: await ward.read()}
        lost = await in_localization(ward)
        before[lost] = await ward.read()

    restored(kept, database)
    async with (
        embedded(database) as server,
        on(server, keys, ours, **QUICK) as ward,
    ):
        for journey in (behind, lost):
            ward.another(journey)
            await goes_on(ward)
            told_before = before[journey]["revision"]

            def stands_again(shown: Any, least: int = told_before) -> bool:
                return bool(shown["phase"] == "localization" and shown["revision"] > least)

            after = await ward.once(stands_again)
            assert obligations(after) == obligations(before[journey])


@asynccontextmanager
async def on(
    server: TemporalServer, keys: KeyRing, folder: Path, **settings: Any
) -> AsyncIterator[Ward]:
    """A ward on this engine, the same one before and after."""
    temporal = await connect(server.address, server.namespace, keys)
    async with a_real_ward(temporal, folder, queue="test-restored", **settings) as ward:
        yield ward


def restored(kept: Path, database: Path) -> None:
    """The older copy stands in the place of the engine's database."""
    for file in database.parent.glob("temporal.db*"):
        file.unlink()
    shutil.copy(kept, database)


async def test_a_journey_that_fails_is_shown_and_stops_no_other(
    temporal: Client, tmp_path: Path
) -> None:
    async with a_real_ward(temporal, tmp_path, **QUICK) as ward:
        bad, good = await in_localization(ward), await in_localization(ward)
        handle = temporal.get_workflow_handle(workflow_id("north", bad))
        await handle.signal("event_arrived", {"event_id": "no uuid", "kind": "unheard-of"})
        lost = "UPDATE journey_key SET sealed = NULL, ring_key = '' WHERE journey = "
        await by_hand(tmp_path, "coordination", f"{lost}'{bad.hex}'")
        await asyncio.sleep(KEYS_SECONDS)  # for so long a worker uses a key it knows
        ward.another(bad)
        await ward.tell("observations", {"observations": []})

        ward.another(good)
        for _ in range(3):
            await goes_on(ward)
        ward.another(bad)
        seen = await stuck(ward, "unsettled")
        assert seen["since"]
        assert await counted(ward, 'tio_journeys_stuck{reason="unsettled"} ') == 1
        assert await counted(ward, 'tio_relay_heartbeat_timestamp_seconds{relay="stuck"} ') > 0
        ward.another(good)
        await goes_on(ward)


async def counted(ward: Ward, name: str) -> float:
    """This number among the metrics, once it is not nought."""
    async with asyncio.timeout(30):
        while True:
            lines = (await ward.get("/metrics")).text.splitlines()
            found = [float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)]
            if found and found[0]:
                return found[0]
            await asyncio.sleep(0.2)


@asynccontextmanager
async def nobody_works(temporal: Client, folder: Path, **settings: Any) -> AsyncIterator[Ward]:
    """Coordination with an engine, and no worker."""
    async with a_real_ward(temporal, folder, works=False, **settings) as ward:
        yield ward


async def test_who_has_overslept_is_found_and_goes_on_when_somebody_works_again(
    temporal: Client, tmp_path: Path
) -> None:
    queue = "test-overslept"
    async with a_real_ward(temporal, tmp_path, queue=queue, **WATCHING) as ward:
        journey = await in_localization(ward)
    overslept = "UPDATE journey SET next_wake = '2026-01-01 00:00:00.000000'"
    await by_hand(tmp_path, "coordination", overslept)
    async with nobody_works(temporal, tmp_path, queue=queue, **WATCHING) as ward:
        ward.another(journey)
        await stuck(ward, "overslept")
        await ward.tell("observations", {"observations": []})
        await stuck(ward, "unsettled")
        assert await counted(ward, "tio_reminder_oldest_overdue_seconds ") > A_DAY_SECONDS

    async with a_real_ward(temporal, tmp_path, queue=queue, **QUICK) as ward:
        ward.another(journey)
        await goes_on(ward)


async def test_what_cannot_be_told_to_the_engine_is_found_as_untold(
    tmp_path: Path, keys: KeyRing
) -> None:
    database, ours = tmp_path / "temporal.db", tmp_path / "ours"
    ours.mkdir()
    async with embedded(database) as server:
        temporal = await connect(server.address, "default", keys)
    async with a_real_ward(temporal, ours, works=False, **WATCHING) as ward:
        ward.another()
        await ward.put(ward.journey, {"patient": {"id": "MRN-1"}})
        await stuck(ward, "untold")
        assert (await ward.post(f"{ward.journey}/repair")).status_code == 503


async def test_ended_runs_are_kept_sealed_the_last_one_too(
    temporal: Client, tmp_path: Path
) -> None:
    async with a_real_ward(temporal, tmp_path, **QUICK) as ward:
        journey = await in_localization(ward)
        handle = temporal.get_workflow_handle(workflow_id("north", journey))
        await handle.signal("roll")
        [first] = await ward.shows(lambda page: page["runs"], "/runs")
        assert first["ended"] == "continued_as_new"
        await ward.tell("withdrawal")
        await ward.once(lambda shown: shown["phase"] == "closed")
        runs = await ward.shows(lambda page: page["runs"][1:] and page["runs"], "/runs")
        assert [run["ended"] for run in runs] == ["continued_as_new", "completed"]

        kept = await ward.read(f"/runs/{first['run']}")
        events = json.loads(kept["history"])["events"]
        assert len(events) == first["events"]
        assert "proceed-to-localization" not in kept["history"]
        assert str(journey) in kept["history"], "what is not sealed are ids"


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_journey_cannot_be_called_stuck_at_once(seconds: float) -> None:
    with pytest.raises(ValueError, match="stuck_after_seconds"):
        CoordinationSettings(
            database_url="sqlite://",
            jwks="x",
            issuer="x",
            audience="x",
            stuck_after_seconds=seconds,
        )
