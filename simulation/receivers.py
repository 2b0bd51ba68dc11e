"""Who hears reminders: webhooks that take them, refuse them, are slow or away; what they counted.

What a receiver took is the only truth about what was sent.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from simulation.faults import Faults
from simulation.network import PATIENCE_SECONDS, Answer, Asked
from simulation.processes import Process

SECRET = "whsec_" + "c2ltdWxhdGVkIHJlY2VpdmVycyBwcm90ZWN0IG5vdGhpbmc="


class Receiver(Process):
    """One subscriber. `took` is told of every message it said yes to."""

    def __init__(
        self,
        name: str,
        faults: Faults,
        took: Callable[[str, dict[str, Any]], None],
        heard: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        super().__init__(name)
        self._faults, self._took, self._heard = faults, took, heard
        self.accepted: Counter[str] = Counter()
        self.answered: Counter[int] = Counter()

    async def serve(self, asked: Asked) -> Answer:
        """One message."""
        faults = self._faults
        status = 200
        if faults.strikes("receiver-fails"):
            status = 503
        elif faults.strikes("receiver-refuses"):
            status = 410
        self.answered[status] += 1
        if status != 200:
            return status, b""
        data = json.loads(asked.body)["data"]
        for said in data.get("items", [data]):
            self.accepted[said["reminder"]] += 1
            self._took(self.name, said)
            if self._heard is not None and self.accepted[said["reminder"]] == 1:
                self._heard(said)
        if faults.strikes("receiver-hangs"):
            # It has taken it, and says so too late.
            await asyncio.sleep(PATIENCE_SECONDS * 2)
        return 200, b""
