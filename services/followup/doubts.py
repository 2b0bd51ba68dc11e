"""Why may a normal result not be believed? What is low, or raised, is so all the same."""

from collections.abc import Iterable

from knowledge.rules import remission
from knowledge.rules.reference_intervals import Level
from knowledge.terms.observation import Observation

FINISHED = frozenset({"final", "amended", "corrected", "appended"})
"""FHIR Observation.status of a result that a laboratory stands by."""


def doubts_of(one: Observation, status: str) -> tuple[str, ...]:
    """What speaks against this result, if it is normal?"""
    if not one.flags and one.fasting is not False and status in FINISHED:
        return ()
    said = {"_".join(flag.lower().replace("-", " ").split()) for flag in one.flags}
    said |= set() if status in FINISHED else {"preliminary"}
    said |= {"not_fasting"} if one.fasting is False else set()
    return tuple(
        row.key
        for row in remission.TABLE.entries["doubts"].values()
        if one.analyte.key in row.fields["what"]
        and not said.isdisjoint((row.key, *row.fields["also"]))
    )


def in_words(doubts: Iterable[str]) -> str:
    """The same for people."""
    return ", ".join(doubt.replace("_", " ") for doubt in doubts)


def counts(level: Level, doubts: tuple[str, ...]) -> bool:
    """Does this level say something? In doubt, only one that speaks for disease does."""
    return not doubts or level is Level.HIGH
