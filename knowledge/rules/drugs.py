"""Which drug is meant, and what does it do to a result? One table of names for all of follow-up."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from knowledge.rows import Entry
from knowledge.rules import exposures
from knowledge.tables import Table

TABLE = Table.beside(__file__)
PARTS = re.compile(r"[/+;&(),]|\band\b|\bwith\b", re.IGNORECASE)
NUMBER = re.compile(r"[\d.]+[a-zµμ%]*")
NO = "no"
UNKNOWN = "unknown"
NOTHING_TAKEN = frozenset({"no_known_medications", "787481004"})
"""Nobody takes anything: the word of the International Patient Summary (FHIR), and of SNOMED CT."""

NOT_KNOWN = frozenset({"no_medication_info"})
"""Nobody knows what is taken: the other word of the same."""


@dataclass(frozen=True, slots=True)
class Drug:
    """FHIR Medication: by which name it stands in the table, and what its class does."""

    key: str
    group: str = ""
    kind: str | None = None
    calendar: str | None = None
    masks: str = UNKNOWN

    @property
    def is_known(self) -> bool:
        """Does any table know it?"""
        return self.masks != UNKNOWN


@lru_cache(maxsize=4096)
def named(agent: str) -> Drug:
    """Which drug is this? One that nobody knows masks `unknown`; of a combination, what masks."""
    whole = _of(_plain(agent)) or _of_assessment(_known_to_assessment().get(_plain(agent)))
    if whole is not None:
        return whole
    parts = [plain for part in PARTS.split(agent) if (plain := _plain(part))]
    found = [_of(part) or _by_assessment(part) for part in parts]
    known = [one for one in found if one is not None]
    masking = next((one for one in known if one.masks != NO), None)
    if masking is not None:
        return masking
    if not known:
        return Drug(_plain(agent))
    best = next((one for one in known if one.kind is not None), known[0])
    return best if len(known) == len(found) else replace(best, masks=UNKNOWN)


@lru_cache(maxsize=64)
def takes_nothing(agent: str) -> bool:
    """Does this say that no drug is taken?"""
    return _plain(agent) in NOTHING_TAKEN


@lru_cache(maxsize=64)
def is_not_known(agent: str) -> bool:
    """Does this say that nobody knows what is taken?"""
    return _plain(agent) in NOT_KNOWN


def _plain(agent: str) -> str:
    return "_".join(agent.strip().lower().replace("-", " ").replace("_", " ").split())


def _of(plain: str) -> Drug | None:
    """By its name; else without the words that tell of its form and of how much it is."""
    entry = _entries().get(plain)
    if entry is None:
        words = [w for w in plain.split("_") if w not in TABLE.entries["forms"]]
        entry = _entries().get("_".join(w for w in words if not NUMBER.fullmatch(w)))
    if entry is None:
        return None
    of_class = TABLE.entries["classes"][entry.fields["class"]].fields
    return Drug(
        entry.key,
        entry.fields["class"],
        of_class["kind"] or None,
        of_class["calendar"] or None,
        of_class["masks"],
    )


@lru_cache(maxsize=1)
def _entries() -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in TABLE.entries["drugs"].values():
        codes = [code.lower() for code in entry.fields["atc"]]
        for name in (entry.key, *codes, *entry.fields["also"]):
            found[name] = entry
    return found


def _by_assessment(plain: str) -> Drug | None:
    """Does the table of exposures know it? What it knows by its first words may be another drug."""
    found = exposures.drug_named(plain.replace("_", " "))
    drug = None if found is None else _of_assessment(found[0])
    exact = plain in _known_to_assessment()
    mine = drug is not None and _of(drug.key) is not None
    return None if drug is not None and drug.masks == NO and mine and not exact else drug


def _of_assessment(key: str | None) -> Drug | None:
    return None if key is None else _of(key) or Drug(key, masks=NO)


@lru_cache(maxsize=1)
def _known_to_assessment() -> dict[str, str]:
    """Every name of the table of exposures, and the drug that it stands for there."""
    return {
        _plain(name): entry.key
        for entry in exposures.TABLE.entries["drugs"].values()
        for name in (entry.key, *entry.fields["also"], *entry.fields["atc"])
    }
