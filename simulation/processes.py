"""Processes that live in one event loop and can be killed: nothing they do afterwards is seen."""

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar
from typing import Any

HERE: ContextVar["Process | None"] = ContextVar("process", default=None)
"""In which process does this code run?"""


class Process:
    """One process of the virtual world. `kill` is kill -9: nobody says goodbye."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = False
        self.begun = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(self) -> None:
        """It runs."""
        self.alive = True
        self.begun += 1

    def spawn(self, act: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let it do this beside everything else, for as long as it lives."""
        before = HERE.set(self)
        try:
            return asyncio.get_running_loop().create_task(act)
        finally:
            HERE.reset(before)

    def kill(self) -> None:
        """Everything it was doing ends in the middle."""
        self.alive = False
        for task in self._tasks:
            task.cancel()
        self._tasks = set()

    def owns(self, task: asyncio.Task[Any]) -> None:
        """This task ends when the process ends."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def owned(loop: asyncio.AbstractEventLoop, coro: Any, **how: Any) -> asyncio.Task[Any]:
    """The loop's task factory: who makes a task owns it, tasks of its tasks included."""
    task: asyncio.Task[Any] = asyncio.Task(coro, loop=loop, **how)
    process = HERE.get()
    if process is not None:
        process.owns(task)
    return task


def still_lives() -> bool:
    """Does the process that asks still live? What a dead one does has no effect."""
    process = HERE.get()
    return process is None or process.alive
