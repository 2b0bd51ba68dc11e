"""Which unit was meant: the sentences of unit_questions.toml."""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from knowledge.rules import unit_questions as rule
from knowledge.rules.reference_intervals import Level, Reading
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import ReferenceRange
from tests.knowledge.questions.things import NOTHING, quantity

FILE = tomllib.loads(
    Path(__file__).with_name("unit_questions.toml").read_text("utf-8"), parse_float=Decimal
)


def number(said: Any) -> Decimal | None:
    """A number, or none."""
    return None if said == NOTHING else Decimal(said)


@pytest.mark.parametrize(
    ("analyte", "unit", "low", "high", "adult", "of"), FILE["interval"]["cases"]
)
def test_an_interval_of_another_unit_is_asked_about(
    analyte: str, unit: str, low: Any, high: Any, adult: bool | str, of: str
) -> None:
    own = ReferenceRange(number(low), number(high))
    known = None if isinstance(adult, str) else adult

    assert (rule.interval_is_of(ANALYTES[analyte], unit, own, known) or NOTHING) == of


@pytest.mark.parametrize(("analyte", "value", "unit", "usual"), FILE["usual"]["cases"])
def test_a_number_that_is_usual_in_another_unit_is_asked_about(
    analyte: str, value: Any, unit: str, usual: str
) -> None:
    found = rule.usual_in(ANALYTES[analyte], quantity(value, unit))

    assert (found or NOTHING) == usual


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "limit", "of", "meant"), FILE["not_high"]["cases"]
)
def test_a_high_number_may_be_an_ordinary_one_of_another_unit(
    analyte: str, value: Any, unit: str, limit: Any, of: str, meant: str
) -> None:
    reading = Reading(Level.HIGH, high=number(limit), unit=of)
    found = rule.not_high_in(ANALYTES[analyte], quantity(value, unit), reading)

    assert (found or NOTHING) == meant


@pytest.mark.parametrize(("analyte", "value", "unit", "limit", "of", "meant"), FILE["low"]["cases"])
def test_an_ordinary_number_may_be_a_low_one_of_another_unit(
    analyte: str, value: Any, unit: str, limit: Any, of: str, meant: str
) -> None:
    reading = Reading(Level.NORMAL, low=number(limit), unit=of)
    found = rule.low_in(ANALYTES[analyte], quantity(value, unit), reading)

    assert (found or NOTHING) == meant


def test_only_a_slip_that_is_known_has_its_answer_ready() -> None:
    assert "pg/mL" in str(rule.to_send_instead(ANALYTES["s_pth"], "ng/mL"))
    assert rule.to_send_instead(ANALYTES["s_pth"], "mmol/L") is None


@pytest.mark.parametrize(
    ("analyte", "adult", "ends"),
    [
        ("s_phos", True, ("0.807", "1.51")),
        ("s_phos", None, ("0.807", "2.84")),
        ("s_alp", None, ("35", "469")),
        ("s_ca", True, ("2.11", "2.52")),
    ],
)
def test_the_general_interval_reaches_from_the_lowest_end_of_all_to_the_highest(
    analyte: str, adult: bool | None, ends: tuple[str, str]
) -> None:
    low, high = ends
    assert rule._span(analyte, adult) == (Decimal(low), Decimal(high))
