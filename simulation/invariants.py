"""What must always be true, looked at after every step, from outside: in the committed database, at
the engine, and at the receivers. Nothing of the system under test is asked whether it is right.
"""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from knowledge.rules import reminders
from services.chassis import audit
from simulation.clock import Clock
from simulation.faults import Faults
from simulation.runs import Execution

IN_FLIGHT = timedelta(seconds=30)
"""What was being sent when its reason ended: the receiver's patience, and the way there."""

A_MINUTE = timedelta(minutes=2)
"""The soonest a journey looks again (one minute), and the way of its call."""

WINDOW = timedelta(hours=3)
"""After its hour, and inside the window of sending, a message may be spread."""

ENOUGH = 100
"""After so many broken invariants a run has said what it had to say."""

ROLES = frozenset(["patient", "staff", "coordinator", "clinician", "supervisor", "surgeon"])


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that did not hold."""

    invariant: str
    at: datetime
    about: str
    says: str

    def __str__(self) -> str:
        return f"{self.at.isoformat()} {self.invariant}: {self.says} ({self.about})"


@dataclass(slots=True)
class Known:
    """What was seen of a journey last."""

    revision: int = 0
    as_of: str = ""
    phase: str = "assessment"
    zone: str = "UTC"
    ahead: bool = False
    """It began on a machine whose clock was ahead, and has said nothing itself so far."""


class Invariants:
    """Watches one run."""

    def __init__(self, file: Path, clock: Clock, faults: Faults) -> None:
        self._file, self._clock, self._faults = file, clock, faults
        self._reader: sqlite3.Connection | None = None
        self.broken: list[Broken] = []
        self.checked: Counter[str] = Counter()
        self.enough = asyncio.Event()
        self.said: Callable[[str, str, str], None] = lambda what, about, says: None
        self._journeys: dict[str, Known] = {}
        self._ended: dict[tuple[str, str, str], datetime] = {}
        self._open: dict[str, set[tuple[str, str]]] = {}
        self.sealed = (0, audit.GENESIS)
        self._acknowledged: dict[tuple[str, str], datetime] = {}
        self._received: Counter[tuple[str, str]] = Counter()
        self._explained: dict[tuple[str, str], int] = {}
        self._rungs: dict[tuple[str, ...], dict[str, date]] = {}
        self._wakes: dict[str, datetime | None] = {}

    # -- steps ------------------------------------------------------------------------------------

    def committed(self, journey: str | None) -> None:
        """Coordination has committed something, about this journey if it is known which."""
        self._look_at_the_audit()
        if journey is not None:
            self._look_at(journey)

    def acknowledged(self, journey: UUID, event: UUID, kind: str) -> None:
        """A sender was told: this event cannot be lost."""
        self.checked["acknowledged"] += 1
        self._acknowledged[journey.hex, event.hex] = self._clock.now()
        row = self._one(
            "SELECT 1 FROM event WHERE organisation = 'north' AND journey = ? AND id = ?",
            journey.hex,
            event.hex,
        )
        if row is None:
            self._break("event acknowledged, not stored", journey.hex, f"{kind} {event}")

    def received(self, receiver: str, said: dict[str, Any]) -> None:
        """A receiver took a message."""
        self.checked["received"] += 1
        journey, id = UUID(said["journey"]).hex, UUID(said["reminder"]).hex
        row = self._one(
            "SELECT r.status, r.recorded_at, r.due_at, d.status, d.created_at FROM reminder r "
            "LEFT JOIN delivery d ON d.reminder = r.id AND d.organisation = r.organisation "
            "WHERE r.id = ? ORDER BY d.status",
            id,
        )
        if row is None:
            self._break("reminder sent, not recorded", journey, _reminder(said))
            return
        self._expect_once(receiver, said, journey, id)
        self._expect_a_reason(said, journey)
        self._expect_its_hour(said, journey, row)

    def rested(self, execution: Execution) -> None:
        """A journey has done what there was to do, and waits."""
        self.checked["rested"] += 1
        timers, about = execution.run.fires_at, execution.workflow_id
        if execution.closed:
            return
        if not timers and not execution.run.waiting:
            self._break("journey without a next step", about, "it waits for nothing")
        if len(timers) > 1:
            self._break("timer not cancelled", about, f"{len(timers)} timers are open")
        at = self._wakes.get(about.rpartition("/")[2])
        first = min(timers.values(), default=None)
        if at is None or first is None:
            return
        if first > max(at, self._clock.now()) + A_MINUTE:
            says = f"wakes at {first.isoformat()}, was to wake at {at.isoformat()}"
            self._break("reminder lost", about, says)

    def told_to_wake(self, journey: str, answer: bytes) -> None:
        """Coordination said when to look again; the journey's timer has to be there by then."""
        at = json.loads(answer).get("at")
        self._wakes[journey] = None if at is None else datetime.fromisoformat(at)

    def left_unsaid(self, journey: str, rungs: list[str], since: datetime) -> None:
        """Coordination itself, asked what should have been said by then, finds this unsaid."""
        says = f"{', '.join(rungs)} should have been said by {since.isoformat()}"
        self._break("reminder lost", journey, says)

    def replayed_otherwise(self, workflow_id: str, why: str) -> None:
        """A worker came back and the workflow's code went another way."""
        self._break("replay differs", workflow_id, why)

    def step_failed(self, workflow_id: str, why: str) -> None:
        """The workflow's own code raised."""
        self._break("journey's code failed", workflow_id, why)

    # -- now and then, and at the end -------------------------------------------------------------

    def sweep(self, grace: timedelta) -> None:
        """Is anything left lying for longer than any outage lasts?"""
        self.checked["sweeps"] += 1
        since = _sql(self._clock.now() - grace)
        for journey, event, kind in self._all(
            "SELECT journey, id, kind FROM event WHERE outcome = 'waiting' AND told_at < ?", since
        ):
            self._break("event never read", journey, f"{kind} {event}")
        for journey, id in self._all(
            "SELECT journey, reminder FROM delivery WHERE status = 'waiting' AND created_at < ?",
            since,
        ):
            self._break("reminder lost", journey, f"{id} is still on its way")
        for (journey,) in self._all("SELECT journey FROM outbox WHERE stored_at < ?", since):
            self._break("journey never told", journey, "its outbox is not empty")

    def finish(self) -> None:
        """Everything has come to rest: every promise is looked at once more."""
        for (journey, event), _ in self._acknowledged.items():
            row = self._one(
                "SELECT outcome FROM event WHERE organisation = 'north' AND journey = ? AND id = ?",
                journey,
                event,
            )
            if row is None:
                self._break("event acknowledged, not stored", journey, event)
        taken = {id for _, id in self._received}
        for journey, id in self._all(
            "SELECT journey, reminder FROM delivery WHERE status = 'delivered'"
        ):
            if id not in taken:
                self._break("reminder lost", journey, f"{id} counts as delivered, nobody has it")

    # -- one journey ------------------------------------------------------------------------------

    def _look_at(self, journey: str) -> None:
        self.checked["steps"] += 1
        row = self._one(
            "SELECT phase, revision, as_of, zone, next_due FROM journey "
            "WHERE organisation = 'north' AND id = ?",
            journey,
        )
        if row is None:
            return
        phase, revision, as_of, zone, next_due = row
        if journey not in self._journeys:
            ahead = not revision and as_of > _sql(self._clock.now())
            self._journeys[journey] = Known(as_of=as_of, ahead=ahead)
        known = self._journeys[journey]
        if revision < known.revision:
            says = f"revision {known.revision} became {revision}"
            self._break("progress went back", journey, says)
        if revision == known.revision and phase != known.phase and known.revision:
            self._break("progress went back", journey, f"{known.phase} became {phase} unversioned")
        if as_of < known.as_of and not known.ahead:
            self._break("progress went back", journey, f"{known.as_of} became {as_of}")
        # The first report or wake brings its own clock; from then on nothing goes back.
        known.ahead = known.ahead and not revision and as_of == known.as_of
        known.revision, known.as_of, known.phase, known.zone = revision, as_of, phase, zone
        self._look_at_what_is_owed(journey, phase, next_due)

    def _look_at_what_is_owed(self, journey: str, phase: str, next_due: str | None) -> None:
        owed = self._all(
            "SELECT rule, occurrence, due, ladder, service FROM obligation "
            # "+": SQLite is not to look through everything that is open anywhere.
            "WHERE organisation = 'north' AND journey = ? AND +status = 'open'",
            journey,
        )
        now, still_open, first = self._clock.now(), set(), None
        for rule, occurrence, due, ladder, service in owed:
            self._ended.pop((journey, rule, occurrence), None)
            still_open.add((rule, occurrence))
            first = due if first is None or due < first else first
            if not service or not _heard_by(ladder):
                self._break("obligation without an owner", journey, f"{rule} {occurrence}")
        for rule, occurrence in self._open.get(journey, set()) - still_open:
            self._ended.setdefault((journey, rule, occurrence), now)
        self._open[journey] = still_open
        if phase == "closed" and still_open:
            self._break("obligation without an owner", journey, "open, but the journey is closed")
        if first is not None and phase != "closed" and (next_due is None or next_due > first):
            says = f"due {first}, the worklist says {next_due}"
            self._break("obligation without an owner", journey, says)

    # -- one message ------------------------------------------------------------------------------

    def _expect_once(self, receiver: str, said: dict[str, Any], journey: str, id: str) -> None:
        rung = (journey, said["rule"], said["occurrence"], said["rung"], said["recipient"])
        due = date.fromisoformat(said["due"])
        others = self._rungs.setdefault(rung, {})
        others.setdefault(id, due)
        # A day that was moved far is told anew.
        near = [day for day in others.values() if not reminders.is_moved(day, due, due)]
        if len(near) > 1:
            self._break("reminder doubled", journey, f"{_reminder(said)} under two ids")
        key = (receiver, id)
        self._received[key] += 1
        explained = self._faults.explained
        if self._received[key] > 1 and self._explained[key] == explained:
            says = f"{_reminder(said)} came {self._received[key]} times to {receiver}"
            self._break("reminder doubled", journey, says)
        self._explained[key] = explained

    def _expect_a_reason(self, said: dict[str, Any], journey: str) -> None:
        key = (journey, said["rule"], said["occurrence"])
        ended = self._ended.get(key)
        if ended is not None and self._clock.now() - ended > IN_FLIGHT:
            ago = self._clock.now() - ended
            self._break("reminder after its reason ended", journey, f"{_reminder(said)}, {ago} ago")

    def _expect_its_hour(self, said: dict[str, Any], journey: str, row: Any) -> None:
        """A message that is in time goes at its hour, on the clock on the patient's wall.

        Not only by what was written down: nobody has it before then, or only by as much as the
        machine that sends was ever ahead.
        """
        status, _, due_at, _, _ = row
        known = self._journeys.get(journey)
        if known is None or status != "sent" or _is_immediate(said["rung"], said["means"]):
            return
        at = datetime.fromisoformat(due_at).replace(tzinfo=UTC)
        wall = at.astimezone(ZoneInfo(known.zone))
        hour = reminders.TABLE.whole("send_hour", wall.date())
        begins = wall.replace(hour=hour, minute=0, second=0, microsecond=0)
        self.checked["hours"] += 1
        early = at - self._clock.now() - self._clock.furthest
        if early > timedelta(0):
            self._break("wrong hour", journey, f"{_reminder(said)} came {early} before its turn")
        if not begins <= wall <= begins + WINDOW:
            says = f"{_reminder(said)} at {wall.time()} in {known.zone}"
            self._break("wrong hour", journey, says)

    # -- the audit --------------------------------------------------------------------------------

    def _look_at_the_audit(self) -> None:
        """Every entry seals the one before it, none is taken back."""
        number, previous = self.sealed
        cursor = self._connection().execute(
            "SELECT * FROM audit_entry WHERE number > ? ORDER BY number", (number,)
        )
        names = [column[0] for column in cursor.description]
        for row in cursor:
            entry = dict(zip(names, row, strict=True))
            entry["at"] = datetime.fromisoformat(entry["at"]).replace(tzinfo=UTC)
            self.checked["audit entries"] += 1
            whole = entry["number"] == number + 1 and entry["previous"] == previous
            if not whole or audit.seal(entry) != entry["hash"]:
                self._break("audit chain broken", "audit", f"entry {entry['number']}")
            number, previous = entry["number"], entry["hash"]
        head = self._one("SELECT entries, hash FROM audit_head")
        if head is not None and tuple(head) != (number, previous):
            self._break("audit chain broken", "audit", f"head {head}, last {number}")
        self.sealed = (number, previous)

    def audit_is_broken(self, why: str) -> None:
        """The command that verifies the chain says so."""
        self._break("audit chain broken", "audit", why)

    # -- looking ----------------------------------------------------------------------------------

    def _connection(self) -> sqlite3.Connection:
        if self._reader is None:
            self._reader = sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)
        return self._reader

    def _one(self, query: str, *values: Any) -> Any:
        return self._connection().execute(query, values).fetchone()

    def _all(self, query: str, *values: Any) -> list[Any]:
        return self._connection().execute(query, values).fetchall()

    def _break(self, invariant: str, about: str, says: str) -> None:
        broken = Broken(invariant, self._clock.now(), about, says)
        self.broken.append(broken)
        self.said("BROKEN", about, f"{invariant}: {says}")
        if len(self.broken) >= ENOUGH:
            self.enough.set()


def _heard_by(ladder: str) -> bool:
    """Does anybody hear this ladder?"""
    return any(
        row.fields["ladder"] == ladder and row.fields["recipient"] in ROLES
        for row in reminders.TABLE.entries["rungs"].values()
    )


def _is_immediate(rung: str, means: str) -> bool:
    return any(
        row.fields.get("immediate", False)
        and row.fields["step"] == rung
        and row.fields["channel"] == means
        for row in reminders.TABLE.entries["rungs"].values()
    )


def _reminder(said: dict[str, Any]) -> str:
    return f"{said['rule']} {said['occurrence']} {said['rung']} to {said['recipient']}"


def _sql(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
