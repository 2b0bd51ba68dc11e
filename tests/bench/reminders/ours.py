"""This system told the same: journeys whose clocks were moved so that reminders fall due now."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.journeys.chaos import Cohort, What, what
from tests.journeys.conftest import Ward, a_ward
from tests.journeys.together import ALL, Together, together


class Ours:
    """`tio up`, with as many journeys as it takes for so many reminders."""

    def __init__(self, ward: Ward, system: Together) -> None:
        self._system, self._turn = system, threading.Lock()
        self._cohort = Cohort(ward, system.engine)
        self._expected: Counter[What] = self._cohort.on_the_first_morning()
        self._sent: dict[Any, list[dict[str, Any]]] = {}

    def begin(self, reminders: int) -> None:
        """Journeys that rest until their first morning."""
        self._cohort.begin(reminders // self._expected.total())

    def told(self, dues: list[float]) -> None:
        """One moment for each journey: all of its first reminders are due then."""
        moments = dict(zip(self._cohort.ids, dues[:: self._expected.total()], strict=True))
        asyncio.run(self._cohort.move_clocks(moments))

    def kill(self) -> None:
        """SIGKILL to the process and to the engine under it."""
        with self._turn:
            self._system.strike(ALL)

    def heal(self) -> None:
        """Start it again if it is dead."""
        with self._turn:
            self._system.heal()

    def missing(self, arrived: Counter[str]) -> int:
        """How many were not thought of, or thought of and did not arrive?"""
        lost = 0
        for journey in self._cohort.ids:
            try:
                sent = self._cohort.ward.sent(str(journey))
            except (httpx2.TransportError, AssertionError):
                sent = []
            self._sent[journey] = sent
            delivered = Counter(what(one) for one in sent if one["id"] in arrived)
            lost += (self._expected - delivered).total()
        return lost

    def doubled(self) -> int:
        """How many were thought of twice, under two names?"""
        return sum(
            (Counter(what(one) for one in sent) - self._expected).total()
            for sent in self._sent.values()
        )


@contextmanager
def a_system_of_ours(folder: Path) -> Iterator[tuple[Ours, Ward]]:
    """On an empty folder, gone afterwards."""
    with a_ward(folder / "data", together) as ward:
        assert isinstance(ward.system, Together)
        yield Ours(ward, ward.system), ward
