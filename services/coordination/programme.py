"""How the whole programme does: curves until a step was reached, and numbers too small to show.
Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

DAY_SECONDS = 86_400.0
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 400, 200, 44, 12, 12, 28


def suppressed(cells: Mapping[str, int], smallest: int) -> dict[str, int | None]:
    """The same with small numbers hidden, and a second one where the total would give it away."""
    shown: dict[str, int | None] = {
        name: None if 0 < number < smallest else number for name, number in cells.items()
    }
    hidden = [name for name, number in shown.items() if number is None]
    if len(hidden) == 1:
        rest = [name for name, number in shown.items() if number is not None]
        if rest:
            shown[min(rest, key=lambda name: (cells[name] == 0, cells[name]))] = None
    return shown


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the pathway: who reached it, when half had, and the curve of it."""

    name: str
    began: int
    reached: int | None
    median_days: int | None
    path: str
    ticks: tuple[tuple[float, str], ...]
    table: tuple[tuple[int, int], ...]
    longest: int = 0
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def step(
    name: str, waits: Sequence[tuple[datetime, datetime | None]], now: datetime, smallest: int
) -> Step:
    """How long does it take from the beginning to this step? Who still waits counts until today.

    Each wait is when it began, and when the step was reached, if it was. Few who have not reached
    it are not to be found by subtraction.
    """
    spent = _spent(waits, now)
    reached_by_all = sum(reached for _, reached in spent)
    missing = len(spent) - reached_by_all
    if len(spent) < smallest or 0 < reached_by_all < smallest or 0 < missing < smallest:
        return Step(name, len(spent), None, None, "", (), ())
    curve = _curve(spent)
    longest = max((days for days, _ in spent), default=1.0) or 1.0
    median = next((round(days) for days, share in curve if share >= 0.5), None)
    points = [(0.0, 0.0)]
    for days, share in curve:
        points += [(days, points[-1][1]), (days, share)]
    points.append((longest, points[-1][1]))

    def x(days: float) -> float:
        return LEFT + days / longest * (WIDTH - LEFT - RIGHT)

    def y(share: float) -> float:
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    path = " ".join(f"{x(days):.1f},{y(share):.1f}" for days, share in points)
    ticks = tuple((y(share / 100), f"{share} %") for share in (0, 25, 50, 75, 100))
    table = tuple(
        (days, round(100 * max((s for d, s in curve if d <= days), default=0.0)))
        for days in (30, 90, 180, 365, 730)
        if days <= longest
    )
    return Step(name, len(spent), reached_by_all, median, path, ticks, table, round(longest))


def days_until(
    waits: Sequence[tuple[datetime, datetime | None]], now: datetime, share: float
) -> float | None:
    """After how many days had this share reached it? Who still waits counts until today."""
    return next((days for days, by_then in _curve(_spent(waits, now)) if by_then >= share), None)


def _spent(
    waits: Sequence[tuple[datetime, datetime | None]], now: datetime
) -> list[tuple[float, bool]]:
    """How many days each waited, and whether it was reached then; the shortest first."""
    return sorted(
        (max(0.0, ((reached or now) - began).total_seconds() / DAY_SECONDS), reached is not None)
        for began, reached in waits
    )


def _curve(spent: Sequence[tuple[float, bool]]) -> list[tuple[float, float]]:
    """The share that has reached the step by each day (Kaplan and Meier, turned around)."""
    curve, still, waiting = [], 1.0, len(spent)
    for days, reached in spent:
        if reached:
            still *= 1 - 1 / waiting
            curve.append((days, 1 - still))
        waiting -= 1
    return curve
