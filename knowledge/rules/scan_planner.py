"""Which of several tests is worth most to this patient now?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from knowledge.rules import imaging
from knowledge.rules.scan_yield import present_after, yield_of
from knowledge.tables import Table

TABLE = Table.beside(__file__)
ZERO = Decimal(0)


@dataclass(slots=True)
class Utility:
    """What a test is worth (3.3), term by term: points for what it finds, less what it costs."""

    finding: Decimal
    false_positive: Decimal
    dose: Decimal
    cost: Decimal
    wait: Decimal
    total: Decimal = ZERO

    def __post_init__(self) -> None:
        spent = self.false_positive + self.dose + self.cost + self.wait
        self.total = self.finding - spent


@dataclass(slots=True)
class Option:
    """One test that could be made, and what it would mean for this patient."""

    test: str
    utility: Utility
    dose_msv: Decimal | None
    wait_days: int | None
    distance_km: Decimal | None = None
    read_dose_msv: Decimal | None = None
    """Its own dose, where one was read; `dose_msv` may be that of the test it stands in for."""

    cost_relative: Decimal | None = None


@lru_cache(maxsize=256)
def cost_of(what: str) -> Decimal | None:
    """What does this test or modality cost, in relative units? None: the table has none."""
    row = TABLE.entries["costs"].get(what)
    return None if row is None else Decimal(row.fields["cost"])


@lru_cache(maxsize=4096)
def utility(
    test: str,
    negative: tuple[str, ...],
    on: date,
    dose_msv: Decimal | None,
    cost: Decimal | None,
    wait_days: int | None,
) -> Utility:
    """What is this test worth now? What is not known of it costs nothing, and is said to be so."""
    specificity: Decimal = imaging.TABLE.entries["tests"][test].fields["specificity"]
    absent = 1 - present_after(negative, on)
    return Utility(
        finding=TABLE.number("weight_yield", on) * yield_of(test, negative, on).expected,
        false_positive=TABLE.number("weight_false_positive", on) * absent * (1 - specificity),
        dose=TABLE.number("weight_dose", on) * (dose_msv or ZERO),
        cost=TABLE.number("weight_cost", on) * (cost or ZERO),
        wait=TABLE.number("weight_wait", on) * (wait_days or 0),
    )


def ranked(options: Sequence[Option], on: date) -> list[Option]:
    """The options, worth most first. Among equals the lower dose, then the shorter wait, counts."""
    rest, order = list(options), []
    tie = TABLE.number("tie_below", on)
    while len(rest) > 1:
        best = max(rest, key=_worth)
        worth = best.utility.total
        equals = [o for o in rest if o is best or worth - o.utility.total < tie]
        chosen = min(equals, key=_burden) if len(equals) > 1 else best
        order.append(chosen)
        rest.remove(chosen)
    return order + rest


def _worth(option: Option) -> Decimal:
    return option.utility.total


def _burden(option: Option) -> tuple[Decimal, int, Decimal]:
    return (option.dose_msv or ZERO, option.wait_days or 0, option.distance_km or ZERO)
