"""An erasure that was promised is done, whoever dies or is away on the way, and done only once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlmodel import SQLModel, select

from services.chassis import audit
from services.chassis.tokens import TokenMint
from services.coordination import forgetting
from services.coordination.data_keys import DataKeys
from services.coordination.erased_before import Outcome as RepeatedAs
from services.coordination.erased_before import repeat
from services.coordination.erasure_log import AskedBefore
from services.coordination.settings import CoordinationSettings
from services.coordination.tables import CoordinationTables, EventRow, MomentRow, OutboxRow
from services.coordination.upkeep_contract import KEY_SCOPE
from tests.services.coordination.builders import (
    PATIENT,
    a_conclusion,
    a_journey,
    a_progress,
    an_event,
    an_obligation,
    path,
    reported,
    started,
    told,
)
from tests.services.coordination.conftest import EVERYTHING, Engine, app_of, served, until
from workflows.codec import KeyRing

RING = KeyRing("a", {"a": bytes(range(32))})
SERVICES = ("assessment", "localization", "followup")
WORDS = "Plantedwords of a clinician"


class Neighbours:
    """The three services: what they were asked to forget; each can fail before or after it did."""

    def __init__(self) -> None:
        self.forgot: dict[str, list[UUID]] = {name: [] for name in SERVICES}
        self.fails: dict[str, list[str]] = {}

    def ask(self) -> dict[str, Any]:
        """As coordination is given them."""
        return {name: self._eraser(name) for name in SERVICES}

    def _eraser(self, name: str) -> Any:
        async def erase(organisation: str, record: UUID) -> None:
            troubles = self.fails.get(name, [])
            trouble = troubles.pop(0) if troubles else None
            if trouble == "before":
                raise ConnectionError("away")
            self.forgot[name].append(record)
            if trouble == "after":
                raise ConnectionError("it was done, and the answer got lost")

        return erase


@pytest.fixture
def neighbours() -> Neighbours:
    """Three services that forget what they are asked to."""
    return Neighbours()


@asynccontextmanager
async def coordination(
    settings: CoordinationSettings, engine: Engine, neighbours: Neighbours, mint: TokenMint
) -> AsyncIterator[httpx2.AsyncClient]:
    """Coordination with keys, and with somebody to ask."""
    token = mint.mint("dr-lin", "north", (*EVERYTHING, KEY_SCOPE), 3600)
    keys, ask = DataKeys(RING), neighbours.ask()
    async with served(settings, engine, token, keys=keys, ask_to_erase=ask) as client:
        yield client


async def lived(api: httpx2.AsyncClient) -> UUID:
    """A journey with words in every place that takes words."""
    journey = await started(api)
    result = an_event(source=WORDS)
    assert (await told(api, journey, result)).status_code == 202
    settled = {"outcome": "refused", "reason": WORDS}
    await api.put(f"{path(journey)}/events/{result['id']}/outcome", json=settled)
    owed = an_obligation(because=WORDS)
    progress = a_progress(1, conclusion=a_conclusion(owed, because_of=[WORDS]))
    await reported(api, journey, progress)
    return journey


async def asked(api: httpx2.AsyncClient, journey: UUID, **changes: Any) -> httpx2.Response:
    """Somebody withdraws, and wants to be forgotten."""
    event = an_event("withdrawal", payload={"erase": True}) | changes
    return await told(api, journey, event)


async def done(api: httpx2.AsyncClient, journey: UUID) -> bool:
    """Has everybody done their part?"""
    return (await api.get(f"{path(journey)}/erasure")).json()["done_at"] is not None


async def everything(api: httpx2.AsyncClient) -> str:
    """Every value of every row of every table."""
    async with app_of(api).state.database.across.reading() as session:
        connection = await session.connection()
        tables = CoordinationTables.metadata.sorted_tables
        return str([(await connection.execute(table.select())).all() for table in tables])


async def test_of_the_erased_no_word_is_left_and_of_the_neighbour_every_one(
    settings: CoordinationSettings, engine: Engine, neighbours: Neighbours, mint: TokenMint
) -> None:
    async with coordination(settings, engine, neighbours, mint) as api:
        journey = await lived(api)
        before = await everything(api)
        assert PATIENT in before
        assert WORDS in before

        assert (await asked(api, journey)).status_code == 202
        await until(lambda: done(api, journey))

        after = await everything(api)
        assert PATIENT not in after
        assert WORDS not in after
        assert str(journey) in after or journey.hex in after, "ids stay"
        assert (await api.get(f"{path(journey)}/key")).status_code == 410
        assert engine.ended[0] == journey
        assert neighbours.forgot == {name: [journey] for name in SERVICES}
        async with app_of(api).state.database.across.reading() as session:
            assert (await audit.verify(session)).intact

        other = await lived(api)
        assert (await api.get(path(other))).json()["patient_id"] == PATIENT
        assert WORDS in await everything(api)


async def test_who_began_after_the_backup_and_was_forgotten_is_not_begun_again_by_a_sender(
    settings: CoordinationSettings, engine: Engine, neighbours: Neighbours, mint: TokenMint
) -> None:
    journey = uuid4()
    listed = AskedBefore(
        organisation="north", journey=journey, event=uuid4(), asked_at=datetime.now(UTC)
    )
    async with coordination(settings, engine, neighbours, mint) as api:
        database = app_of(api).state.database
        assert await repeat(database, listed) is RepeatedAs.UNKNOWN_JOURNEY
        assert await repeat(database, listed) is RepeatedAs.KNOWN
        await until(lambda: done(api, journey))

        assert (await api.put(path(journey), json=a_journey())).status_code == 409
        assert (await told(api, journey, an_event())).status_code == 409
        assert PATIENT not in await everything(api)
        # Their copies may be later than coordination's.
        assert neighbours.forgot == {name: [journey] for name in SERVICES}
        assert engine.told == []


STEPS = ["run", *SERVICES, "run again"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("trouble", ["before", "after"])
async def test_trouble_at_any_step_ends_the_same(
    step: str,
    trouble: str,
    settings: CoordinationSettings,
    engine: Engine,
    neighbours: Neighbours,
    mint: TokenMint,
) -> None:
    if step in SERVICES:
        neighbours.fails[step] = [trouble]
    else:
        engine.end_fails = [trouble] if step == "run" else [None, trouble]
    async with coordination(settings, engine, neighbours, mint) as api:
        journey = await lived(api)
        await asked(api, journey)
        await until(lambda: done(api, journey))

        left = await everything(api)
        assert PATIENT not in left
        assert WORDS not in left
        assert {frozenset(forgot) for forgot in neighbours.forgot.values()} == {
            frozenset([journey])
        }


@pytest.mark.parametrize("away", [*SERVICES, "engine"])
async def test_who_dies_on_the_way_goes_on_when_it_is_there_again(
    away: str,
    settings: CoordinationSettings,
    engine: Engine,
    neighbours: Neighbours,
    mint: TokenMint,
) -> None:
    neighbours.fails = {away: ["before"] * 1000}
    engine.away = away == "engine"
    async with coordination(settings, engine, neighbours, mint) as api:
        journey = await started(api)
        await asked(api, journey)

        async def has_tried() -> bool:
            return bool((await api.get(f"{path(journey)}/erasure")).json()["problem"])

        await until(has_tried)
        shown = (await api.get(f"{path(journey)}/erasure")).json()
        assert shown["done_at"] is None
        assert ("run" if away == "engine" else away) in shown["waiting_for"]
        assert (await api.get(path(journey))).json()["phase"] == "closed", "it closed at once"

    neighbours.fails, engine.away = {}, False
    async with coordination(settings, engine, neighbours, mint) as api:
        await until(lambda: done(api, journey))
        assert PATIENT not in await everything(api)


async def test_an_erased_journey_hears_and_reports_nothing_any_more(
    settings: CoordinationSettings, engine: Engine, neighbours: Neighbours, mint: TokenMint
) -> None:
    async with coordination(settings, engine, neighbours, mint) as api:
        journey = await lived(api)
        await asked(api, journey)

        late = a_progress(7, conclusion=a_conclusion(an_obligation(because=WORDS)))
        assert await reported(api, journey, late) is None
        assert (await told(api, journey, an_event())).status_code == 409
        await until(lambda: done(api, journey))
        assert await reported(api, journey, late) is None
        assert WORDS not in await everything(api)
        assert (await api.get(path(journey))).json()["phase"] == "closed"


async def test_asking_twice_and_asking_for_a_closed_journey_are_no_mistake(
    settings: CoordinationSettings, engine: Engine, neighbours: Neighbours, mint: TokenMint
) -> None:
    async with coordination(settings, engine, neighbours, mint) as api:
        journey = await lived(api)
        await reported(api, journey, a_progress(2, phase="closed"))
        event = an_event("withdrawal", payload={"erase": True})

        first, second = await told(api, journey, event), await told(api, journey, event)
        assert (first.json()["repeated"], second.json()["repeated"]) == (False, True)
        assert (await asked(api, journey)).status_code == 202
        await until(lambda: done(api, journey))
        assert PATIENT not in await everything(api)
        assert (await told(api, journey, event)).json()["repeated"] is True
        assert neighbours.forgot["followup"] == [journey]


async def test_who_was_merged_is_erased_in_every_record_and_both_journeys(
    settings: CoordinationSettings, engine: Engine, neighbours: Neighbours, mint: TokenMint
) -> None:
    async with coordination(settings, engine, neighbours, mint) as api:
        survivor, other = await lived(api), await lived(api)
        merge = an_event("merge", payload={"other": str(other), "reason": "the same person"})
        assert (await told(api, survivor, merge)).status_code == 202, "they are one"
        state: dict[str, Any] = {"state": {}}
        joined = await api.put(f"{path(survivor)}/merges/{merge['id']}", json=state)
        assert joined.status_code == 200, joined.text
        assert (await api.get(path(other))).json()["merged_into"] == str(survivor)

        await asked(api, survivor)
        await until(lambda: done(api, survivor))
        await until(lambda: done(api, other))

        left = await everything(api)
        assert PATIENT not in left
        assert WORDS not in left
        for name in SERVICES:
            assert {survivor, other} < set(neighbours.forgot[name]), "and the record of both"


@pytest.mark.parametrize("erase", ["yes", 1, "true", None])
async def test_what_may_not_have_been_meant_is_asked_back(
    erase: object,
    settings: CoordinationSettings,
    engine: Engine,
    neighbours: Neighbours,
    mint: TokenMint,
) -> None:
    async with coordination(settings, engine, neighbours, mint) as api:
        journey = await started(api)
        answer = await asked(api, journey, payload={"erase": erase})

        assert answer.status_code == 422
        assert (await api.get(f"{path(journey)}/erasure")).status_code == 404


async def test_a_plain_withdrawal_erases_nobody(
    settings: CoordinationSettings, engine: Engine, neighbours: Neighbours, mint: TokenMint
) -> None:
    async with coordination(settings, engine, neighbours, mint) as api:
        journey = await started(api)
        assert (await told(api, journey, an_event("withdrawal", payload={}))).status_code == 202

        assert (await api.get(f"{path(journey)}/erasure")).status_code == 404
        async with app_of(api).state.database.across.reading() as session:
            assert (await session.exec(select(EventRow))).one().payload == {}


def test_no_table_of_a_journeys_words_is_overlooked() -> None:
    def tables(*rows: type[SQLModel]) -> set[str]:
        return {str(row.__tablename__) for row in rows}

    looked_at = tables(*forgetting.BLANKED, *forgetting.IDS_ONLY, MomentRow, OutboxRow)
    of_a_journey = {
        table.name
        for table in CoordinationTables.metadata.sorted_tables
        if "journey" in table.columns
    }
    assert of_a_journey == looked_at, "say in forgetting.py what is forgotten of it"


async def test_nobody_is_erased_of_whom_there_is_no_journey(
    settings: CoordinationSettings, engine: Engine, neighbours: Neighbours, mint: TokenMint
) -> None:
    async with coordination(settings, engine, neighbours, mint) as api:
        assert (await asked(api, uuid4())).status_code == 404
