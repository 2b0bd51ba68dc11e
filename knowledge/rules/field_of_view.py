"""Which parts of the body did a scan cover, and which were examined? By body site, not by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from knowledge.tables import Table

TABLE = Table.beside(__file__)
SIDES = ("left", "right")

Part = tuple[str, str | None]
"""A part of the whole-body test and, where it is paired, its side."""


@dataclass(frozen=True, slots=True)
class Site:
    """FHIR BodyStructure.location: one body site, under its SNOMED CT id and a readable name."""

    code: str
    name: str
    region: str
    paired: bool
    covers: tuple[str, ...]


@cache
def _sites() -> Mapping[str, Site]:
    """Every site under its id and every name it is written with."""
    named: dict[str, Site] = {}
    for row in TABLE.entries["sites"].values():
        site = Site(
            row.key,
            row.fields["name"],
            row.fields["region"],
            row.fields["paired"],
            tuple(row.fields["covers"]),
        )
        for name in (row.key, site.name, *row.fields["also"]):
            if named.setdefault(name, site) is not site:
                raise ValueError(f"field_of_view.toml: {name!r} names two sites")
    return named


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())


def site_named(name: str) -> Site | None:
    """Which body site is this SNOMED CT id or name? None when the table does not have it."""
    sites = _sites()
    return sites.get(name) or sites.get(_plain(name))


def parts_covered(entries: Iterable[str]) -> tuple[frozenset[Part], tuple[str, ...]]:
    """Which parts does a list of body sites cover, and which entries are not known?

    A paired site without a side means both; "left foot" means one.
    """
    return _parts_covered(tuple(entries))


@lru_cache(maxsize=1024)
def _parts_covered(entries: tuple[str, ...]) -> tuple[frozenset[Part], tuple[str, ...]]:
    covered: set[Part] = set()
    unknown: list[str] = []
    paired = {row.key: row.fields["paired"] for row in TABLE.entries["whole_body"].values()}
    for entry in entries:
        site, sides = _site_and_sides(entry)
        if site is None:
            unknown.append(entry)
            continue
        for part in site.covers:
            covered.update((part, side) for side in (sides if paired[part] else (None,)))
    return frozenset(covered), tuple(unknown)


@lru_cache(maxsize=4096)
def _site_and_sides(entry: str) -> tuple[Site | None, tuple[str, ...]]:
    site = site_named(entry)
    if site is not None:
        return site, SIDES
    side, _, rest = _plain(entry).partition(" ")
    if side in SIDES and rest:
        return site_named(rest), (side,)
    if side == "both" and rest:
        return site_named(rest), SIDES
    return None, ()


@lru_cache(maxsize=1024)
def missing_field(covered: frozenset[Part]) -> tuple[str, ...]:
    """What of the body, vertex to toes with both arms, is not covered? Empty: a whole-body scan."""
    missing: dict[str, None] = {}
    for row in TABLE.entries["whole_body"].values():
        sides = SIDES if row.fields["paired"] else (None,)
        absent = [side for side in sides if (row.key, side) not in covered]
        if not absent:
            continue
        said = row.fields["said"]
        one_side = len(absent) == 1 and absent[0] is not None
        missing[f"{said} ({absent[0]})" if one_side else said] = None
    return tuple(missing)


def regions_missing(missing: Iterable[str]) -> frozenset[str]:
    """In which regions of the body does something stay uncovered?"""
    said = tuple(missing)
    return frozenset(
        row.fields["region"]
        for row in TABLE.entries["whole_body"].values()
        if any(name.startswith(row.fields["said"]) for name in said)
    )


def shows(entries: Iterable[str], site: str, side: str | None) -> bool:
    """Did a scan of these sites look at this place?"""
    for entry in entries:  # noqa: SIM110 - a plain loop: this is asked often
        if _shows(entry, site, side):
            return True
    return False


@lru_cache(maxsize=16384)
def _shows(entry: str, site: str, side: str | None) -> bool:
    seen, sides = _site_and_sides(entry)
    place = site_named(site)
    if seen is None or place is None or (side is not None and side not in sides):
        return False
    inside = TABLE.entries["contains"].get(seen.code)
    return (
        (seen.region == "whole" and bool(seen.covers))
        or seen.code == place.code
        or (inside is not None and place.code in inside.fields["sites"])
    )


@cache
def _areas() -> Mapping[str, str]:
    """Every name of an area of the checklist, and the area."""
    return {
        name: row.key
        for row in TABLE.entries["examination"].values()
        for name in (row.key, *row.fields["also"])
    }


def areas_to_examine(areas: Mapping[str, str]) -> tuple[str, ...]:
    """Which areas of the checklist are still to be examined? One that is not named was not."""
    checklist = TABLE.entries["examination"]
    if areas.keys() >= checklist.keys() and "not_examined" not in areas.values():
        return ()  # the usual examination: every area by its own key
    known = _areas()
    examined = {known.get(name) for name, said in areas.items() if said != "not_examined"}
    return tuple(key for key in checklist if key not in examined)


def no_areas(names: Mapping[str, str]) -> list[str]:
    """Which of these are no areas of the checklist? In the order in which they were sent."""
    known = _areas().keys()
    return [] if names.keys() <= known else [name for name in names if name not in known]


def complements(first: date, second: date, on: date) -> bool:
    """Are two partial scans with the same tracer close enough to count as one?"""
    return abs((second - first).days) <= TABLE.whole("complement_within", on)
