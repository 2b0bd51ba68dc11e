"""The body as forms and pictures speak of it: areas to feel, parts to scan, sites of a lesion.

The names and codes are those of the tables that localization reads; nothing is concluded here.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from knowledge.rules import field_of_view
from services.coordination.language import say
from services.coordination.pages.telling import Filled
from services.coordination.wording import sentence

AREAS: Mapping[str, str] = {
    row.key: str(row.fields["look_at"])
    for row in field_of_view.TABLE.entries["examination"].values()
}
"""Each area of the examination, and what to look at there."""

SIDES = ("left", "right", "both")
SAID_OF_A_LESION = ("laterality", "size_mm", "suv", "uptake", "mimic", "correlate")
"""What can be said of a lesion beside its site. Whoever says any of it has seen one."""

PARTS: tuple[tuple[str, str, bool], ...] = (
    ("head", "head and neck", False),
    ("chest", "chest", False),
    ("abdomen", "abdomen", False),
    ("pelvis", "pelvis", False),
    ("upper arm", "upper arm", True),
    ("forearm", "forearm", True),
    ("hand", "hand", True),
    ("thigh", "thigh", True),
    ("lower leg", "lower leg", True),
    ("foot", "foot", True),
)
"""The parts a scan covers: as the tables name them, as people say them, and whether paired."""


WHOLE = "entire body"
"""What is ticked when everything from the vertex to the toes was in the field."""


def coverage_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every part that can be ticked, the middle and each side: what is sent, and what is read."""
    middle = [(WHOLE, say("Everything from vertex to toes, with both arms"))]
    middle += [(name, sentence(say(words))) for name, words, paired in PARTS if not paired]
    groups = [(say("Middle"), middle)]
    for side, heading in (("right", "Patient's right"), ("left", "Patient's left")):
        parts = [
            (f"{side} {name}", sentence(say(words))) for name, words, paired in PARTS if paired
        ]
        groups.append((say(heading), parts))
    return groups


def coverage_entries() -> frozenset[str]:
    """Every entry that a form may send."""
    return frozenset(entry for _, parts in coverage_groups() for entry, _ in parts)


@cache
def _places() -> tuple[tuple[str, str], ...]:
    rows = field_of_view.TABLE.entries["sites"].values()
    return tuple(
        (str(row.fields["name"]), str(row.fields["region"]))
        for row in rows
        if row.fields["region"] != "whole"
    )


REGIONS = {
    "head_neck": "head and neck",
    "trunk": "trunk",
    "upper_limb": "upper limb",
    "lower_limb": "lower limb",
}


def sites() -> list[tuple[str, list[tuple[str, str]]]]:
    """Where a lesion can lie, by region, in the words of the page."""
    grouped: dict[str, list[tuple[str, str]]] = {region: [] for region in REGIONS}
    for name, region in _places():
        if region in grouped:
            grouped[region].append((name, sentence(say(name))))
    return [(sentence(say(REGIONS[region])), named) for region, named in grouped.items()]


def is_site(name: str) -> bool:
    """Is this one of the sites that can be chosen?"""
    return any(name == known for known, _ in _places())


def lesions_of(form: Filled, most: int) -> list[dict[str, Any]]:
    """The lesions of a form; what is wrong with them stands in the form."""
    lesions = []
    for number in range(1, most + 1):
        here = f"lesion.{number}"
        site = form.get(f"{here}.site")
        if not site and not any(form.get(f"{here}.{name}") for name in SAID_OF_A_LESION):
            continue
        if not site:
            form.wrong(f"{here}.site", say("say where the lump lies"))
            continue
        if not is_site(site):
            form.wrong(f"{here}.site", say("choose one of the sites"))
            continue
        lesion: dict[str, Any] = {"site": site}
        if form.get(f"{here}.laterality") in SIDES:
            lesion["laterality"] = form.get(f"{here}.laterality")
        for name in ("size_mm", "suv"):
            amount = form.number(f"{here}.{name}")
            if amount is not None and amount <= 0:
                form.wrong(f"{here}.{name}", say("this has to be more than nought"))
            elif amount is not None:
                lesion[name] = amount
        if form.get(f"{here}.uptake"):
            lesion["uptake"] = form.get(f"{here}.uptake")
        if form.get(f"{here}.mimic"):
            lesion["mimic"] = form.get(f"{here}.mimic")
        if form.get(f"{here}.correlate") in ("yes", "no"):
            lesion["anatomical_correlate"] = form.get(f"{here}.correlate") == "yes"
        lesions.append(lesion)
    return lesions
