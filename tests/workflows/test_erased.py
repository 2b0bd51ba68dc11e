"""A person is erased from a journey that runs: nothing of them is left anywhere, ids stay."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

from temporalio.client import Client, WorkflowExecutionStatus

from deploy.temporal_server import TemporalServer
from services.chassis import audit
from services.chassis.database import Database
from tests.postgres import looks_into_files
from tests.workflows.real_ward import Ward, a_real_ward
from workflows.contract import workflow_id

SERVICES = ("assessment", "localization", "followup", "coordination")
DAY = "2026-01-05T08:00:00+01:00"


class Person:
    """Somebody whose every word and number can be found again."""

    def __init__(self, name: str, number: str, value: float) -> None:
        self.name, self.number, self.value = name, number, value

    @property
    def planted(self) -> tuple[str, ...]:
        """What must not be left."""
        return (self.name, self.number, str(self.value))


GONE = Person("Wilhelmina Plantedname", "MRN-77231-PLANTED", 0.41373)
STAYS = Person("Ottilie Neighbourly", "MRN-90017-NEIGHBOUR", 0.52919)


async def lived(ward: Ward, person: Person) -> UUID:
    """A journey of this person, with something of them in every service."""
    journey = ward.another()
    patient = {"id": person.number, "sex": "female", "age_years": 50}
    answer = await ward.put(ward.journey, {"patient": patient, "assignee": person.name})
    assert answer.status_code == 200, answer.text
    low = {"id": f"lab {person.number}", "analyte": "s_phos", "value": person.value}
    low |= {"unit": "mmol/L", "taken_at": DAY}
    told: list[tuple[str, dict[str, Any]]] = [
        ("observations", {"observations": [low]}),
        ("examination", {"lesions": [{"id": person.name, "site": "foot"}]}),
        ("decision", {"task": None, "answer": "localize", "reason": f"{person.name} asked"}),
        ("surgery", {"performed_at": DAY, "site": "foot", "histology": f"of {person.name}"}),
        ("observations", {"observations": [low | {"id": "second", "value": person.value}]}),
        ("observations", {"observations": [low | {"unit": person.name}]}),
    ]
    for kind, payload in told:
        answer = await ward.tell(kind, payload)
        assert answer.status_code in (202, 422), answer.text
    await ward.once(lambda shown: shown["phase"] == "surveillance" and not shown["events_waiting"])
    await ward.once(lambda shown: shown["conclusion"] and shown["obligations"])
    return journey


def on_disk(folder: Path, *more: Path) -> dict[str, bytes]:
    """Every byte of every file that a service or the engine wrote."""
    files = [*folder.glob("*.db*"), *more]
    return {file.name: file.read_bytes() for file in files}


def found(disk: dict[str, bytes], person: Person) -> set[str]:
    """In which files is something of this person?"""
    return {
        name
        for name, content in disk.items()
        for word in person.planted
        if word.encode() in content or word.lower().encode() in content
    }


@looks_into_files
async def test_nothing_is_left_of_who_withdraws_and_the_neighbour_goes_on(
    temporal: Client, temporal_server: TemporalServer, tmp_path: Path
) -> None:
    engines = list(temporal_server.log.parent.glob("temporal*"))
    async with a_real_ward(temporal, tmp_path, *SERVICES[:3]) as ward:
        gone, stays = await lived(ward, GONE), await lived(ward, STAYS)
        before = on_disk(tmp_path, *engines)
        for person in (GONE, STAYS):
            planted_in = {name.partition(".")[0] for name in found(before, person)}
            assert planted_in == set(SERVICES), "it was there, and the engine never had it"

        ward.another(gone)
        assert (await ward.tell("withdrawal", {"erase": True})).status_code == 202
        erasure = await ward.shows(lambda shown: shown.get("done_at") and shown, "/erasure")
        assert erasure["waiting_for"] == []

        handle = temporal.get_workflow_handle(workflow_id("north", gone))
        assert (await handle.describe()).status is WorkflowExecutionStatus.TERMINATED
        after = await until_wiped(tmp_path, engines)
        assert found(after, GONE) == set()
        assert {name.partition(".")[0] for name in found(after, STAYS)} == set(SERVICES)

        shown = await ward.read()
        assert (shown["patient_id"], shown["phase"], shown["conclusion"]) == (
            "erased",
            "closed",
            None,
        )
        assert {one["status"] for one in shown["obligations"]} <= {"done", "cancelled"}
        assert (await ward.tell("observations", {"observations": []})).status_code == 409
        again = await ward.tell("withdrawal", {"erase": True})
        assert again.status_code == 202, "to ask again is no mistake"

        ward.another(stays)
        await ward.tell("symptoms", {"present": ["cramps"], "at": DAY})
        await ward.once(lambda shown: not shown["events_waiting"])
        assert (await ward.read())["patient_id"] == STAYS.number
    for service in SERVICES:
        assert await chain_is_whole(tmp_path / f"{service}.db"), service


async def until_wiped(folder: Path, engines: list[Path]) -> dict[str, bytes]:
    """What is on the disk once the logs of the databases were emptied."""
    async with asyncio.timeout(20):
        while found(disk := on_disk(folder, *engines), GONE):  # noqa: ASYNC110 - a file's state
            await asyncio.sleep(0.1)
    return disk


async def chain_is_whole(file: Path) -> bool:
    """Does the audit log still say what it said?"""
    database = Database(f"sqlite:///{file}")
    async with database.reading() as session:
        report = await audit.verify(session)
    await database.close()
    return report.intact and report.entries > 0


async def test_what_was_on_its_way_to_a_service_comes_too_late(
    temporal: Client, tmp_path: Path
) -> None:
    async with a_real_ward(temporal, tmp_path, *SERVICES[:3]) as ward:
        gone = await lived(ward, GONE)
        await ward.tell("withdrawal", {"erase": True})
        await ward.shows(lambda shown: shown.get("done_at"), "/erasure")

        late = await ward.followup.put(
            f"/followup/v1/plans/{gone}/results/{gone}",
            json={"kind": "state", "at": DAY, "state": "PERSISTENT"},
        )

        assert late.status_code in (410, 422), late.text
        plan = await ward.followup.get(f"/followup/v1/plans/{gone}")
        assert plan.status_code == 410
