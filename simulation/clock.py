"""One virtual clock for everything: the event loop sleeps by moving it, `datetime.now` reads it.

A year in which nothing happens takes no time at all, and the same run meets the same moments.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar
from unittest.mock import patch

import time_machine

T = TypeVar("T")
TICK = 1e-6


class StandsStill(Exception):
    """Everybody waits for somebody, and nothing will ever happen again."""


class Clock:
    """What time it is: the true one, and the one that the services' machine shows."""

    def __init__(self, began: datetime) -> None:
        self._began, self._seconds = began, 0.0
        self._step = self._furthest = timedelta(0)
        self._shown: time_machine.Traveller | None = None
        self._showing = began

    @property
    def seconds(self) -> float:
        """Since the beginning; never goes back."""
        return self._seconds

    def now(self) -> datetime:
        """The true time."""
        return self._began + timedelta(seconds=self._seconds)

    def advance(self, seconds: float) -> None:
        """Nobody has anything to do for so long."""
        self._seconds = round(self._seconds + max(seconds, TICK), 6)
        self._show()

    def step(self, by: timedelta) -> None:
        """The services' machine shows another time from now on: so much off the true one."""
        self._step, self._furthest = by, max(by, self._furthest)
        self._show()

    @property
    def stepped(self) -> timedelta:
        """How far is the services' machine off?"""
        return self._step

    @property
    def furthest(self) -> timedelta:
        """How far was the services' machine ahead, when it was furthest?"""
        return self._furthest

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Every clock of this process shows this time."""
        with time_machine.travel(self._began, tick=False) as shown:
            self._shown, self._showing = shown, self._began
            self._show()
            yield
        self._shown = None

    def _show(self) -> None:
        """Moved by the difference: to be told the time anew would also set the zone each time."""
        if self._shown is not None:
            now = self.now() + self._step
            self._shown.shift(now - self._showing)
            self._showing = now


class _Impatient(selectors.SelectSelector):
    """Never waits: moves the clock instead."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Called by the loop when nothing is ready."""
        if timeout is None:
            raise StandsStill("nothing is waited for, and nobody is done")
        if timeout > 0:
            self._clock.advance(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on a virtual clock; threads are done at once, names are looked up by hand."""

    def __init__(self, clock: Clock, address_of: Callable[[str], str]) -> None:
        super().__init__(_Impatient(clock))
        self._clock, self._address_of = clock, address_of
        self._clock_resolution = TICK

    def time(self) -> float:
        """The loop's clock is the virtual one."""
        return self._clock.seconds

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """No threads: their order would differ from run to run."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done

    async def getaddrinfo(self, host: Any, port: Any, **_how: Any) -> Any:
        """Where a name leads, on this network."""
        return [(2, 1, 6, "", (self._address_of(str(host)), int(port)))]


def live(clock: Clock, act: Coroutine[Any, Any, T], address_of: Callable[[str], str] = str) -> T:
    """Let this happen on the virtual clock."""
    runner = asyncio.Runner(loop_factory=lambda: VirtualLoop(clock, address_of))
    with clock.shown(), patch("anyio.to_thread.run_sync", _at_once), runner:
        return runner.run(act)


async def _at_once(func: Callable[..., T], *args: Any, **_how: Any) -> T:
    """What the web framework gives to a thread is done here and now."""
    return func(*args)
