"""One run: everybody is put together, lives through the years, and is watched at every step."""

import asyncio
import logging
import os
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid5

from sqlalchemy.exc import SAWarning

from services.chassis import audit
from services.chassis.client import ServiceClient, Unreachable
from services.chassis.database import Database
from services.chassis.logging import _StandardError
from services.chassis.tokens import ServiceTokens, SigningKey, TokenMint
from services.coordination.client import CoordinationClient
from services.coordination.contract import SubscriptionRequest
from simulation import receivers
from simulation.clinic import clinics
from simulation.clock import Clock, live
from simulation.coordination import Coordination, unsaid
from simulation.faults import EVERY_KIND, Faults, Spell
from simulation.hospital import ORGANISATION, Hospital
from simulation.inline_sqlite import Disk
from simulation.instance import Step
from simulation.invariants import Broken, Invariants
from simulation.log import Log
from simulation.network import ASKED, Answer, Asked, Network, serving
from simulation.patients import FAMILY, patients
from simulation.processes import Process, owned
from simulation.receivers import Receiver
from simulation.runs import Execution
from simulation.temporal import Engine
from simulation.worker import Worker
from workflows.journey import TioJourney
from workflows.worker import Services, activities_of

BEGAN = datetime(2027, 1, 4, 8, tzinfo=UTC)
EVERYTHING = ("system/*.cruds",)
ISSUER = "simulated"
TOKEN_SECONDS = 40 * 86_400
SETTLE_DAYS = 15.0
GRACE = timedelta(days=12)
SWEEP_DAYS = 61.0
DAY = 86_400.0
RESTART_SECONDS = (1.0, 90.0)
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be simulated."""

    patients: int
    years: float
    seed: int
    faults: tuple[str, ...] = EVERY_KIND
    workflow: type = TioJourney


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    plan: Plan
    digest: str
    broken: list[Broken]
    counted: dict[str, int]
    seconds: float
    patient_years: float
    rates: dict[str, float] = field(default_factory=dict)


class World:
    """Everything that takes part in one run."""

    def __init__(self, plan: Plan, folder: Path, show: Callable[[str], None] | None = None) -> None:
        self.plan, self._folder = plan, folder
        self.clock = Clock(BEGAN)
        self.log = Log(self.clock, show)
        self.faults = Faults(plan.faults, plan.seed, self.clock, plan.years)
        self.network = Network(self.faults)
        self._draw = Random(f"{plan.seed}/world")
        self._down: dict[str, int] = {}

    def live(self, progress: Callable[[float], None] | None = None) -> Outcome:
        """Let it happen; the answer is what came of it."""
        began = time.perf_counter()
        _be_quiet()
        # What is drawn for ids and pseudonyms orders the file's pages, and so when a disk is full.
        drawn = Random(f"{self.plan.seed}/ids").randbytes
        with (
            self.network.carrying(),
            patch.object(_StandardError, "error", _unheard),
            patch.object(os, "urandom", drawn),
        ):
            live(self.clock, self._live(progress), self.network.address_of)
        seconds = time.perf_counter() - began
        return self._outcome(seconds)

    # -- putting together -------------------------------------------------------------------------

    async def _live(self, progress: Callable[[float], None] | None) -> None:
        asyncio.get_running_loop().set_task_factory(owned)
        await self._set_up()
        # A hospital has patients of all ages of a journey: they come over half of the time.
        over_days = self.plan.years * 365 / 2
        everybody = patients(self.plan.patients, self.plan.seed, BEGAN.date(), over_days)
        self.hospital.admit(everybody)
        spells = asyncio.create_task(self._let_it_go_wrong())
        sweeps = asyncio.create_task(self._sweep_now_and_then(progress))
        await self._until_enough(self.plan.years * 365 * DAY)
        self.hospital.closed = self.faults.over = True
        if not self.invariants.enough.is_set():
            await spells
            sweeps.cancel()
            await self._until_enough(SETTLE_DAYS * DAY)
            await self._sweep(timedelta(days=SETTLE_DAYS - 2))
            self.invariants.finish()
        self.engine_counts = _engine_counts(self.engine)
        await self._verify_the_audit()

    async def _until_enough(self, seconds: float) -> None:
        """So long, or until so much is broken that it is no use to go on."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.invariants.enough.wait()

    async def _set_up(self) -> None:
        key = SigningKey.create_or_read(self._folder / "key.json")
        key.publish(self._folder / "jwks.json")
        mint = TokenMint(key, ISSUER, ISSUER)
        file = self._folder / "coordination.db"
        trusts = {
            "jwks": str(self._folder / "jwks.json"),
            "issuer": ISSUER,
            "audience": ISSUER,
        }
        self.engine = Engine(self.clock, Random(f"{self.plan.seed}/engine"))
        self.coordination = Coordination(file, self.network, self.engine, trusts)
        await self.coordination.migrate()
        self.invariants = Invariants(file, self.clock, self.faults)
        self._aside = Database(f"sqlite:///{file}")
        Disk().serve(self._aside)
        self._watch()
        tokens = {
            name: ServiceTokens(mint, name, EVERYTHING, TOKEN_SECONDS)
            for name in ("workflows", "hospital")
        }
        services = {
            name: ServiceClient(f"http://{name}", tokens["workflows"])
            for name in ("assessment", "localization", "followup", "coordination")
        }
        self._clinics = {clinic.name: clinic for clinic in clinics()}
        for clinic in self._clinics.values():
            clinic.begin()
            self.network.host(clinic.name, clinic, clinic.serve)
        self.network.host("coordination", self.coordination, serving(self.coordination.current))
        self.workers = [
            Worker(
                f"worker-{number}",
                self.engine,
                self.plan.workflow,
                lambda: activities_of(Services(**services)),
                Random(f"{self.plan.seed}/worker/{number}"),
            )
            for number in range(WORKERS)
        ]
        client = CoordinationClient(ServiceClient("http://coordination", tokens["hospital"]))
        self.hospital = Hospital(client, self.clock, self._acknowledged)
        self._receivers = [
            Receiver("hospital.example", self.faults, self._received, self.hospital.heard),
            Receiver("registry.example", self.faults, self._received),
        ]
        for receiver in self._receivers:
            receiver.begin()
            self.network.host(receiver.name, receiver, receiver.serve)
        self.coordination.start()
        self.hospital.begin()
        for worker in self.workers:
            worker.dies = self._worker_dies(worker)
            worker.stepped = self._stepped
            worker.call_failed = self._call_failed
            worker.deviated = self.invariants.replayed_otherwise
            worker.start()
        await self._subscribe(client)

    async def _subscribe(self, client: CoordinationClient) -> None:
        roles: tuple[list[str], ...] = ([], ["clinician", "supervisor"])
        for receiver, heard in zip(self._receivers, roles, strict=True):
            wanted = SubscriptionRequest(
                channel="webhook",
                url=f"http://{receiver.name}/reminders",
                secret=receivers.SECRET,
                roles=heard,
                digest=bool(heard),
            )
            id = uuid5(FAMILY, receiver.name)
            while True:
                with suppress(Unreachable):
                    await client.record_subscription(ORGANISATION, id, wanted)
                    break
                await asyncio.sleep(5)

    def _watch(self) -> None:
        disk, faults = self.coordination.disk, self.faults
        disk.before_commit = faults.before_commit(self._kill_coordination)
        disk.after_commit = self._committed
        self.network.answered = self._answered
        self.engine.rested = self._rested
        self.engine.failed = self.invariants.step_failed
        self.invariants.said = self.log.write

    # -- what is looked at ------------------------------------------------------------------------

    def _committed(self) -> None:
        asked = ASKED.get()
        self.coordination.committed()
        self.invariants.committed(_journey_in(asked.path) if asked else None)
        if self.faults.strikes("kill-coordination"):
            self._kill_coordination()

    def _answered(self, asked: Asked, answer: Answer) -> None:
        status, body = answer
        if status == 0:
            self.faults.explained += 1
        self.log.write(asked.method, asked.path, f"{asked.source} {asked.target} {status}")
        journey = _journey_in(asked.path)
        if status == 200 and journey and _asks_when_to_wake(asked):
            self.invariants.told_to_wake(str(UUID(journey)), body)

    def _acknowledged(self, journey: UUID, event: UUID, kind: str) -> None:
        self.log.write("acknowledged", str(journey), f"{kind} {event}")
        self.invariants.acknowledged(journey, event, kind)

    def _received(self, receiver: str, said: dict[str, Any]) -> None:
        about = f"{said['rule']} {said['occurrence']} {said['rung']} {said['recipient']}"
        self.log.write("received", said["journey"], f"{receiver} {about} late={said['late']}")
        self.invariants.received(receiver, said)

    def _stepped(self, workflow_id: str, step: Step) -> None:
        self.log.write("step", workflow_id, f"{len(step.jobs)} {len(step.commands)}")

    def _call_failed(self, call: str, why: str) -> None:
        self.log.write("call-failed", call, why)

    def _rested(self, execution: Execution) -> None:
        self.invariants.rested(execution)

    async def _sweep_now_and_then(self, progress: Callable[[float], None] | None) -> None:
        while True:
            await asyncio.sleep(SWEEP_DAYS * DAY)
            await self._sweep(GRACE)
            if progress is not None:
                progress(self.clock.seconds / (self.plan.years * 365 * DAY))

    async def _sweep(self, grace: timedelta) -> None:
        self.invariants.sweep(grace)
        since = self.clock.now() - grace
        for life in self.hospital.lives.values():
            if life.started.is_set() and not life.is_away:
                journey = life.patient.journey
                left = await unsaid(self._aside, ORGANISATION, journey, since)
                if left:
                    self.invariants.left_unsaid(str(journey), left, since)

    async def _verify_the_audit(self) -> None:
        async with self._aside.reading() as session:
            report = await audit.verify(session)
        if not report.intact:
            self.invariants.audit_is_broken(str(report.because))
        # The last seal is over everything that was ever asked, ids included: so is the run's hash.
        entries, seal = self.invariants.sealed
        self.log.write("sealed", "audit", f"{entries} {seal}")

    # -- what goes wrong --------------------------------------------------------------------------

    def _worker_dies(self, worker: Worker) -> Callable[[str], bool]:
        def dies(where: str) -> bool:
            if not self.faults.strikes("kill-worker"):
                return not worker.alive
            self._restart(worker, worker.kill, worker.start)
            return True

        return dies

    def _kill_coordination(self) -> None:
        one = self.coordination
        one.alive = False
        asyncio.get_running_loop().call_soon(self._restart, one, one.kill, one.start)

    def _restart(
        self, process: Process, kill: Callable[[], None], start: Callable[[], None]
    ) -> None:
        """kill -9, and somebody starts it again soon."""
        self.log.write("killed", process.name)
        self._go_down(process.name, kill)
        wait = self._draw.uniform(*RESTART_SECONDS)
        asyncio.get_running_loop().call_later(wait, self._come_up, process.name, start)

    def _go_down(self, name: str, kill: Callable[[], None]) -> None:
        self._down[name] = self._down.get(name, 0) + 1
        if self._down[name] == 1:
            kill()

    def _come_up(self, name: str, start: Callable[[], None]) -> None:
        self._down[name] -= 1
        if self._down[name] == 0:
            self.log.write("up", name)
            start()

    async def _let_it_go_wrong(self) -> None:
        running = []
        for spell in self.faults.spells:
            await asyncio.sleep(max(0.0, spell.begins - self.clock.seconds))
            if self.faults.over:
                break
            running.append(asyncio.create_task(self._spell(spell)))
        await asyncio.gather(*running)

    async def _spell(self, spell: Spell) -> None:
        self.faults.note(spell.kind)
        self.log.write("begins", spell.kind)
        begin, end = self._acts_of(spell)
        begin()
        await asyncio.sleep(max(0.0, spell.ends - self.clock.seconds))
        end()
        self.faults.explained += 1
        self.log.write("ends", spell.kind)

    def _acts_of(self, spell: Spell) -> tuple[Callable[[], None], Callable[[], None]]:
        match spell.kind:
            case "kill-temporal":
                return self._down_and_up("temporal", self.engine.go_down, self.engine.come_up)
            case "coordination-down":
                one = self.coordination
                return self._down_and_up(one.name, one.kill, one.start)
            case "worker-down":
                worker = self.workers[int(spell.chosen * len(self.workers))]
                return self._down_and_up(worker.name, worker.kill, worker.start)
            case "clinic-down":
                clinic = list(self._clinics.values())[int(spell.chosen * len(self._clinics))]
                return self._down_and_up(clinic.name, clinic.kill, clinic.begin)
            case "receiver-down":
                receiver = self._receivers[int(spell.chosen * len(self._receivers))]
                return self._down_and_up(receiver.name, receiver.kill, receiver.begin)
            case "partition":
                return lambda: self.faults.part(spell, True), lambda: self.faults.part(spell, False)
            case "clock-step":
                by = self.faults.clock_step(spell)
                return lambda: self.clock.step(by), lambda: self.clock.step(timedelta(0))
            case "disk-full":
                disk = self.coordination.disk
                return lambda: disk.fill(True), lambda: disk.fill(False)
        raise ValueError(spell.kind)

    def _down_and_up(
        self, name: str, kill: Callable[[], None], start: Callable[[], None]
    ) -> tuple[Callable[[], None], Callable[[], None]]:
        return lambda: self._go_down(name, kill), lambda: self._come_up(name, start)

    # -- what came of it --------------------------------------------------------------------------

    def _outcome(self, seconds: float) -> Outcome:
        years = sum(
            max(0.0, self.plan.years - life.patient.comes_from_day / 365)
            for life in self.hospital.lives.values()
        )
        counted: dict[str, int] = {
            **{f"faults: {kind}": count for kind, count in sorted(self.faults.struck.items())},
            **{f"hospital: {what}": n for what, n in sorted(self.hospital.counted.items())},
            **{f"checked: {what}": n for what, n in sorted(self.invariants.checked.items())},
            **{f"log: {what}": n for what, n in sorted(self.log.counted.items())},
            "worker: replays": sum(worker.replays for worker in self.workers),
            "worker: calls": sum(worker.calls for worker in self.workers),
            **{f"engine: {what}": n for what, n in sorted(self.engine_counts.items())},
        }
        rates = {
            "seconds per patient-year": seconds / years,
            "history events per patient-year": self.engine_counts["events"] / years,
            "reminders per patient-year": self.invariants.checked["received"] / years,
        }
        return Outcome(
            self.plan, self.log.digest(), self.invariants.broken, counted, seconds, years, rates
        )


def simulate(
    plan: Plan,
    show: Callable[[str], None] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Outcome:
    """What comes of these patients in these years, with this seed?"""
    with TemporaryDirectory(prefix="tio-simulated-") as folder:
        return World(plan, Path(folder), show).live(progress)


def _journey_in(path: str) -> str | None:
    parts = path.split("/")
    if len(parts) > 4 and parts[1] == "coordination" and parts[3] == "journeys":
        return parts[4].replace("-", "")
    return None


def _asks_when_to_wake(asked: Asked) -> bool:
    return asked.method == "PUT" and ("/wakes/" in asked.path or asked.path.endswith("/progress"))


def _engine_counts(engine: Engine) -> dict[str, int]:
    every: Sequence[Execution] = list(engine.executions.values())
    return {
        "journeys": len(every),
        "open": sum(not one.closed for one in every),
        "runs": sum(one.runs for one in every),
        "events": sum(one.events + (0 if one.closed else one.run.events) for one in every),
        "transitions": sum(one.transitions for one in every),
    }


def _unheard(_to: Any, line: str) -> None:
    """What a service logs while everything around it fails is no news."""


def _be_quiet() -> None:
    """What is logged in a simulated outage is no news."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore", SAWarning)
