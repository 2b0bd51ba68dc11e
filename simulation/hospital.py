"""A virtual hospital: people who come or do not, results that come late, twice, wrong or never.

It hears of nothing but the reminders it gets, as a hospital would. A reminder that is lost is a
patient who is lost.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from random import Random
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from services.chassis.client import Refused, Unreachable
from services.coordination.client import CoordinationClient
from services.coordination.contract import Event, JourneyRequest, PatientOfJourney
from simulation.clock import Clock
from simulation.patients import ASSUMED, Cure, Patient, one_of, operated, waits
from simulation.processes import Process

DAY = 86_400.0
LONGEST_PAUSE_SECONDS = 1800.0
ORGANISATION = "north"
SICK, WELL, EMERGENCY = 0.48, 1.02, 0.22
UNASKED = (
    *("death", "withdrawal", "pause", "relocation", "transfer"),
    *("critical", "unasked_result"),
)
"""What happens by itself; the shares stand in `patients.toml`."""

IMAGING = ("sstr_pet_ct", "sstr_spect_ct", "fdg_pet_ct", "mri", "ct")


@dataclass(slots=True)
class Life:
    """One patient in the hospital: what is true, whatever the journey knows."""

    patient: Patient
    sick: bool = True
    cure: Cure | None = None
    operated_at: float | None = None
    told: int = 0
    results: int = 0
    gone: bool = False
    dead: bool = False
    started: asyncio.Event = field(default_factory=asyncio.Event)
    answering: set[str] = field(default_factory=set)
    doing: set[str] = field(default_factory=set)
    held_back: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_away(self) -> bool:
        """Does nobody expect anything of them any more?"""
        return self.gone or self.dead


class Hospital(Process):
    """Everybody outside of the system: patients, laboratories, clinicians, and their computers."""

    def __init__(
        self,
        client: CoordinationClient,
        clock: Clock,
        acknowledged: Callable[[UUID, UUID, str], None],
    ) -> None:
        super().__init__("hospital")
        self._client, self._clock = client, clock
        self._acknowledged = acknowledged
        self.lives: dict[str, Life] = {}
        self.counted: Counter[str] = Counter()
        self.busy = 0
        self.closed = False
        """At the end of a run: nobody does anything new."""

    def admit(self, patients: list[Patient]) -> None:
        """They come, each on their day."""
        for patient in patients:
            life = self.lives[str(patient.journey)] = Life(patient)
            self.spawn(self._come(life))

    # -- what happens by itself ------------------------------------------------------------------

    async def _come(self, life: Life) -> None:
        patient = life.patient
        await asyncio.sleep(patient.comes_from_day * DAY)
        about = PatientOfJourney(
            id=f"p-{patient.number}", sex=patient.sex, birth_date=date(patient.birth_year, 5, 4)
        )
        wanted = JourneyRequest(patient=about, zone=patient.zone, assignee="dr-lin")
        await self._insist(
            lambda: self._client.start_journey(ORGANISATION, patient.journey, wanted), "start"
        )
        life.started.set()
        draw = patient.draw("comes")
        self._result(life, self._panel(life, draw), draw)
        self.spawn(self._live(life))
        if draw.random() < ASSUMED["life"]["two_journeys"]:
            self.spawn(self._is_known_twice(life, draw))

    async def _live(self, life: Life) -> None:
        """What no reminder brings about: death, moves, pauses, results nobody ordered."""
        year = ASSUMED["year"]
        draw = life.patient.draw("lives")
        chances = {kind: draw.expovariate(year[kind] / 365) for kind in UNASKED}
        while not (life.gone or life.dead):
            kind = min(chances, key=lambda name: chances[name])
            await asyncio.sleep(max(chances[kind] * DAY - self._since(life), 1.0))
            chances[kind] += draw.expovariate(year[kind] / 365)
            if self.closed or life.gone or life.dead:
                return
            if kind == "critical":
                panel = self._panel(life, draw)
                panel["observations"][0]["value"] = EMERGENCY
                self._result(life, panel, draw)
            elif kind == "unasked_result":
                self._result(life, self._panel(life, draw), draw)
            else:
                await self._happens(life, kind, draw)

    async def _happens(self, life: Life, kind: str, draw: Random) -> None:
        """Something is said of the journey itself."""
        said = ASSUMED["life"]
        match kind:
            case "death":
                life.dead = True
                self._tell(life, "death", {})
                if draw.random() < said["death_undone"]:
                    await asyncio.sleep(draw.uniform(0.1, said["undone_within_days"]) * DAY)
                    if not self.closed:
                        self._tell(life, "death", {"undone": True, "reason": "somebody else"})
                        life.dead = False
            case "withdrawal":
                life.gone = True
                self._tell(life, "withdrawal", {})
            case "pause":
                self._tell(life, "pause", {"reason": "away"})
                await asyncio.sleep(draw.uniform(5, said["pause_days"]) * DAY)
                if not self.closed:
                    self._tell(life, "resume", {})
            case "relocation":
                self._tell(life, "relocation", {"zone": draw.choice(ASSUMED["zones"]["values"])})
            case "transfer":
                life.gone = draw.random() < said["transfer_outside"]
                to = {"outside": True} if life.gone else {"assignee": f"dr-{draw.randrange(9)}"}
                self._tell(life, "transfer", {**to, "reason": "moved"})

    async def _is_known_twice(self, life: Life, draw: Random) -> None:
        """Another department has begun a journey for the same person, and somebody sees it."""
        patient = life.patient
        other = uuid5(patient.journey, "other")
        twin = Life(replace(patient, journey=other))
        self.lives[str(other)] = twin
        about = PatientOfJourney(id=f"p-{patient.number}-b", sex=patient.sex)
        wanted = JourneyRequest(patient=about, zone=patient.zone, assignee="dr-lin")
        await asyncio.sleep(draw.uniform(1, 90) * DAY)
        await self._insist(lambda: self._client.start_journey(ORGANISATION, other, wanted), "start")
        twin.started.set()
        self._result(twin, self._panel(twin, draw), draw)
        await asyncio.sleep(draw.uniform(1, 200) * DAY)
        if self.closed or life.is_away or twin.is_away:
            return
        twin.gone = True
        self._tell(life, "merge", {"other": str(other), "reason": "one person"})
        if draw.random() < ASSUMED["life"]["merge_undone"]:
            await asyncio.sleep(draw.uniform(1, 100) * DAY)
            if self.closed or life.is_away:
                return
            twin.gone = False
            self._tell(life, "merge", {"other": str(other), "undone": True, "reason": "two people"})

    def _since(self, life: Life) -> float:
        return self._clock.seconds - life.patient.comes_from_day * DAY

    # -- what reminders bring about --------------------------------------------------------------

    def heard(self, said: dict[str, Any]) -> None:
        """A reminder arrived."""
        life = self.lives.get(said["journey"])
        if life is None or life.is_away or self.closed:
            return
        if said["rule"].startswith("task:"):
            self._asked(life, said)
        else:
            self._reminded(life, said)

    def _asked(self, life: Life, said: dict[str, Any]) -> None:
        """A question to a person. Some answer only when it has climbed."""
        task, question = said["occurrence"], said["act"]
        if task in life.answering:
            return
        draw = life.patient.draw(f"asked/{task}")
        slow = draw.random() < ASSUMED["answers"]["only_when_escalated"]
        if slow and said["recipient"] != "supervisor":
            return
        life.answering.add(task)
        self.spawn(self._answer(life, question, task, draw))

    async def _answer(self, life: Life, question: str, task: str, draw: Random) -> None:
        await asyncio.sleep(waits(draw) * DAY)
        shares = ASSUMED["answers"]["of"].get(question)
        if shares is None or life.is_away or self.closed:
            return
        answer = one_of(draw, shares)
        if answer == "surgery":
            await asyncio.sleep(draw.uniform(10, 50) * DAY)
            if not life.is_away and not self.closed:
                self._operate(life, draw)
            return
        self._tell(life, "decision", {"task": task, "answer": answer, "reason": "simulated"})

    def _operate(self, life: Life, draw: Random) -> None:
        life.cure, life.operated_at = operated(draw), self._clock.seconds
        life.sick = life.cure.persistent
        wide = draw.random() < ASSUMED["margin"]["wide"]
        self._tell(
            life,
            "surgery",
            {
                "performed_at": self._now(life),
                "site": "femur",
                "laterality": "right",
                "margin": "wide" if wide else "intralesional",
                "tissue": "bone",
            },
        )

    def _reminded(self, life: Life, said: dict[str, Any]) -> None:
        """Somebody is told that something is due. Who comes, comes some days later."""
        key = f"{said['rule']}/{said['occurrence']}"
        draw = life.patient.draw(f"reminded/{key}/{said['rung']}")
        staff = ASSUMED["staff"]
        if said["recipient"] in ("clinician", "supervisor"):
            if draw.random() < staff["acknowledges"]:
                self._later(draw.expovariate(1.0), life, "acknowledgement", _of(said))
        elif said["means"] == "phone":
            what = draw.random()
            declines = staff["declines_for_the_patient"]
            if what < declines:
                ended = {"disposition": "DECLINED", "reason": "does not want it"}
                self._later(0.2, life, "disposition", _of(said) | ended)
                return
            if what < declines + staff["says_not_indicated"]:
                ended = {"disposition": "NOT_INDICATED", "reason": "not needed"}
                self._later(0.2, life, "disposition", _of(said) | ended)
                return
        if key in life.doing or life.patient.lost_for_good:
            return
        comes = ASSUMED["comes"]["phone" if said["means"] == "phone" else "message"]
        if said["act"] in IMAGING and draw.random() < ASSUMED["imaging_forgotten"]["share"]:
            return
        if draw.random() < comes:
            life.doing.add(key)
            self.spawn(self._comes(life, said, draw))

    async def _comes(self, life: Life, said: dict[str, Any], draw: Random) -> None:
        due = datetime.fromisoformat(f"{said['due']}T08:00:00+00:00")
        until = (due - self._clock.now()).total_seconds() / DAY
        await asyncio.sleep(max(until + draw.gauss(0, 4.0), draw.uniform(0.3, 6)) * DAY)
        if life.is_away or self.closed:
            return
        if said["act"] in IMAGING:
            self._scan(life, draw)
        elif said["act"] == "dxa":
            self._tell(life, "act", {"act": "dxa", "performed_at": self._now(life)})
        else:
            self._result(life, self._panel(life, draw), draw)

    # -- what is told -----------------------------------------------------------------------------

    def _panel(self, life: Life, draw: Random) -> dict[str, Any]:
        """A blood sample, drawn now."""
        life.results += 1
        back = life.cure.back_after_days if life.cure else None
        if back is not None and life.operated_at is not None:
            life.sick = self._clock.seconds - life.operated_at > back * DAY
        value = round(draw.gauss(SICK if life.sick else WELL, 0.04), 2)
        number = life.results
        shared = {"taken_at": self._now(life), "fasting": True, "collection_id": f"c{number}"}
        panel: list[dict[str, Any]] = [
            {"id": f"p{number}", "analyte": "s_phos", "value": value, "unit": "mmol/L", **shared},
            {"id": f"a{number}", "analyte": "s_ca", "value": 2.25, "unit": "mmol/L", **shared},
        ]
        return {"observations": panel}

    def _scan(self, life: Life, draw: Random) -> None:
        seen = life.sick and draw.random() < ASSUMED["tumor"]["seen_by_a_scan"]
        lesion = {"site": "femur", "laterality": "right", "uptake": "above_liver", "mimic": "none"}
        self._tell(
            life,
            "study",
            {
                "modality": "pet_ct",
                "tracer": "ga68_dotatate",
                "performed_at": self._now(life),
                "coverage": ["entire body"],
                "lesions": [lesion] if seen else [],
            },
        )

    def _result(self, life: Life, panel: dict[str, Any], draw: Random) -> None:
        """It reaches the journey in one of the ways in which results do."""
        shares = {k: v for k, v in ASSUMED["arrives"].items() if isinstance(v, float)}
        how = one_of(draw, shares | {"in_time": 1 - sum(shares.values())})
        self.counted[f"result {how}"] += 1
        drawn_at = self._clock.now()
        late = draw.uniform(1, ASSUMED["arrives"]["late_days"])
        match how:
            case "never":
                return
            case "late":
                self._later(late, life, "observations", panel, drawn_at)
            case "out_of_order":
                life.held_back.append(panel)
                self._later(late, life, "observations", panel, drawn_at)
            case "twice":
                self._tell(life, "observations", panel, drawn_at, again=draw.uniform(0.01, 2))
            case "told_again":
                self._tell(life, "observations", panel, drawn_at)
                self._later(draw.uniform(0.01, 3), life, "observations", panel, drawn_at)
            case "corrected":
                wrong = {**panel, "observations": [dict(one) for one in panel["observations"]]}
                wrong["observations"][0]["value"] = round(draw.uniform(0.31, 1.5), 2)
                self._tell(life, "observations", wrong, drawn_at)
                right = [{**one, "status": "corrected"} for one in panel["observations"]]
                said = {"observations": right}
                self._later(draw.uniform(0.1, 9), life, "observations", said, drawn_at)
            case _:
                self._tell(life, "observations", panel, drawn_at)

    def _later(
        self,
        days: float,
        life: Life,
        kind: str,
        payload: dict[str, Any],
        occurred_at: datetime | None = None,
    ) -> None:
        async def wait() -> None:
            await asyncio.sleep(days * DAY)
            if not life.is_away and not self.closed:
                self._tell(life, kind, payload, occurred_at)

        self.spawn(wait())

    def _tell(
        self,
        life: Life,
        kind: str,
        payload: dict[str, Any],
        occurred_at: datetime | None = None,
        again: float | None = None,
    ) -> None:
        """Tell the journey; a sender repeats until it is answered, and then sometimes once more."""
        life.told += 1
        event = Event(
            id=uuid5(life.patient.journey, f"event/{life.told}"),
            kind=kind,
            occurred_at=occurred_at or self._clock.now(),
            source="simulated",
            payload=payload,
        )
        self.counted[f"told {kind}"] += 1
        self.spawn(self._send(life, event, again))

    async def _send(self, life: Life, event: Event, again: float | None) -> None:
        await life.started.wait()
        await self._send_once(life, event)
        if again is not None:
            await asyncio.sleep(again * DAY)
            await self._send_once(life, event)

    async def _send_once(self, life: Life, event: Event) -> None:
        journey = life.patient.journey
        stored = await self._insist(
            lambda: self._client.record_event(ORGANISATION, journey, event), event.kind
        )
        if stored:
            self._acknowledged(journey, event.id, event.kind)
        else:
            self.counted[f"refused {event.kind}"] += 1

    async def _insist(self, call: Callable[[], Awaitable[Any]], what: str) -> bool:
        """Until it is answered: True, it is stored; False, it was refused."""
        pause = 5.0
        self.busy += 1
        try:
            while True:
                try:
                    await call()
                    return True
                except Refused:
                    return False
                except Unreachable:
                    self.counted["sent again"] += 1
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        finally:
            self.busy -= 1

    def _now(self, life: Life) -> str:
        return self._clock.now().astimezone(ZoneInfo(life.patient.zone)).isoformat()


def _of(said: dict[str, Any]) -> dict[str, Any]:
    return {"obligation": {"rule": said["rule"], "occurrence": said["occurrence"]}}
