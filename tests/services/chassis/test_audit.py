"""Whatever is done to the log afterwards is seen."""

import asyncio
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from services.chassis import audit
from services.chassis.auth import Caller
from services.chassis.database import Database
from services.chassis.tables import AUDIT_ENTRY
from tests.services.chassis.conftest import a_note


async def _five_entries(toy: httpx2.AsyncClient) -> None:
    note = (await toy.post("/toy/v1/notes", json=a_note())).json()
    for _ in range(4):
        await toy.get(f"/toy/v1/notes/{note['id']}")


async def _verify(app: FastAPI) -> audit.ChainReport:
    async with app.state.database.across.reading() as session:
        return await audit.verify(session)


async def test_every_read_and_change_is_in_the_log(app: FastAPI, toy: httpx2.AsyncClient) -> None:
    reply = await toy.post("/toy/v1/notes", json=a_note())
    await toy.get(f"/toy/v1/notes/{reply.json()['id']}")

    async with app.state.database.across.reading() as session:
        entries = await audit.entries(session)
    assert [entry["action"] for entry in entries] == ["create", "read"]
    assert {entry["organisation"] for entry in entries} == {"north"}
    assert {entry["subject"] for entry in entries} == {"lab"}
    assert {entry["patient"] for entry in entries} == {"p-1"}
    assert {entry["record_id"] for entry in entries} == {reply.json()["id"]}
    assert {entry["address"] for entry in entries} == {"127.0.0.1"}
    assert entries[0]["request_id"] == reply.headers["x-request-id"]


async def test_whom_the_log_means_can_be_forgotten_and_the_chain_stays_whole(
    app: FastAPI, toy: httpx2.AsyncClient
) -> None:
    await _five_entries(toy)
    async with app.state.database.across.reading() as session:
        written = (await (await session.connection()).execute(select(AUDIT_ENTRY))).mappings().all()
    assert len({entry["patient"] for entry in written}) == 1
    assert "p-1" not in str(written), "the chain itself never named anybody"

    async with app.state.database.across.transaction() as session:
        await audit.forget(session, "south", "p-1")
        assert {entry["patient"] for entry in await audit.entries(session)} == {"p-1"}
        await audit.forget(session, "north", "p-1")
        assert {entry["patient"] for entry in await audit.entries(session)} == {
            written[0]["patient"]
        }
    assert (await _verify(app)).intact


async def test_an_empty_log_and_a_full_one_are_intact(
    app: FastAPI, toy: httpx2.AsyncClient
) -> None:
    assert await _verify(app) == audit.ChainReport(intact=True, entries=0)
    await _five_entries(toy)
    assert await _verify(app) == audit.ChainReport(intact=True, entries=5)


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE audit_entry SET subject = 'lax' WHERE number = 3", 3),
        ("UPDATE audit_entry SET patient = NULL WHERE number = 2", 2),
        ("UPDATE audit_entry SET hash = 'f' || substr(hash, 2, 62) || 'x' WHERE number = 4", 4),
        ("DELETE FROM audit_entry WHERE number = 1", 1),
        ("DELETE FROM audit_entry WHERE number = 3", 3),
        ("DELETE FROM audit_entry WHERE number >= 4", 4),
        ("DELETE FROM audit_entry", 1),
        ("DELETE FROM audit_head", 6),
        ("UPDATE audit_head SET entries = 4", 6),
        (
            "UPDATE audit_entry SET number = 99 WHERE number = 2;"
            "UPDATE audit_entry SET number = 2 WHERE number = 3;"
            "UPDATE audit_entry SET number = 3 WHERE number = 99",
            2,
        ),
        (
            "DELETE FROM audit_entry WHERE number = 2;"
            "UPDATE audit_entry SET number = number - 1 WHERE number = 3;"
            "UPDATE audit_entry SET number = number - 1 WHERE number = 4;"
            "UPDATE audit_entry SET number = number - 1 WHERE number = 5;"
            "UPDATE audit_head SET entries = 4",
            2,
        ),
    ],
)
async def test_tampering_is_found(
    app: FastAPI, toy: httpx2.AsyncClient, tampering: str, broken_at: int
) -> None:
    await _five_entries(toy)
    # The service's own role may not; whoever owns the tables can.
    owner = Database(app.state.database.owner_url)
    async with owner.transaction() as session:
        connection = await session.connection()
        for statement in tampering.split(";"):
            await connection.execute(text(statement))
    await owner.close()

    report = await _verify(app)
    assert not report.intact
    assert report.broken_at == broken_at


async def test_the_chain_holds_when_many_write_at_once(
    app: FastAPI, toy: httpx2.AsyncClient
) -> None:
    note = (await toy.post("/toy/v1/notes", json=a_note())).json()
    await asyncio.gather(*(toy.get(f"/toy/v1/notes/{note['id']}") for _ in range(30)))

    assert await _verify(app) == audit.ChainReport(intact=True, entries=31)


async def test_the_first_entries_of_a_log_may_come_at_once(
    app: FastAPI, toy: httpx2.AsyncClient
) -> None:
    await asyncio.gather(*(toy.post("/toy/v1/notes", json=a_note()) for _ in range(10)))

    assert await _verify(app) == audit.ChainReport(intact=True, entries=10)


async def test_what_was_rolled_back_is_not_in_the_log(
    app: FastAPI, toy: httpx2.AsyncClient
) -> None:
    async def change_and_fail() -> None:
        async with app.state.database.across.transaction() as session:
            audit.record(session, Caller.of("relay", "north", ""), "update", "Note", uuid4())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_and_fail()
    assert (await _verify(app)).entries == 0
