"""How far has everybody come, and how long did it take? Over all organisations, so what is small
is not said: fewer than eleven with a disease as rare as this one are somebody's neighbours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Mapped
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.coordination.programme import days_until
from services.coordination.repository import CLOSED
from services.coordination.tables import EventRow, JourneyRow, MomentRow

BEGUN = "begun"
STEPS = {"diagnosed": "localization", "located": "treatment", "treated": "surveillance"}
"""What each step of the funnel is called, and the phase that begins when it is reached."""

SHARES = (0.5, 0.9)

Waits = Sequence[tuple[datetime, datetime | None]]
"""When each began to wait, and when it was reached, if it was."""


class Place(NamedTuple):
    """One journey."""

    organisation: str
    journey: UUID


@dataclass(frozen=True, slots=True)
class Funnel:
    """`None` is a number too small to be said, or a share that has not come so far."""

    reached: Mapping[str, int | None]
    days: Mapping[tuple[str, float], int | None]


def drawn(waits: Mapping[str, Waits], now: datetime, smallest: int, still_open: int = 0) -> Funnel:
    """The funnel, and after how many days half and nine in ten had reached each step.

    `still_open` is said elsewhere: where few are closed, all of them would give these away.
    """
    counted = {BEGUN: max((len(all_of_them) for all_of_them in waits.values()), default=0)}
    for name, all_of_them in waits.items():
        counted[name] = sum(1 for _, reached in all_of_them if reached is not None)
    shown = _not_small(counted, smallest)
    if 0 < counted[BEGUN] - still_open < smallest:
        shown[BEGUN] = None
    days = {
        (name, share): None if shown[name] is None else _whole(days_until(all_of_them, now, share))
        for name, all_of_them in waits.items()
        for share in SHARES
    }
    return Funnel(shown, days)


def _whole(days: float | None) -> int | None:
    """To the second it would be somebody's own."""
    return None if days is None else round(days)


def _not_small(counted: Mapping[str, int], smallest: int) -> dict[str, int | None]:
    """Hidden is what is small, and what differs by little from the step before it."""
    shown: dict[str, int | None] = dict(counted)
    for name, number in counted.items():
        if 0 < number < smallest:
            shown[name] = None
    for before, name in pairwise(counted):
        if 0 < abs(counted[before] - counted[name]) < smallest:
            shown[name] = None
    return shown


async def read(
    session: AsyncSession, now: datetime, organisation: str | None = None
) -> dict[str, list[tuple[datetime, datetime | None]]]:
    """From the first low phosphate of each journey (else its first result, else its beginning)
    to the first day of each phase; of one organisation, or of all.

    Who was closed before a step (dead, another disease, gone elsewhere) waits for it no longer: the
    wait is as long as it was on that day, and is told as one that began so much later.
    """
    connection = await session.connection()
    j, e, m = JourneyRow, EventRow, MomentRow
    columns = (col(j.organisation), col(j.id), col(j.started_at), col(j.first_low_at), col(j.phase))
    wanted = select(*columns).where(
        col(j.merged_into).is_(None), _within(col(j.organisation), organisation)
    )
    began: dict[Place, datetime] = {}
    without, over = set(), set()
    for where, journey, started, low, phase in await connection.execute(wanted):
        place = Place(where, journey)
        began[place] = low or started
        if phase == CLOSED:
            over.add(place)
        if low is None:
            without.add(place)
    if without:
        results = (
            select(col(e.organisation), col(e.journey), func.min(col(e.occurred_at)))
            .join(j, (col(j.organisation) == col(e.organisation)) & (col(j.id) == col(e.journey)))
            .where(
                col(e.kind) == "observations",
                col(j.first_low_at).is_(None),
                _within(col(e.organisation), organisation),
            )
            .group_by(col(e.organisation), col(e.journey))
        )
        for where, journey, first in await connection.execute(results):
            place = Place(where, journey)
            if place in without:
                began[place] = min(began[place], first or began[place])
    moments = (
        select(col(m.organisation), col(m.journey), col(m.detail), func.min(col(m.at)))
        .where(col(m.what) == "phase", _within(col(m.organisation), organisation))
        .group_by(col(m.organisation), col(m.journey), col(m.detail))
    )
    phases: dict[tuple[Place, str], datetime] = {}
    for where, journey, detail, at in await connection.execute(moments):
        key = (Place(where, journey), detail.partition(":")[0])
        if at is not None:
            phases[key] = min(at, phases.get(key, at))
    closed = {place: phases.get((place, CLOSED)) for place in over}
    return {
        name: [
            _wait(since, _by(phases, place, name), closed.get(place), now)
            for place, since in began.items()
        ]
        for name in STEPS
    }


def _within(column: Mapped[str], organisation: str | None) -> ColumnElement[bool]:
    return true() if organisation is None else column == organisation


def _wait(
    since: datetime, then: datetime | None, closed: datetime | None, now: datetime
) -> tuple[datetime, datetime | None]:
    if then is not None:
        return since, max(since, then)
    return (since if closed is None else since + (now - closed)), None


def _by(phases: Mapping[tuple[Place, str], datetime], place: Place, name: str) -> datetime | None:
    """When was this step behind this journey? Who came later came this far as well."""
    steps = list(STEPS)
    later = (phases.get((place, STEPS[step])) for step in steps[steps.index(name) :])
    return min((at for at in later if at is not None), default=None)
