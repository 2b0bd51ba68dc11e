"""The drill for PostgreSQL, with its own programs: dumped, lost, restored, still kept apart."""

import asyncio
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import func
from sqlmodel import select

from services.chassis import audit, migrations
from services.chassis.auth import Caller
from services.chassis.context import done_for
from services.chassis.database import Database
from services.coordination.erasure_log import note
from services.coordination.tables import JourneyRow
from services.coordination.upkeep_tables import ErasureRow
from tests import postgres
from tio.__main__ import main

NORTH, SOUTH = "north", "south"


def act(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one of the scripts as the server's owner would."""
    uri = psycopg.conninfo.conninfo_to_dict(postgres.server().get_uri())
    programs = Path(postgres.program("psql")).parent
    environ = os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PGHOST": str(uri["host"]),
        "PGUSER": str(uri["user"]),
        "PGPORT": str(uri.get("port", 5432)),
    }
    script = postgres.PREPARED / name
    return subprocess.run([script, folder], env=environ, capture_output=True, text=True)


def address(role: str) -> str:
    """Coordination's own database, as init.sql made it."""
    return postgres.signed_in_as(role, postgres.server().get_uri(database="coordination"))


async def journeys_begin(*journeys: UUID) -> None:
    """One journey for the north, the next for the south, and so on; all of it in the log."""
    database = Database(address(postgres.ACROSS), address(postgres.OWNER))
    await migrations.migrate(database, "coordination")
    now = datetime.now(UTC)
    for number, journey in enumerate(journeys):
        organisation = (NORTH, SOUTH)[number % 2]
        with done_for(organisation):
            async with database.transaction() as session:
                session.add(
                    JourneyRow(
                        organisation=organisation,
                        id=journey,
                        patient={"id": "p"},
                        patient_id="p",
                        request_hash="",
                        zone="UTC",
                        profile="x",
                        started_at=now,
                        as_of=now,
                        rank_at=now,
                    )
                )
                caller = Caller("lab", organisation)
                audit.record(session, caller, "create", "EpisodeOfCare", journey, journey)
    await database.close()


async def what_is_seen() -> tuple[int, int, bool, list[str]]:
    """By the north, by nobody; is the log whole, and what is missing?"""
    database = Database(address(postgres.ACROSS))
    count = select(func.count()).select_from(JourneyRow)
    with done_for(NORTH):
        async with database.reading() as session:
            by_north = (await session.exec(count)).one()
    async with database.reading() as session:
        by_nobody = (await session.exec(count)).one()
    async with database.across.reading() as session:
        whole = (await audit.verify(session)).intact
    pending = await migrations.pending(database, "coordination")
    await database.close()
    return by_north, by_nobody, whole, pending


def start_over() -> None:
    """The disk is gone; a new server has been prepared."""
    postgres.drop_database("coordination")
    postgres.make_database("coordination")


def test_what_was_dumped_while_in_use_comes_back_with_its_rights_and_policies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forgotten, theirs, other = uuid4(), uuid4(), uuid4()
    asyncio.run(journeys_begin(forgotten, theirs, other))
    dumped = act("backup.sh", tmp_path / "dumps")
    assert dumped.returncode == 0, dumped.stderr
    assert act("backup.sh", tmp_path / "dumps").returncode != 0, "never over another"
    assert "is not empty" in act("restore.sh", tmp_path / "dumps").stderr

    start_over()
    done = act("restore.sh", tmp_path / "dumps")
    assert done.returncode == 0, done.stderr
    assert asyncio.run(what_is_seen()) == (2, 0, True, [])

    log, now = tmp_path / "erasures.jsonl", datetime.now(UTC)
    for journey in (forgotten, uuid4()):
        asked = ErasureRow(
            organisation=NORTH,
            journey=journey,
            event=uuid4(),
            asked_by="lab",
            asked_at=now,
            next_try_at=now,
        )
        note(log, asked)
    monkeypatch.setenv("TIO_COORDINATION_OWNER_DATABASE_URL", address(postgres.OWNER))
    for expected in ("1 repeated, 0 known already", "0 repeated, 2 known already"):
        assert main(["forget-again", str(log)]) == 0
        assert expected in capsys.readouterr().out

    with (tmp_path / "dumps" / "coordination.dump").open("ab") as dump:
        dump.write(b"x")
    refused = act("restore.sh", tmp_path / "dumps")
    assert refused.returncode != 0
    assert "coordination.dump: FAILED" in refused.stdout + refused.stderr
