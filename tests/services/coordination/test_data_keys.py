"""A key for each journey: given to workers alone, sealed, and never made again once destroyed."""

import base64
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlmodel import select

from services.chassis.tokens import TokenMint
from services.coordination import data_keys
from services.coordination.data_keys import DataKeys
from services.coordination.settings import CoordinationSettings
from services.coordination.upkeep_contract import KEY_SCOPE
from services.coordination.upkeep_tables import JourneyKeyRow
from tests.services.coordination.builders import path, started
from tests.services.coordination.conftest import EVERYTHING, Engine, app_of, served
from workflows.codec import KeyRing

FIRST, SECOND = bytes(range(32)), bytes(range(1, 33))
RING = KeyRing("a", {"a": FIRST})
KEY_BYTES = 32


@pytest.fixture
async def api(
    settings: CoordinationSettings, engine: Engine, mint: TokenMint
) -> AsyncIterator[httpx2.AsyncClient]:
    """Coordination as a worker asks it."""
    token = mint.mint("workflows", "north", (*EVERYTHING, KEY_SCOPE), 3600)
    async with served(settings, engine, token, keys=DataKeys(RING)) as client:
        yield client


async def key(api: httpx2.AsyncClient, journey: UUID) -> bytes:
    """The key of this journey, opened with the ring."""
    answer = await api.get(f"{path(journey)}/key")
    assert answer.status_code == 200, answer.text
    sealed = answer.json()
    return RING.decrypt(sealed["ring_key"], base64.b64decode(sealed["sealed"]))


async def test_every_journey_has_its_own_key_and_it_stays_the_same(api: httpx2.AsyncClient) -> None:
    one, other = await started(api), await started(api)

    first = await key(api, one)
    assert len(first) == KEY_BYTES
    assert await key(api, one) == first
    assert await key(api, other) != first


async def test_a_key_leaves_only_sealed(api: httpx2.AsyncClient) -> None:
    journey = await started(api)

    clear = await key(api, journey)
    answer = await api.get(f"{path(journey)}/key")

    assert base64.b64encode(clear).decode() not in answer.text
    assert clear not in base64.b64decode(answer.json()["sealed"])


async def test_who_may_do_everything_is_still_not_given_a_key(
    api: httpx2.AsyncClient, mint: TokenMint
) -> None:
    journey = await started(api)
    for scopes in (EVERYTHING, ("system/*.*",), ("system/JourneyKey.r",)):
        token = mint.mint("operator", "north", scopes, 3600)
        answer = await api.get(f"{path(journey)}/key", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 403, scopes


async def test_another_organisation_finds_no_key(api: httpx2.AsyncClient, mint: TokenMint) -> None:
    journey = await started(api)
    token = mint.mint("workflows", "south", (*EVERYTHING, KEY_SCOPE), 3600)

    for id in (journey, uuid4()):
        answer = await api.get(f"{path(id)}/key", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 404


async def test_a_journey_from_before_there_were_keys_gets_one_when_it_is_asked_for(
    api: httpx2.AsyncClient,
) -> None:
    journey = await started(api)
    async with app_of(api).state.database.across.transaction() as session:
        await session.delete(await session.get(JourneyKeyRow, ("north", journey)))

    assert await key(api, journey) == await key(api, journey)


async def test_a_destroyed_key_is_gone_and_is_not_made_again(api: httpx2.AsyncClient) -> None:
    journey, neighbour = await started(api), await started(api)
    async with app_of(api).state.database.across.transaction() as session:
        for _ in range(2):
            await data_keys.destroy(session, "north", journey)

    for _ in range(2):
        assert (await api.get(f"{path(journey)}/key")).status_code == 410
    assert len(await key(api, neighbour)) == KEY_BYTES


async def test_after_a_rotation_every_key_is_sealed_anew_and_stays_the_same(
    api: httpx2.AsyncClient,
) -> None:
    journeys = [await started(api) for _ in range(3)]
    before = [await key(api, journey) for journey in journeys]
    database = app_of(api).state.database
    rotated = DataKeys(KeyRing("b", {"a": FIRST, "b": SECOND}))
    rotated.kept_in(database.across)

    assert await rotated.seal_anew() == len(journeys)
    assert await rotated.seal_anew() == 0

    async with database.across.reading() as session:
        rows = {row.journey: row for row in (await session.exec(select(JourneyKeyRow))).all()}
    assert {row.ring_key for row in rows.values()} == {"b"}
    without_the_old = KeyRing("b", {"b": SECOND})
    opened = [without_the_old.decrypt("b", rows[id].sealed or b"") for id in journeys]
    assert opened == before
