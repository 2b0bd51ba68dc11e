"""How likely is a test to find the tumor now, and how far is a finding to be believed?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from knowledge.rules import imaging
from knowledge.rules.imaging import Method
from knowledge.tables import Table

TABLE = Table.beside(__file__)

CHANCES = ("sensitivity", "low", "high")
"""What a test finds of the tumors that are there, and between which bounds."""


@dataclass(slots=True)
class Yield:
    """How likely a test is to find the tumor now, with its bounds; never a bare point value.

    `about` says it in words, `said` with its bounds, as it is shown.
    """

    expected: Decimal
    low: Decimal
    high: Decimal
    about: str = ""
    said: str = ""

    def __post_init__(self) -> None:
        self.about = chance(self.expected)
        self.said = f"{self.about} (between {_bare(self.low)} and {_bare(self.high)})"


def chance(probability: Decimal) -> str:
    """A probability as people say it."""
    if not probability:
        return "none"
    one_in = round(1 / probability)
    return f"about 1 in {one_in}" if one_in > 2 else f"about {round(probability * 10)} in 10"


def _bare(probability: Decimal) -> str:
    return chance(probability).removeprefix("about ")


@lru_cache(maxsize=1024)
def present_after(negative: tuple[str, ...], on: date) -> Decimal:
    """How likely is there a tumor that can be found, after these adequate negative tests?

    In the order in which they were made: what an earlier one missed, a later one misses more often,
    and so says less (3.2). The overlaps do not fit together in every order, so this holds besides:
    a negative test never makes it likelier than it is without that test, wherever it came.
    """
    if not negative:
        return TABLE.number("prior_localizable", on)
    *before, last = negative
    specificity: Decimal = imaging.TABLE.entries["tests"][last].fields["specificity"]
    present = present_after(tuple(before), on)
    missed = present * (1 - _left(last, before, on)["sensitivity"])
    after = missed / (missed + (1 - present) * specificity)
    fewer = ((*negative[:n], *negative[n + 1 :]) for n in range(len(negative)))
    return min(after, *(present_after(one, on) for one in fewer))


@lru_cache(maxsize=1024)
def yield_of(test: str, negative: tuple[str, ...], on: date) -> Yield:
    """How likely is this test to find the tumor after these adequate negative tests? (3.2)"""
    present, left = present_after(negative, on), _left(test, negative, on)
    expected, low, high = (present * left[name] for name in CHANCES)
    return Yield(expected, low, high)


def expected_yield(act: str, negative: Sequence[str], on: date) -> Yield | None:
    """The same for an act, by the test that is preferred for it. None: no test of ours."""
    tests = imaging.methods_for(act)
    return yield_of(tests[0].key, tuple(negative), on) if tests else None


@lru_cache(maxsize=1024)
def believed(test: str, negative: tuple[str, ...], on: date) -> Decimal:
    """If this test shows something, how likely is it the tumor? (its positive predictive value)"""
    specificity: Decimal = imaging.TABLE.entries["tests"][test].fields["specificity"]
    present, true = present_after(negative, on), yield_of(test, negative, on).expected
    return true / (true + (1 - present) * (1 - specificity))


def _left(test: str, negative: Sequence[str], on: date) -> dict[str, Decimal]:
    """What is left of this test's sensitivity, and of its bounds, after these missed the tumor?"""
    asked = imaging.method_of(test)
    overlap = max(
        (_overlap(imaging.method_of(key), asked, on) for key in negative), default=Decimal(0)
    )
    fields = imaging.TABLE.entries["tests"][test].fields
    return {name: fields[name] * (1 - overlap) for name in CHANCES}


def _overlap(done: Method, asked: Method, on: date) -> Decimal:
    """How far does this test miss what that one missed?"""
    if done.target == "examination":
        return Decimal(0)
    if done.target != asked.target:
        return TABLE.number("overlap_other_target", on)
    spect_then_pet = done.geometry == "spect" and asked.geometry == "pet"
    return TABLE.number("overlap_spect_then_pet" if spect_then_pet else "overlap_same_target", on)
