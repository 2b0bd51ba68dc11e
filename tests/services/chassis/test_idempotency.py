"""A POST that is repeated is answered, not done, again."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func
from sqlmodel import select

from services.chassis import idempotency
from services.chassis.tokens import TokenMint
from tests.services.chassis.conftest import EVERYTHING, a_note, served
from tests.services.chassis.toy.app import create_app
from tests.services.chassis.toy.tables import Note

KEY = {"Idempotency-Key": "k-1"}


async def _notes(app: FastAPI) -> int:
    async with app.state.database.across.reading() as session:
        count: int = (await session.exec(select(func.count()).select_from(Note))).one()
        return count


async def test_a_repeated_post_repeats_its_answer(app: FastAPI, toy: httpx2.AsyncClient) -> None:
    first = await toy.post("/toy/v1/notes", json=a_note(), headers=KEY)
    again = await toy.post("/toy/v1/notes", json=a_note(), headers=KEY)

    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again.headers["content-type"] == "application/json"
    assert await _notes(app) == 1


async def test_the_same_key_with_another_body_is_refused(
    app: FastAPI, toy: httpx2.AsyncClient
) -> None:
    await toy.post("/toy/v1/notes", json=a_note(), headers=KEY)
    other = await toy.post("/toy/v1/notes", json=a_note(words="other"), headers=KEY)

    assert other.status_code == 422
    assert await _notes(app) == 1


async def test_without_a_key_every_post_counts(app: FastAPI, toy: httpx2.AsyncClient) -> None:
    for _ in range(2):
        assert (await toy.post("/toy/v1/notes", json=a_note())).status_code == 201
    assert await _notes(app) == 2


async def test_two_organisations_may_use_the_same_key(
    app: FastAPI, toy: httpx2.AsyncClient, mint: TokenMint
) -> None:
    south = KEY | {"Authorization": f"Bearer {mint.mint('lab', 'south', EVERYTHING)}"}
    first = await toy.post("/toy/v1/notes", json=a_note(), headers=KEY)
    second = await toy.post("/toy/v1/notes", json=a_note(words="x"), headers=south)

    assert (first.status_code, second.status_code) == (201, 201)


async def test_a_post_that_failed_may_be_tried_again(app: FastAPI, toy: httpx2.AsyncClient) -> None:
    wrong = await toy.post("/toy/v1/notes", json=a_note(words=None), headers=KEY)
    right = await toy.post("/toy/v1/notes", json=a_note(), headers=KEY)

    assert (wrong.status_code, right.status_code) == (422, 201)


async def test_many_at_once_are_done_once(app: FastAPI, toy: httpx2.AsyncClient) -> None:
    replies = await asyncio.gather(
        *(toy.post("/toy/v1/notes", json=a_note(), headers=KEY) for _ in range(10))
    )

    done = [reply for reply in replies if reply.status_code == 201]
    assert {reply.status_code for reply in replies} <= {201, 409}
    assert len({reply.content for reply in done}) == 1
    assert await _notes(app) == 1


async def test_many_at_once_in_two_processes_are_done_once(
    app: FastAPI, toy: httpx2.AsyncClient, mint: TokenMint
) -> None:
    other_app = create_app(app.state.settings)  # shares nothing with the first but the database
    async with served(other_app, mint.mint("lab", "north", EVERYTHING)) as other:
        replies = await asyncio.gather(
            *(
                client.post("/toy/v1/notes", json=a_note(), headers=KEY)
                for _ in range(5)
                for client in (toy, other)
            )
        )

    assert {reply.status_code for reply in replies} <= {201, 409}
    assert await _notes(app) == 1


@pytest.mark.parametrize("unfit", ["", "x" * 256])
async def test_a_key_that_cannot_be_kept_is_refused(toy: httpx2.AsyncClient, unfit: str) -> None:
    reply = await toy.post("/toy/v1/notes", json=a_note(), headers={"Idempotency-Key": unfit})
    assert reply.status_code == 422


async def test_kept_answers_are_forgotten_in_time(app: FastAPI, toy: httpx2.AsyncClient) -> None:
    first = await toy.post("/toy/v1/notes", json=a_note(), headers=KEY)

    async with app.state.database.across.transaction() as session:
        await idempotency.forget(session, datetime.now(UTC) - timedelta(days=1))
    again = await toy.post("/toy/v1/notes", json=a_note(), headers=KEY)
    assert again.content == first.content

    async with app.state.database.across.transaction() as session:
        await idempotency.forget(session, datetime.now(UTC) + timedelta(days=1))
    later = await toy.post("/toy/v1/notes", json=a_note(), headers=KEY)
    assert later.json()["id"] != first.json()["id"]
