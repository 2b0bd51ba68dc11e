"""Patients in whom a tumor is looked for: drawn once, so that every policy meets the same ones."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from random import Random
from typing import Any

from knowledge.rules import field_of_view, imaging, regions, scan_yield
from simulation.searching.chances import Law

ASSUMED: dict[str, Any] = tomllib.loads(
    files("simulation.searching").joinpath("assumptions.toml").read_text("utf-8")
)
SCANS = ("tc99m_hynic_spectct", "ga68_dota", "fdg")
"""In the order of the pathway: the order in which the overlaps are stated."""

WHOLE_BODY_MRI = "whole_body_mri"
EVERY_TEST = ("exam", *SCANS, WHOLE_BODY_MRI)


@dataclass(frozen=True, slots=True)
class Spot:
    """One place that something may show, and what targeted imaging would say of it."""

    site: str
    side: str | None
    above_liver: bool
    correlate: bool
    typical: bool
    mimic: str
    steps_up: bool
    """Would FGF23 step up in the vein that drains it?"""

    @property
    def in_trunk(self) -> bool:
        """Would a scan from the skull base to the middle of the thigh show it?"""
        known = field_of_view.site_named(self.site)
        return known is not None and known.region == "trunk"


@dataclass(frozen=True, slots=True)
class Sought:
    """One patient: where the tumor is, if it can be found at all, and what would show what."""

    number: int
    tumor: Spot | None
    shows_tumor: frozenset[str]
    look_alike: Spot
    lump: Spot
    fooled: frozenset[str]
    """Tests that show the look-alike; the examination finds the other lump."""

    waits: dict[str, int]
    elsewhere: bool
    short: frozenset[str]

    def seen_by(self, test: str) -> list[Spot]:
        """What would this test show in a whole body?"""
        wrong = self.lump if test == "exam" else self.look_alike
        shown = [self.tumor] if self.tumor is not None and test in self.shows_tumor else []
        return shown + ([wrong] if test in self.fooled else [])


def patients(count: int, world: str, on: date, seed: int | None = None) -> Iterator[Sought]:
    """The same patients for the same seed and world."""
    draw = Random(f"{ASSUMED['seed'] if seed is None else seed}")
    law = Law(SCANS, on)
    prior = float(scan_yield.TABLE.number("prior_localizable", on))
    for number in range(count):
        yield _patient(number, draw, law, prior, ASSUMED["worlds"][world])


def _patient(number: int, draw: Random, law: Law, prior: float, world: dict[str, float]) -> Sought:
    exists = draw.random() < prior
    tumor, shown = _tumor(draw), law.draw(draw)
    mri = ASSUMED[WHOLE_BODY_MRI]
    if draw.random() < _field("exam", "sensitivity"):
        shown |= {"exam"}
    if draw.random() < mri["sensitivity"] and tumor.correlate:
        shown |= {WHOLE_BODY_MRI}
    # As in the formula of 3.2, a test that misses the tumor of somebody who has one is negative.
    fooled = frozenset(t for t in EVERY_TEST if _fools(draw, t) and (t in shown or not exists))
    (site, mimic), (bump, other) = (
        draw.choice(ASSUMED["look_alikes"][kind]) for kind in ("scan", "examination")
    )
    return Sought(
        number=number,
        tumor=tumor if exists else None,
        shows_tumor=shown if exists else frozenset(),
        look_alike=_look_alike(draw, site, mimic),
        lump=_look_alike(draw, bump, other),
        fooled=fooled,
        waits={name: draw.choice(days) for name, days in ASSUMED["wait_days"].items()},
        elsewhere=draw.random() < world["elsewhere"],
        short=frozenset(t for t in SCANS if draw.random() < world["short"]),
    )


def _field(test: str, name: str) -> float:
    return float(imaging.TABLE.entries["tests"][test].fields[name])


def _fools(draw: Random, test: str) -> bool:
    known = ASSUMED[WHOLE_BODY_MRI] if test == WHOLE_BODY_MRI else None
    return draw.random() >= (known["specificity"] if known else _field(test, "specificity"))


def _tumor(draw: Random) -> Spot:
    priors = regions.TABLE.entries["priors"]
    shares = [float(row.fields["share"]) for row in priors.values()]
    site = draw.choice(ASSUMED["sites"][draw.choices(list(priors), shares)[0]])
    said = ASSUMED["follow_up"]
    correlate = draw.random() < said["tumor_has_correlate"]
    return Spot(
        site=site,
        side=_side(draw, site),
        above_liver=draw.random() < ASSUMED["uptake"]["tumor_above_liver"],
        correlate=correlate,
        typical=draw.random() < said["tumor_is_typical"] and correlate,
        mimic="none",
        steps_up=draw.random() < _field("svs", "sensitivity"),
    )


def _look_alike(draw: Random, site: str, mimic: str) -> Spot:
    said = ASSUMED["follow_up"]
    recognised = draw.random() < said["look_alike_recognised"]
    return Spot(
        site=site,
        side=_side(draw, site),
        above_liver=draw.random() < ASSUMED["uptake"]["look_alike_above_liver"],
        correlate=not recognised,
        typical=draw.random() < said["look_alike_is_typical"] and not recognised,
        mimic=mimic if recognised else "none",
        steps_up=draw.random() >= _field("svs", "specificity"),
    )


def _side(draw: Random, site: str) -> str | None:
    known, side = field_of_view.site_named(site), draw.choice(("left", "right"))
    return side if known is not None and known.paired else None
