"""Candidate lesions on the body, front and back. Pure: points for a picture, words for a list."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

POINTS: Mapping[str, list[Any]] = tomllib.loads(
    files("services.coordination").joinpath("body_map.toml").read_text("utf-8")
)["sites"]
MIDDLE = 60
APART = 9.0
"""Marks that would lie on each other are moved apart by this much."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One candidate as it is drawn: its number, in which view, and where."""

    number: int
    view: str
    x: float
    y: float
    refuted: bool


@dataclass(frozen=True, slots=True)
class LesionMap:
    """Every mark, and the numbers of candidates whose site the drawing does not have."""

    marks: tuple[Mark, ...]
    not_drawn: tuple[int, ...]

    def of(self, view: str) -> list[Mark]:
        """The marks of one view."""
        return [mark for mark in self.marks if mark.view == view]


def lesion_map(candidates: Sequence[Mapping[str, Any]]) -> LesionMap:
    """Where do the candidates lie? In the order in which they are listed, numbered from one."""
    marks: list[Mark] = []
    missing = []
    for number, candidate in enumerate(candidates, 1):
        place = POINTS.get(str(candidate.get("site_name") or candidate.get("site") or "").lower())
        if place is None:
            missing.append(number)
            continue
        view, x, y = str(place[0]), float(place[1]), float(place[2])
        for side in _sides(candidate.get("laterality"), x):
            at = x if side == "left" else 2 * MIDDLE - x
            drawn_at = at if view == "front" else 2 * MIDDLE - at
            refuted = candidate.get("status") == "REFUTED"
            marks.append(_beside(marks, Mark(number, view, drawn_at, y, refuted)))
    return LesionMap(tuple(marks), tuple(missing))


def _sides(side: object, x: float) -> tuple[str, ...]:
    if x == MIDDLE:
        return ("left",)
    if side in ("left", "right"):
        return (str(side),)
    return ("left", "right")


def _beside(marks: Sequence[Mark], new: Mark) -> Mark:
    x = new.x
    while any(
        mark.view == new.view and abs(mark.x - x) < APART and abs(mark.y - new.y) < APART
        for mark in marks
    ):
        x += APART
    return Mark(new.number, new.view, x, new.y, new.refuted)
