"""Reads the cases that stand on thresholds: numbers and expectations written by hand.

The file beside a rule's tests (tests/knowledge/rules/NAME.toml) may hold, for the table NAME:

* ``[[stands]]``     a question, what is given in each case, and last what is to be answered
* ``[[intervals]]``  rows of profile, sex, age from, age below, low, high (empty: there is none)
* ``[[limits]]``     rows of analyte, low, high, unit: believed within, not believed outside

Each names in ``on`` the entries of the table on which it stands.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.knowledge.nudges import step_of
from tests.knowledge.questions import question

RULES = Path(__file__).parent / "rules"
MOMENT = Decimal("0.001")
"""Years; shorter than the day by which an age limit is nudged."""


@dataclass(frozen=True)
class Stand:
    """One case: the thresholds on which it stands, the question, and the answer expected."""

    on: tuple[str, ...]
    says: str
    ask: str
    given: dict[str, Any]
    expected: Any

    def answer(self) -> Any:
        """What is answered?"""
        return question(self.ask)(**self.given)

    def holds(self) -> bool:
        """Is it answered as expected?"""
        return bool(self.answer() == self.expected)


def stands() -> Iterator[Stand]:
    """Every case that stands on a threshold."""
    for file in sorted(RULES.glob("*.toml")):
        content = tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)
        for block in content.get("stands", ()):
            yield from _cases(file.stem, block)
        for block in content.get("intervals", ()):
            yield from _intervals(file.stem, block)
        for block in content.get("limits", ()):
            yield from _limits(file.stem, block)


def _addresses(table: str, on: str | Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{table}.{entry}" for entry in ([on] if isinstance(on, str) else on))


def _cases(table: str, block: dict[str, Any]) -> Iterator[Stand]:
    on, said = _addresses(table, block["on"]), block.get("says", "")
    for *given, expected in block["cases"]:
        says = f"{table}: {said or block['ask']}: {', '.join(map(str, given))} -> {expected}"
        named = dict(zip(block["given"], given, strict=True))
        yield Stand(on, says, block["ask"], {**block.get("always", {}), **named}, expected)


def _intervals(table: str, block: dict[str, Any]) -> Iterator[Stand]:
    """The ends belong to the interval, at its first age and up to its last; beyond they do not."""
    on, unit = _addresses(table, block["on"]), block["unit"]
    per_year = Decimal("365.25") if block.get("ages") == "days" else Decimal(1)
    rows = [
        (profile, sex, Decimal(start) / per_year, Decimal(end) / per_year, low, high)
        for profile, sex, start, end, low, high in block["rows"]
    ]
    for profile, sex, start, end, low, high in rows:
        for person in ("male", "female") if sex == "any" else (sex,):
            for age in (start, end - MOMENT):
                for value, expected in _levels(low, high):
                    given = {"profile": profile, "sex": person, "age": age, "unit": unit}
                    says = f"{table}: {block['on']} {profile} {person} {age:.5g}: {value}"
                    yield Stand(
                        on,
                        f"{says} {unit} is {expected}",
                        block["ask"],
                        {**given, "analyte": block["on"], "value": value},
                        expected,
                    )


def _levels(low: Any, high: Any) -> Iterator[tuple[Decimal, str]]:
    if low != "":
        yield Decimal(low), "normal"
        yield Decimal(low) - step_of(low), "low"
    if high != "":
        yield Decimal(high), "normal"
        yield Decimal(high) + step_of(high), "high"


def _limits(table: str, block: dict[str, Any]) -> Iterator[Stand]:
    """A limit itself is still within; nothing is measured below nought."""
    on = _addresses(table, block["on"])
    for analyte, low, high, unit in block["rows"]:
        for value, level in _levels(low, high):
            if value < 0:
                continue
            given = {"analyte": analyte, "value": value, "unit": unit}
            says = f"{table}: {block['on']} {analyte}: {value} {unit}"
            yield Stand(on, says, block["ask"], given, level == "normal")
