"""Tell stories to a running rehearsal, each on its own journey's clock."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2

from simulation.stories import Story, stories

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.2
LOOKS = 600
SIDE_BY_SIDE = 5
BUSY, TRIES = 503, 5
"""A machine that does other things as well may say "not just now"."""


class Stage:
    """A rehearsal, as the player sees it: its address and a token."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx2.AsyncClient(
            base_url=f"{url}/coordination/v1/journeys",
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE_SECONDS,
        )

    async def play_all(self) -> None:
        """Every story, a few side by side, the longest first."""
        places = asyncio.Semaphore(SIDE_BY_SIDE)

        async def play(story: Story) -> None:
            async with places:
                await self._play(story)

        async with self._http:
            longest_first = sorted(stories(), key=lambda story: -story.last_day)
            await asyncio.gather(*(play(story) for story in longest_first))

    async def _play(self, story: Story) -> None:
        began, day = datetime.now(UTC), 0
        start = {
            "patient": {"id": story.name, **story.patient},
            "zone": story.zone,
            "assignee": story.assignee,
        }
        await self._tell("PUT", f"/{story.journey}", start)
        for when, event in story.events(began):
            day = await self._reach(story.journey, day, when)
            await self._tell("POST", f"/{story.journey}/events", event)
        await self._reach(story.journey, day, story.last_day)

    async def _reach(self, journey: UUID, day: int, when: int) -> int:
        """Everything told so far is taken in, then the journey lives on until that day."""
        for _ in range(LOOKS):
            if not (await self._tell("GET", f"/{journey}", None))["events_waiting"]:
                break
            await asyncio.sleep(PAUSE_SECONDS)
        if when > day:
            await self._tell("POST", f"/{journey}/fast-forward", {"days": when - day})
        return max(day, when)

    async def _tell(self, method: str, path: str, body: Any) -> Any:
        for _ in range(TRIES):
            answer = await self._http.request(method, path, json=body)
            if answer.status_code != BUSY:
                break
            await asyncio.sleep(PAUSE_SECONDS)
        answer.raise_for_status()
        return answer.json()
