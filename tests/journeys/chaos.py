"""Reminders that fall due while processes die: what was to arrive, what arrived, and how late.

Journeys of one story (operated today, samples are due tomorrow morning) have their own clocks moved
so that tomorrow morning comes within the next minutes, each at another moment. Every other one is
told of a critical result instead, which is due at once. What one journey is reminded of when nobody
disturbs it, each of them has to be reminded of, once.
"""

import asyncio
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from functools import partial
from statistics import median
from typing import Any, Protocol
from uuid import UUID, uuid4

import httpx2
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from tests.journeys import timelines
from tests.journeys.conftest import Ward
from tests.journeys.system import eventually

AT_ONCE = 8
PATIENCE_SECONDS, A_SECOND = 300.0, 1.0
CRITICAL = {"id": "critical", "analyte": "s_phos", "value": 0.2, "unit": "mmol/L"}
OPERATION = {"site": "thigh", "margin": "wide", "tissue": "soft tissue"}
WEATHER = (httpx2.TransportError,)

AN_HOUR_SECONDS = 3600.0
A_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

What = tuple[str, str, str]
"""A rule, a rung of its ladder, and who is told."""


class Mortal(Protocol):
    """A system whose processes can be killed one by one."""

    @property
    def engine(self) -> str:
        """Where the workflow engine listens."""
        ...

    def victims(self) -> list[str]:
        """Whom a fault may strike."""
        ...

    def strike(self, name: str) -> None:
        """SIGKILL."""
        ...

    def heal(self) -> None:
        """Start again what is dead."""
        ...


@dataclass
class Cohort:
    """Journeys of one story on one ward."""

    ward: Ward
    engine: str
    ids: list[UUID] = field(default_factory=list)
    moments: dict[UUID, float] = field(default_factory=dict)
    zone: str = field(default_factory=lambda: where_it_is_noon())

    def begin(self, number: int) -> None:
        """So many persons were operated today."""
        fresh = [uuid4() for _ in range(number)]
        self.ids += fresh
        side_by_side(self._operated, fresh)
        side_by_side(self._rests, fresh)

    def suspect(self, number: int) -> None:
        """Of so many persons nothing is told yet; their journeys are open."""
        fresh = [uuid4() for _ in range(number)]
        self.ids += fresh
        side_by_side(self._started, fresh)

        def looked_at(journey: UUID) -> bool | None:
            return self.ward.system.get(address(journey))["state"] is not None or None

        for journey in fresh:
            eventually(partial(looked_at, journey), f"{journey} rests", AN_HOUR_SECONDS, A_SECOND)

    def _started(self, journey: UUID) -> None:
        start = {"patient": {"id": str(journey), "age_years": 50}, "zone": self.zone}
        insist(lambda: self.ward.system.send("PUT", address(journey), start))

    def _operated(self, journey: UUID) -> None:
        self._started(journey)
        now = datetime.now(UTC).isoformat()
        self.tell(journey, "surgery", OPERATION | {"performed_at": now}, now)

    def _rests(self, journey: UUID) -> None:
        def rests() -> bool | None:
            stands = self.ward.system.get(address(journey))
            return (stands["phase"] == "surveillance" and not stands["events_waiting"]) or None

        eventually(rests, f"{journey} rests", PATIENCE_SECONDS, A_SECOND)

    def tell(self, journey: UUID, kind: str, payload: dict[str, Any], at: str) -> None:
        """Tell an event until it is taken; told twice it is one event."""
        event = {"id": str(uuid4()), "kind": kind, "occurred_at": at, "payload": payload}
        insist(lambda: self.ward.system.send("POST", f"{address(journey)}/events", event))

    def sent(self, journey: UUID) -> list[dict[str, Any]]:
        """What this one was reminded of."""
        return insist_on(lambda: self.ward.sent(str(journey)))

    def on_the_first_morning(self) -> Counter[What]:
        """What is one journey of this story reminded of when nobody disturbs it?"""
        journey = self._one_more()
        answer = self.ward.system.send("POST", f"{address(journey)}/fast-forward", {"days": 1})
        assert answer.status_code == 200, answer.text
        sent = self.sent(journey)
        first = min(one["recorded_at"] for one in sent)
        return Counter(what(one) for one in sent if one["recorded_at"] == first)

    def after_a_critical_result(self) -> Counter[What]:
        """And what after a critical result?"""
        journey = self._one_more()
        self.tell_critical_result(journey)
        sent = eventually(lambda: self.sent(journey) or None, "it is told", PATIENCE_SECONDS)
        return Counter(what(one) for one in sent)

    def _one_more(self) -> UUID:
        self.begin(1)
        return self.ids.pop()

    def tell_critical_result(self, journey: UUID) -> None:
        """Somebody has to act at once."""
        now = datetime.now(UTC).isoformat()
        self.tell(journey, "observations", {"observations": [CRITICAL | {"taken_at": now}]}, now)

    async def move_clocks(self, moments: dict[UUID, float]) -> None:
        """Let each journey's next moment come at this time of ours."""
        temporal = await Client.connect(self.engine)
        skipper = TimeSkipper(temporal, config=TimeSkippingConfig(enabled=False))
        turns = asyncio.Semaphore(AT_ONCE)

        async def move(journey: UUID, at: float) -> None:
            async with turns:
                handle = temporal.get_workflow_handle(f"journey/local/{journey}")
                rings = await next_alarm(handle)
                await skipper.fast_forward(handle, timedelta(seconds=rings.timestamp() - at))

        await asyncio.gather(*(move(journey, at) for journey, at in moments.items()))
        self.moments |= moments


async def next_alarm(handle: Any) -> datetime:
    """When does this journey's one timer ring, on its own clock?"""
    pending: dict[int, datetime] = {}
    async for event in handle.fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            timer = event.timer_started_event_attributes
            lasts = timer.start_to_fire_timeout.ToTimedelta()
            began = event.event_time.ToDatetime(tzinfo=UTC)
            pending[event.event_id] = began + lasts
        for over in ("timer_fired_event_attributes", "timer_canceled_event_attributes"):
            if event.HasField(over):
                pending.pop(getattr(event, over).started_event_id, None)
    [rings] = pending.values()
    return rings


def where_it_is_noon() -> str:
    """A zone in which the next morning is less than a day away, whenever this runs."""
    return f"Etc/GMT{-timelines.where_it_is_noon(datetime.now(UTC)):+d}"


def address(journey: UUID) -> str:
    """Where a journey is told and asked."""
    return f"/coordination/v1/journeys/{journey}"


def what(reminder: dict[str, Any]) -> What:
    """Of which rule, which rung, to whom?"""
    return reminder["rule"], reminder["rung"], reminder["recipient"]


def side_by_side(act: Callable[[UUID], None], journeys: list[UUID]) -> None:
    """Do it for all of these, some at once."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(act, journeys))


def insist(send: Callable[[], httpx2.Response]) -> None:
    """Send it until it is taken, as a sender does who was told to keep what was not answered."""

    def taken() -> bool | None:
        try:
            answer = send()
        except WEATHER:
            return None
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        assert answer.status_code in (200, 201, 202, 503), answer.text
        return answer.status_code < 500 or None

    eventually(taken, "it is taken", PATIENCE_SECONDS)


def insist_on(look: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Ask until it is answered."""

    def answered() -> list[dict[str, Any]] | None:
        try:
            return look()
        except WEATHER:
            return None

    return eventually(answered, "it is answered", PATIENCE_SECONDS)


def kill_for(system: Mortal, seconds: float, every: float, dice: random.Random) -> Counter[str]:
    """A random process dies every few seconds, and is started again."""
    died: Counter[str] = Counter()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        victim = dice.choice(system.victims())
        system.strike(victim)
        died[victim] += 1
        time.sleep(dice.uniform(0, 1))
        system.heal()
        time.sleep(dice.uniform(0.5, 1.5) * every)
    system.heal()
    return died


def disturb(
    cohort: Cohort, system: Mortal, seconds: float, kill_every: float, seed: int
) -> dict[str, Any]:
    """Let everything fall due within so many seconds while processes die; count what arrived."""
    dice = random.Random(seed)
    waiting, critical = cohort.ids[::2], cohort.ids[1::2]
    expected = dict.fromkeys(waiting, cohort.on_the_first_morning())
    expected |= dict.fromkeys(critical, cohort.after_a_critical_result())
    begins = time.time() + 5 + len(waiting) / 10
    moments = {journey: begins + dice.uniform(0, seconds) for journey in cohort.ids}
    asyncio.run(cohort.move_clocks({journey: moments[journey] for journey in waiting}))
    telling = threading.Thread(target=_tell, args=(cohort, critical, moments))
    time.sleep(max(0.0, begins - time.time()))
    telling.start()
    died = kill_for(system, seconds, kill_every, dice)
    telling.join()
    return {
        "journeys": len(cohort.ids),
        "due_within_s": seconds,
        "killed": dict(died),
        "kills": died.total(),
        **counted(cohort, expected),
    }


def _tell(cohort: Cohort, journeys: list[UUID], moments: dict[UUID, float]) -> None:
    """Tell each of its critical result when its moment has come."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for journey in sorted(journeys, key=lambda one: moments[one]):
            time.sleep(max(0.0, moments[journey] - time.time()))
            cohort.moments[journey] = time.time()
            threads.submit(cohort.tell_critical_result, journey)


def counted(cohort: Cohort, expected: dict[UUID, Counter[What]]) -> dict[str, Any]:
    """What had to arrive, what did, how often, and how late."""
    due: dict[str, float] = {}
    doubled = 0
    for journey, wanted in expected.items():
        sent = eventually(
            partial(_all_of_it, cohort, journey, wanted),
            f"everything is delivered for {journey}",
            PATIENCE_SECONDS,
            A_SECOND,
        )
        said = Counter(what(one) for one in sent)
        assert not wanted - said, f"{journey} was not told {wanted - said}"
        doubled += (said - wanted).total()
        due |= {one["id"]: cohort.moments[journey] for one in sent}
    arrived = cohort.ward.webhooks
    hooks = Counter(key for key, _ in arrived.accepted if key in due)
    mails = Counter(_reminder_of(mail, due) for mail in cohort.ward.mail.accepted)
    mails.pop("", None)
    late = [
        moment - due[key]
        for (key, _), moment in zip(arrived.accepted, arrived.moments, strict=True)
        if key in due
    ]
    return {
        "reminders": len(due),
        "lost": len(set(due) - set(hooks)) + (len(set(due) - set(mails)) if mails else 0),
        "doubled": doubled,
        "repeated_under_the_same_id": {
            "webhook": hooks.total() - len(hooks),
            "mail": mails.total() - len(mails),
        },
        "late_s": {"median": round(median(late), 2), "most": round(max(late), 2)},
    }


def _reminder_of(mail: Message, reminders: Collection[str]) -> str:
    """Which of these does this message say? Its id is part of the message's."""
    id = str(mail["Message-ID"])
    found = A_UUID.search(id)
    return found[0] if found is not None and found[0] in reminders else ""


def _all_of_it(
    cohort: Cohort, journey: UUID, expected: Counter[What]
) -> list[dict[str, Any]] | None:
    """What was sent, once all of it was sent and delivered."""
    sent = cohort.sent(journey)
    if expected - Counter(what(one) for one in sent):
        return None
    waits = any(delivery["status"] != "delivered" for one in sent for delivery in one["deliveries"])
    return None if waits else sent
