"""How many journeys would each filter show, and how much is still being worked off? Counted for all
who look at an organisation's queue; where counting takes long, now and then, and nobody waits."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fastapi import BackgroundTasks, Request
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.context import done_for
from services.coordination import listing, repository
from services.coordination.listing import Filters
from services.coordination.parts import parts_of

MANY = 5_000
"""Fewer journeys are counted each time: it takes a few milliseconds."""
KEPT_SECONDS = 15.0
TOO_OLD_SECONDS = 120.0
MOST_NAMES = 50
EVERYDAY, EVERYDAY_WAIT = 25, timedelta(minutes=2)
"""So many events on their way, for so long, are no news."""


@dataclass(frozen=True, slots=True)
class Underway:
    """Long work that is not done: how much of how much, and since when its oldest part waits."""

    done: int
    of: int
    since: datetime | None

    @property
    def waiting(self) -> int:
        """How much is still to be done?"""
        return self.of - self.done

    @property
    def is_long(self) -> bool:
        """Is there more to be done, or does it wait for longer, than in everyday work?"""
        stood = self.since is not None and datetime.now(UTC) - self.since > EVERYDAY_WAIT
        return self.waiting > EVERYDAY or (self.waiting > 0 and stood)


@dataclass(slots=True)
class Counted:
    """What was counted of one organisation, and when."""

    in_phase_with: Mapping[tuple[str, str | None], int] = field(default_factory=dict)
    found: Mapping[str, int] = field(default_factory=dict)
    underway: Underway = field(default_factory=lambda: Underway(0, 0, None))
    at: float = 0.0
    is_counted_again: bool = False

    def phases(self) -> dict[str, int]:
        """How many journeys are in each phase?"""
        numbers: dict[str, int] = {}
        for (phase, _), number in self.in_phase_with.items():
            numbers[phase] = numbers.get(phase, 0) + number
        return numbers

    def of(self, view: str, subject: str) -> int:
        """How many would this saved filter show to this person?"""
        if view in self.found:
            return self.found[view]
        wanted = {"mine": subject, "unassigned": None}
        return sum(
            number
            for (phase, assignee), number in self.in_phase_with.items()
            if phase != repository.CLOSED and (view == "all" or assignee == wanted[view])
        )

    def names(self) -> list[str]:
        """Who looks after a journey now?"""
        return sorted({name for _, name in self.in_phase_with if name})[:MOST_NAMES]


async def counted(
    request: Request,
    after: BackgroundTasks,
    session: AsyncSession,
    organisation: str,
    views: Mapping[str, Filters],
) -> Counted:
    """The numbers of this organisation. `views`: the filters that no index answers by itself."""
    kept: dict[str, Counted]
    kept = request.app.state.__dict__.setdefault("_counted", {})
    known = kept.get(organisation)
    age = time.monotonic() - known.at if known else TOO_OLD_SECONDS
    if known is None or sum(known.in_phase_with.values()) < MANY or age >= TOO_OLD_SECONDS:
        kept[organisation] = await _count(session, organisation, views, known)
    elif age > KEPT_SECONDS and not known.is_counted_again:
        known.is_counted_again = True
        database = parts_of(request).database

        async def count_again() -> None:
            try:
                with done_for(organisation):
                    async with database.reading() as looking:
                        kept[organisation] = await _count(looking, organisation, views, known)
            finally:
                known.is_counted_again = False

        after.add_task(count_again)
    return kept[organisation]


async def _count(
    session: AsyncSession, organisation: str, views: Mapping[str, Filters], before: Counted | None
) -> Counted:
    now = datetime.now(UTC)
    by_phase = await listing.count_by_phase_and_assignee(session, organisation)
    found = {
        view: await listing.count(session, organisation, filters, now)
        for view, filters in views.items()
    }
    waiting, since = await listing.underway(session, organisation)
    most = max(waiting, before.underway.of if before and waiting else 0)
    done = Underway(most - waiting, most, since)
    return Counted(by_phase, found, done, at=time.monotonic())
