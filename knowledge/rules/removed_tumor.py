"""What do the words of an operation and of its pathology say of the risk? Yes, no, or not known."""

import re
from collections.abc import Iterator
from functools import lru_cache

from knowledge.rules import classification
from knowledge.rules.field_of_view import Site, site_named
from knowledge.tables import Table
from knowledge.terms.truth import Truth

TABLE = Table.beside(__file__)
BETWEEN_WORDS = re.compile(r"[\s_,;:/()+-]+")
LEVEL_OF_SPINE = re.compile(r"(?:c|t|th|l|s)\d{1,2}")
NOT_MALIGNANT = re.compile(r"\b(?:non|not|no)\s+malign\w*")
PARTS = re.compile(r"[.,;:\n]|\bbut\b|\band\b|\bwith\b")


@lru_cache(maxsize=1024)
def says(name: str, said: str) -> Truth:
    """Does this word of a report put a patient at a high risk? None: nobody here knows it."""
    match name:
        case "site" | "bone_site":
            return _of_place(name, said)
        case "histology":
            return is_malignant(said)
        case "procedure":
            return bool(_words(said) & _listed(name, "risky"))
    words = _words(said)
    if words & _listed(name, "risky"):
        return True
    safe = _listed(name, "safe")
    return False if words & safe and words <= safe | _listed(name, "neutral") else None


def is_malignant(said: str) -> Truth:
    """Is this a malignant histology? None: it is left open, or not known what it is."""
    plain = " ".join(said.lower().replace("_", " ").replace("-", " ").split())
    if any(_affirmed(part) for part in PARTS.split(plain)):
        return True
    is_open = any(word in plain for word in _listed("histology", "open"))
    left = NOT_MALIGNANT.sub(" ", plain)
    fits = any(classification.histology_fits(part) for part in PARTS.split(left))
    known = fits or _words(said) & _listed("histology", "safe")
    return False if known and not is_open else None


def _affirmed(part: str) -> bool:
    """Is it called malignant here, and that neither denied nor left open?"""
    found = min(
        (part.find(stem) for stem in _listed("histology", "risky") if stem in part), default=-1
    )
    if found < 0 or any(word in part for word in _listed("histology", "open")):
        return False
    denied = classification.DENIED_BEFORE.search(part, 0, found)
    rest = part[found:].partition(" ")[2]
    return not denied and classification.DENIED_AFTER.match(f" {rest}") is None


def place_of(said: str) -> Site | None:
    """At which body site was it, by the first of these words that names one?"""
    whole = site_named(said)
    return whole or next((site for site, _ in _sites(_in_order(said)) if site is not None), None)


def _of_place(name: str, said: str) -> Truth:
    whole = site_named(said)
    found = [(whole, said)] if whole is not None else list(_sites(_in_order(said)))
    codes = TABLE.entries["places"][name].fields["codes"]
    if any(site.code in codes for site, _ in found if site is not None):
        return True
    words = {word for site, word in found if site is None}
    if words & _listed(name, "risky"):
        return True
    if name == "site" and any(LEVEL_OF_SPINE.fullmatch(word) for word in words):
        return True
    known = _listed("site", "neutral") | _listed("site", "risky") | _listed("bone_site", "risky")
    named = any(site is not None for site, _ in found) or words & _listed("bone_site", "risky")
    return False if named and words <= known else None


def _sites(words: list[str]) -> Iterator[tuple[Site | None, str]]:
    """The body sites that these words name, the longest names first; and the words between them."""
    place = 0
    while place < len(words):
        for end in range(len(words), place, -1):
            site = site_named(" ".join(words[place:end]))
            if site is not None:
                yield site, " ".join(words[place:end])
                place = end
                break
        else:
            yield None, words[place]
            place += 1


def _in_order(said: str) -> list[str]:
    return [word for word in BETWEEN_WORDS.split(said.lower()) if word]


def _words(said: str) -> frozenset[str]:
    return frozenset(_in_order(said))


@lru_cache
def _listed(name: str, kind: str) -> frozenset[str]:
    return frozenset(TABLE.entries["words"][name].fields.get(kind, ()))
