"""What goes wrong, and when: drawn from the seed, kind by kind, so that one kind alone repeats too.

Two sorts. Small ones strike in the middle of something: between a commit and its answer, between a
call and its report. Long ones begin at a moment and last: an outage, a partition, a full disk.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from simulation.clock import Clock
from simulation.network import Fate

SMALL = {
    "lost-requests": 0.004,
    "lost-answers": 0.004,
    "slow-network": 0.02,
    "repeated-requests": 0.004,
    "kill-worker": 0.001,
    "kill-coordination": 0.0007,
    "commit-fails": 0.001,
    "receiver-refuses": 0.002,
    "receiver-fails": 0.02,
    "receiver-hangs": 0.004,
}
"""How often, of all the places where it may strike."""

LONG = {
    "kill-temporal": (6.0, 0.4),
    "coordination-down": (6.0, 1.0),
    "worker-down": (6.0, 3.0),
    "clinic-down": (8.0, 6.0),
    "partition": (10.0, 4.0),
    "clock-step": (6.0, 5.0),
    "disk-full": (5.0, 3.0),
    "receiver-down": (6.0, 20.0),
}
"""How often a year, and for how many hours on average."""

EVERY_KIND = (*SMALL, *LONG)
MOST_HOURS = 96.0
LINKS = (
    ("worker", "coordination"),
    ("worker", "clinics"),
    ("coordination", "temporal"),
    ("hospital", "coordination"),
    ("coordination", "receivers"),
)
RECEIVERS = ("hospital.example", "registry.example")
CLINICS = ("assessment", "localization", "followup")
PLACES = dict.fromkeys(CLINICS, "clinics") | dict.fromkeys(RECEIVERS, "receivers")


class UnknownFault(ValueError):
    """There is no fault of this name."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A long fault: what, from when, until when, and a number to choose by."""

    kind: str
    begins: float
    ends: float
    chosen: float


class Faults:
    """The weather of one run. `ends_at`: after that everything works."""

    def __init__(self, kinds: Sequence[str], seed: int, clock: Clock, years: float) -> None:
        unknown = sorted(set(kinds) - set(EVERY_KIND))
        if unknown:
            raise UnknownFault(f"no such fault: {', '.join(unknown)}")
        self._kinds = frozenset(kinds)
        self._clock = clock
        self._draws = {kind: Random(f"{seed}/fault/{kind}") for kind in (*EVERY_KIND, "delay")}
        self.struck: Counter[str] = Counter()
        self.explained = 0
        """How many of them may make a message be sent twice."""
        self.last_at = 0.0
        self._apart: set[frozenset[str]] = set()
        self.over = False
        self.spells = sorted(
            (spell for kind in LONG if kind in self._kinds for spell in self._drawn(kind, years)),
            key=lambda spell: (spell.begins, spell.kind),
        )

    def _drawn(self, kind: str, years: float) -> list[Spell]:
        draw, (often, hours) = self._draws[kind], LONG[kind]
        spells: list[Spell] = []
        day = 0.0
        while True:
            day += draw.expovariate(often / 365)
            if day > years * 365:
                return spells
            lasts = min(draw.expovariate(1 / hours), MOST_HOURS) * 3600
            spells.append(Spell(kind, day * 86_400, day * 86_400 + lasts, draw.random()))

    def strikes(self, kind: str) -> bool:
        """Does this happen here and now?"""
        if kind not in self._kinds or self.over:
            return False
        struck = self._draws[kind].random() < SMALL[kind]
        if struck:
            self.note(kind)
        return struck

    def note(self, kind: str) -> None:
        """It has struck."""
        self.struck[kind] += 1
        self.explained += 1
        self.last_at = self._clock.seconds

    # -- the network ----------------------------------------------------------------------------

    def fate(self, source: str, target: str, method: str) -> Fate:
        """How does this request fare?"""
        draw = self._draws["delay"]
        delay, way_back = draw.expovariate(200.0), draw.expovariate(200.0)
        if self.strikes("slow-network"):
            delay += self._draws["slow-network"].uniform(0.1, 8.0)
        lost = self.strikes("lost-requests")
        answer_lost = not lost and self.strikes("lost-answers")
        twice = method in ("PUT", "POST") and target not in RECEIVERS
        return Fate(
            delay=delay,
            way_back=way_back,
            lost=lost,
            answer_lost=answer_lost,
            twice=twice and self.strikes("repeated-requests"),
        )

    def parted(self, source: str, target: str) -> bool:
        """Can these two not reach each other?"""
        if not self._apart:
            return False
        pair = frozenset((PLACES.get(source, source), PLACES.get(target, target)))
        return pair in self._apart

    def part(self, spell: Spell, apart: bool) -> None:
        """One link is cut, or whole again."""
        link = frozenset(LINKS[int(spell.chosen * len(LINKS))])
        if apart:
            self._apart.add(link)
        else:
            self._apart.discard(link)

    # -- the database ---------------------------------------------------------------------------

    def before_commit(self, kill: Callable[[], None]) -> Callable[[], None]:
        """What may happen just before a commit is on the disk."""

        def act() -> None:
            if self.strikes("commit-fails"):
                raise sqlite3.OperationalError("disk I/O error")
            if self.strikes("kill-coordination"):
                kill()
                raise sqlite3.OperationalError("killed")

        return act

    def clock_step(self, spell: Spell) -> timedelta:
        """By how much is the clock wrong? Minutes or hours, back or forth."""
        minutes = (spell.chosen - 0.5) * 2
        return timedelta(minutes=minutes * (240 if abs(minutes) > 0.5 else 20))


def kinds_named(said: str) -> tuple[str, ...]:
    """`all`, `none`, or names with commas between."""
    if said == "all":
        return EVERY_KIND
    if said in ("none", ""):
        return ()
    kinds = tuple(part.strip() for part in said.split(","))
    unknown = sorted(set(kinds) - set(EVERY_KIND))
    if unknown:
        raise UnknownFault(
            f"no such fault: {', '.join(unknown)}; there are {', '.join(EVERY_KIND)}"
        )
    return kinds
