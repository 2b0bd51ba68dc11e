"""A reply is a promise that was kept."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from services.chassis.database import Database
from tests.services.chassis.conftest import a_note
from tests.services.chassis.toy.tables import Note


async def _notes(app: FastAPI) -> int:
    async with app.state.database.across.reading() as session:
        count: int = (await session.exec(select(func.count()).select_from(Note))).one()
        return count


async def test_what_was_answered_is_stored(app: FastAPI, toy: httpx2.AsyncClient) -> None:
    reply = await toy.post("/toy/v1/notes", json=a_note())

    assert reply.status_code == 201
    assert await _notes(app) == 1
    shown = await toy.get(f"/toy/v1/notes/{reply.json()['id']}")
    assert shown.json() == reply.json() | {"written_at": "2026-03-01T07:00:00Z"}


async def test_a_commit_that_fails_is_never_answered_as_done(
    app: FastAPI, toy: httpx2.AsyncClient
) -> None:
    place = f"/toy/v1/late-failures/{uuid4()}"
    first = await toy.post(place, json=a_note())
    second = await toy.post(place, json=a_note())

    assert (first.status_code, second.status_code) == (201, 500)
    assert second.headers["content-type"] == "application/problem+json"
    assert await _notes(app) == 1


async def test_a_request_that_breaks_stores_nothing(app: FastAPI, toy: httpx2.AsyncClient) -> None:
    assert (await toy.post("/toy/v1/failures", json=a_note())).status_code == 500
    assert await _notes(app) == 0


async def test_background_work_is_kept_whole_or_not_at_all(
    app: FastAPI, toy: httpx2.AsyncClient
) -> None:
    database: Database = app.state.database
    note_id, now = uuid4(), datetime.now(UTC)

    async def add_twice() -> None:
        async with database.across.transaction() as session:
            for _ in range(2):
                session.add(
                    Note(id=note_id, organisation="o", patient="p", words="w", written_at=now)
                )
                await session.flush()
                session.expunge_all()

    with pytest.raises(IntegrityError):
        await add_twice()
    assert await _notes(app) == 0


async def test_an_instant_comes_back_as_it_was(app: FastAPI, toy: httpx2.AsyncClient) -> None:
    database: Database = app.state.database
    in_beijing = datetime(2026, 3, 1, 9, 0, 0, 123456, timezone(timedelta(hours=8)))
    note_id = uuid4()
    async with database.across.transaction() as session:
        session.add(
            Note(id=note_id, organisation="o", patient="p", words="w", written_at=in_beijing)
        )
    async with database.across.reading() as session:
        note = (await session.exec(select(Note).where(Note.id == note_id))).one()

    assert note.written_at == in_beijing
    assert note.written_at.utcoffset() == timedelta(0)


async def test_many_writers_at_once_all_succeed(app: FastAPI, toy: httpx2.AsyncClient) -> None:
    replies = await asyncio.gather(
        *(toy.post("/toy/v1/notes", json=a_note(words=str(n))) for n in range(20))
    )

    assert {reply.status_code for reply in replies} == {201}
    assert await _notes(app) == 20
