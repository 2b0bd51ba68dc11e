"""A new edition over journeys that run: previewed without effect, then pinned or migrated."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine
from temporalio.api.deployment.v1 import WorkerDeploymentVersion as NamedVersion
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.service import RPCError

from knowledge import archive
from knowledge.edition import KNOWLEDGE_VERSION, Edition
from services.chassis.database import sync_url
from services.coordination.look_back import open_journeys
from tests.postgres import opened
from tests.workflows.conftest import Walk
from tests.workflows.real_ward import Ward, a_real_ward
from tests.workflows.ward import Ward as StandIns
from tests.workflows.ward import wasting_is_found
from tio.journeys.edition import Previewed, preview
from workflows.contract import EventKind
from workflows.editions import addresses_in
from workflows.worker import DEPLOYMENT, worker_with

SERVICES = ("assessment", "localization", "followup")
DAY = "2026-01-05T08:00:00+01:00"
TABLE = Path("rules") / "reference_intervals.toml"
JUST_LOW = 0.70
LIMIT_NOW = 'low = 2.5, high = 4.5, low_in = { "mmol/L" = 0.807 }'
LIMIT_THEN = 'low = 1.9, high = 4.5, low_in = { "mmol/L" = 0.614 }'


async def suspected(ward: Ward) -> str:
    """A journey that waits for further tests, because a phosphate was just too low."""
    journey = ward.another()
    patient = {"id": f"MRN-{journey}", "sex": "female", "age_years": 50}
    await ward.put(ward.journey, {"patient": patient})
    low = {"id": "o1", "analyte": "s_phos", "value": JUST_LOW, "unit": "mmol/L", "taken_at": DAY}
    await ward.tell("observations", {"observations": [low]})
    await ward.once(lambda shown: shown["conclusion"] and not shown["events_waiting"])
    return str(journey)


def another_edition(folder: Path) -> Edition:
    """The same tables, by which this phosphate is not low."""
    shutil.copytree(Path(archive.__file__).parent, folder / "knowledge")
    table = folder / "knowledge" / TABLE
    changed = table.read_text().replace(LIMIT_NOW, LIMIT_THEN)
    assert changed != table.read_text()
    table.write_text(changed)
    return archive.find(str(folder / "knowledge"))


def addresses(folder: Path) -> dict[str, str]:
    """Where every service remembers."""
    return {one: opened(folder, one)["url"] for one in (*SERVICES, "coordination")}


def concluded(folder: Path) -> list[Any]:
    """All that was ever concluded or told."""
    rows: list[Any] = []
    for service, asked in (
        ("assessment", "SELECT * FROM assessment ORDER BY 1, 2"),
        ("assessment", "SELECT * FROM asked_step ORDER BY 1, 2, 3"),
        ("coordination", "SELECT * FROM obligation ORDER BY 1, 2, 3, 4"),
        ("coordination", "SELECT id, revision, state FROM journey"),
    ):
        engine = create_engine(sync_url(opened(folder, service)["url"]), poolclass=NullPool)
        with engine.connect() as connection:
            rows += connection.exec_driver_sql(asked).all()
    return rows


async def previewed(folder: Path, new: Edition) -> Previewed:
    """What the command finds."""
    databases = addresses(folder)
    journeys = await open_journeys(databases["coordination"])
    old = archive.find(archive.CURRENT)
    return await asyncio.to_thread(preview, old, new, journeys, databases)


async def test_a_preview_says_who_would_move_and_changes_nothing(
    temporal: Client, tmp_path: Path
) -> None:
    ours = tmp_path / "ours"
    ours.mkdir()
    async with a_real_ward(temporal, ours, *SERVICES) as ward:
        journey = await suspected(ward)
        before = concluded(ours)

        new = another_edition(tmp_path)
        found = await previewed(ours, new)
        same = await previewed(ours, archive.find(archive.CURRENT))

        assert (found.old, found.new) == (KNOWLEDGE_VERSION, new.version)
        assert (found.journeys, found.unanswered) == (1, [])
        [moved] = found.moved
        assert (moved.journey, moved.phase, moved.service) == (journey, "assessment", "assessment")
        assert moved.close, "what only the old limit asked for would not be asked for"
        assert same.moved == [], "the edition in force would move nobody"
        assert concluded(ours) == before
        assert "MRN" not in json.dumps([moved.journey, moved.close, moved.appear, moved.move])


async def test_a_pinned_journey_waits_for_its_edition_and_stops_no_other(
    temporal: Client, tmp_path: Path
) -> None:
    async with a_real_ward(temporal, tmp_path, *SERVICES) as ward:
        pinned = await suspected(ward)
        address = ward.journey
        wanted = {"edition": "1999.1+000000000000"}
        answer = await ward.put(f"{address}/edition", wanted)
        assert answer.json()["edition"] == wanted["edition"]
        found = await previewed(tmp_path, archive.find(archive.CURRENT))
        assert (found.journeys, found.pinned) == (0, 1)

        before = (await ward.read())["conclusion"]
        low = {"id": "o2", "analyte": "s_phos", "value": 0.5, "unit": "mmol/L", "taken_at": DAY}
        await ward.tell("observations", {"observations": [low]})

        other = await suspected(ward)
        assert other != pinned

        ward.journey = address
        assert (await ward.read())["conclusion"] == before, "no other edition judges it"
        await ward.put(f"{address}/edition", {"edition": KNOWLEDGE_VERSION})
        await ward.once(lambda shown: shown["conclusion"]["id"] != before["id"])
        migrated = await ward.put(f"{address}/edition", {"edition": None})
        assert migrated.json()["edition"] is None
        entries = (await ward.read("/timeline"))["entries"]
        noted = [one["detail"] for one in entries if one["detail"].startswith("edition")]
        assert noted[-1] == "edition: in force"


async def test_a_closed_journey_stays_with_what_was_concluded(
    temporal: Client, tmp_path: Path
) -> None:
    async with a_real_ward(temporal, tmp_path) as ward:
        await ward.put(ward.journey, {"patient": {"id": "MRN-1"}})
        await ward.tell("withdrawal")
        await ward.once(lambda shown: shown["phase"] == "closed")

        answer = await ward.put(f"{ward.journey}/edition", {"edition": KNOWLEDGE_VERSION})
        assert answer.status_code == 409


def test_whom_to_ask_by_which_edition_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "editions.json"
    file.write_text('{"2026.11+abc": {"followup": "http://older:8080"}}')

    assert addresses_in(None) == {}
    assert addresses_in(file) == {"2026.11+abc": {"followup": "http://older:8080"}}
    file.write_text('{"2026.11+abc": "http://older:8080"}')
    with pytest.raises(ValueError, match="dictionary"):
        addresses_in(file)


async def test_a_journey_goes_over_to_the_version_that_is_made_the_current_one(
    temporal: Client,
) -> None:
    ward, queue = StandIns(wasting_is_found), "test-versions"
    walk = Walk(temporal, ward, queue)
    async with worker_with(temporal, ward.activities(), task_queue=queue, build_id="1.0"):
        await becomes_current(temporal, "1.0")
        await walk.say(EventKind.OBSERVATIONS)
        await walk.asked("proceed-to-localization")
    async with worker_with(temporal, ward.activities(), task_queue=queue, build_id="2.0"):
        await becomes_current(temporal, "2.0")
        await walk.answer("proceed-to-localization", "localize")
        await walk.settled(lambda state: state.phase == "localization")
    described = await walk.journeys.handle(walk.organisation, walk.id).describe()
    version = described.raw_description.workflow_execution_info.versioning_info.deployment_version
    assert version == NamedVersion(deployment_name=DEPLOYMENT, build_id="2.0")


async def becomes_current(temporal: Client, build_id: str) -> None:
    """As an operator does it, once a worker of this version has shown itself."""
    async with asyncio.timeout(30):
        while True:
            try:
                await temporal.workflow_service.set_worker_deployment_current_version(
                    SetWorkerDeploymentCurrentVersionRequest(
                        namespace=temporal.namespace,
                        deployment_name=DEPLOYMENT,
                        build_id=build_id,
                    )
                )
            except RPCError:
                await asyncio.sleep(0.2)
            else:
                return
