"""Alarm: a journey's one timer. It is set anew only when the moment has changed."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow

A_MOMENT = timedelta(milliseconds=1)


class Alarm:
    """Rings at one moment; an event that moves nothing leaves it as it is."""

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._sleep: asyncio.Task[None] | None = None
        self._rang: datetime | None = None

    def now(self) -> datetime:
        """What time is it? Never before the moment at which it rang last.

        A worker that is asked something while the timer fires may be told an older time
        (decision 29); by that one nothing would be due, and it would sleep as long again.
        """
        now = workflow.now()
        return now if self._rang is None else max(now, self._rang)

    def set(self, at: datetime) -> None:
        """Ring at this moment, and at no other."""
        self._note_that_it_rang()
        if self._sleep is not None and not self._sleep.done():
            if self._at == at:
                return
            self._sleep.cancel()
        self._at = at
        pause = max(at - self.now(), A_MOMENT)
        self._sleep = asyncio.create_task(workflow.sleep(pause))

    def put_away(self) -> None:
        """It does not ring while something is done."""
        self._note_that_it_rang()
        if self._sleep is not None:
            self._sleep.cancel()
        self._sleep = None

    @property
    def rings(self) -> bool:
        """Has the moment come?"""
        return self._sleep is not None and self._sleep.done()

    def _note_that_it_rang(self) -> None:
        if self.rings:
            self._rang = self._at
