"""Which scans show the same tumor? One joint law, so that what one missed another misses too.

The table of overlaps says how often a test finds what an earlier one missed, in the order of the
pathway. That and each test's sensitivity leave one law per order: a test after a miss finds with
its lowered chance (the highest overlap counts, as in the planner); after none but findings, with
the chance that keeps its sensitivity as a whole what the table says.

The order matters: the table's overlaps do not fit together in both orders (see `Incoherent`).
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import product
from random import Random

from knowledge.rules import imaging
from knowledge.rules.scan_yield import present_after, yield_of

ONE = Decimal(1)


class Incoherent(ValueError):
    """No joint law has these sensitivities and, in this order, these overlaps."""


def after_missing(test: str, missed: Sequence[str], on: date) -> Decimal:
    """How likely does this test find a tumor that these missed? (localization.md 3.2)"""
    negative = tuple(missed)
    return yield_of(test, negative, on).expected / present_after(negative, on)


class Law:
    """How likely each test shows the tumor, whatever the tests before it showed."""

    def __init__(self, order: Sequence[str], on: date) -> None:
        self.order = tuple(order)
        self._chances: dict[tuple[bool, ...], Decimal] = {}
        weights: dict[tuple[bool, ...], Decimal] = {(): ONE}
        for place, test in enumerate(self.order):
            self._learn(place, test, weights, on)
            weights = {
                (*before, found): weight * self._of(before, found=found)
                for before, weight in weights.items()
                for found in (True, False)
            }

    def _learn(
        self, place: int, test: str, weights: dict[tuple[bool, ...], Decimal], on: date
    ) -> None:
        sensitivity: Decimal = imaging.TABLE.entries["tests"][test].fields["sensitivity"]
        rest = sensitivity
        for before in product((True, False), repeat=place):
            missed = [t for t, found in zip(self.order, before, strict=False) if not found]
            if missed:
                self._chances[before] = after_missing(test, missed, on)
                rest -= weights[before] * self._chances[before]
        none_missed = (True,) * place
        found = rest / weights[none_missed]
        if not 0 <= found <= 1:
            raise Incoherent(f"{test} after {self.order[:place]} would find {found:.3f}")
        self._chances[none_missed] = found

    def _of(self, before: tuple[bool, ...], *, found: bool) -> Decimal:
        return self._chances[before] if found else 1 - self._chances[before]

    def draw(self, draw: Random) -> frozenset[str]:
        """Which of the tests show the tumor of one patient?"""
        shown: tuple[bool, ...] = ()
        for _ in self.order:
            shown = (*shown, draw.random() < self._chances[shown])
        return frozenset(t for t, found in zip(self.order, shown, strict=True) if found)
