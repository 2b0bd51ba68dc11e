"""The engine of the simulation and the real one: the same story, the same reminders."""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import Client

from services.chassis.client import ServiceClient
from services.chassis.tokens import ServiceTokens, SigningKey, TokenMint
from services.coordination.client import CoordinationClient
from services.coordination.contract import Event, JourneyRequest, PatientOfJourney
from simulation.clock import Clock, live
from simulation.coordination import Coordination
from simulation.faults import CLINICS, Faults
from simulation.network import Network, serving
from simulation.processes import Process, owned
from simulation.temporal import Engine
from simulation.worker import Worker
from tests.workflows.conftest import keys, temporal, temporal_server
from tests.workflows.real_ward import EVERYTHING, a_real_ward, clinical_services
from workflows.journey import TioJourney
from workflows.worker import Services, activities_of

__all__ = ["keys", "temporal", "temporal_server"]

ORGANISATION, DAYS = "north", 60
Story = tuple[list[str], list[tuple[str, str, str, int, int]]]
"""The phases and questions in their order; each reminder with its day and hour after the start."""


async def test_the_same_story_has_the_same_reminders(temporal: Client, tmp_path: Path) -> None:
    began = datetime.now(UTC)
    async with a_real_ward(temporal, tmp_path, rehearsal=True) as ward:
        await ward.put(ward.journey, {"patient": {"id": "p-17"}})
        await ward.tell("observations", {"observations": []})
        asked = await ward.until("assessment", "proceed-to-localization")
        answer = {"task": asked["task"]["id"], "answer": "localize", "reason": "as the other"}
        await ward.tell("decision", answer)
        await ward.until("localization", None)
        assert (await ward.fast_forward(DAYS)).status_code == 200
        real = (
            _told((await ward.read("/timeline"))["entries"]),
            _said((await ward.read("/reminders"))["reminders"], began.date()),
        )
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert pool.submit(by_the_engine, began).result() == real
    assert len(real[1]) > 2


def by_the_engine(began: datetime) -> Story:
    """The story, told to the engine of the simulation."""
    clock = Clock(began)
    network = Network(Faults((), 1, clock, 1))
    with TemporaryDirectory() as folder, network.carrying():
        return live(clock, _story(clock, network, Path(folder)), network.address_of)


async def _story(clock: Clock, network: Network, folder: Path) -> Story:
    asyncio.get_running_loop().set_task_factory(owned)
    key = SigningKey.create_or_read(folder / "key.json")
    key.publish(folder / "jwks.json")
    tokens = ServiceTokens(TokenMint(key, "tio", "tio"), "workflows", EVERYTHING, 86_400 * 365)
    trusts = {"jwks": str(folder / "jwks.json"), "issuer": "tio", "audience": "tio"}
    engine = Engine(clock, Random(1))
    coordination = Coordination(folder / "coordination.db", network, engine, trusts)
    await coordination.migrate()
    clinic, app = Process("clinic"), clinical_services()
    clinic.begin()
    for name in CLINICS:
        network.host(name, clinic, serving(lambda: app))
    network.host("coordination", coordination, serving(coordination.current))
    clients = {name: ServiceClient(f"http://{name}", tokens) for name in (*CLINICS, "coordination")}
    worker = Worker(
        "worker-0", engine, TioJourney, lambda: activities_of(Services(**clients)), Random(2)
    )
    coordination.disk.after_commit = coordination.committed
    coordination.start()
    worker.start()

    hospital, journey = CoordinationClient(clients["coordination"]), uuid4()

    async def tell(kind: str, payload: dict[str, Any]) -> None:
        event = Event(id=uuid4(), kind=kind, occurred_at=clock.now(), payload=payload)
        await hospital.record_event(ORGANISATION, journey, event)
        await asyncio.sleep(5)

    about = JourneyRequest(patient=PatientOfJourney(id="p-17"))
    await hospital.start_journey(ORGANISATION, journey, about)
    await tell("observations", {"observations": []})
    asked = (await hospital.read_journey(ORGANISATION, journey)).task
    assert asked is not None
    await tell("decision", {"task": str(asked.id), "answer": "localize", "reason": "as the other"})
    await asyncio.sleep(timedelta(days=DAYS).total_seconds())
    return await _what_happened(hospital, journey, clock)


async def _what_happened(hospital: CoordinationClient, journey: UUID, clock: Clock) -> Story:
    timeline = await hospital.read_timeline(ORGANISATION, journey)
    reminders = await hospital.read_reminders(ORGANISATION, journey)
    began = clock.now() - timedelta(seconds=clock.seconds)
    entries = [one.model_dump(mode="json") for one in timeline.entries]
    said = [one.model_dump(mode="json") for one in reminders.reminders]
    return _told(entries), _said(said, began.date())


def _told(entries: list[dict[str, Any]]) -> list[str]:
    """What happened, as the timeline puts it; reminders are compared apart.

    A clock moved by hand is looked at once more, so the same conclusion may be drawn again.
    """
    told = (f"{one['what']} {one['detail']}" for one in entries if one["what"] != "reminder")
    return [line for line, _ in groupby(told)]


def _said(reminders: list[dict[str, Any]], first: date) -> list[tuple[str, str, str, int, int]]:
    """Each reminder: what, which step, what became of it, how many days after, at which hour."""
    return sorted(
        (
            one["rule"],
            one["rung"],
            one["status"],
            (datetime.fromisoformat(one["due_at"]).date() - first).days,
            datetime.fromisoformat(one["due_at"]).hour,
        )
        for one in reminders
    )
