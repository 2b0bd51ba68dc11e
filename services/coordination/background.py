"""Tasks beside the requests: they end between two rounds, not within a transaction."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

GRACE_SECONDS = 15.0
"""How long a round may take to end by itself before it is broken off."""

Rounds = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Works until the event is set."""


@asynccontextmanager
async def background(name: str, rounds: Rounds) -> AsyncIterator[None]:
    """Let it work for as long as this lasts.

    A transaction that is cancelled half-way may keep a SQLite file locked, so a task is asked to
    end, and only broken off when it does not.
    """
    ending = asyncio.Event()
    task = asyncio.create_task(rounds(ending), name=name)
    try:
        yield
    finally:
        ending.set()
        done, _ = await asyncio.wait({task}, timeout=GRACE_SECONDS)
        if not done:
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def passed(event: asyncio.Event, seconds: float) -> bool:
    """Did it happen within this time?"""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
