"""FGF23 after removal, on both sides of the share it should have fallen below."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from knowledge.rules.fgf23_after_removal import falls
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import Comparator, Quantity

TODAY = date(2026, 11, 22)


def an_fgf23(
    value: str,
    analyte: str = "s_fgf23_i",
    assay: str | None = None,
    comparator: Comparator | None = None,
) -> Observation:
    """One result of FGF23."""
    told = ANALYTES[analyte]
    unit = told.read_unit("pg/mL" if analyte == "s_fgf23_i" else "RU/mL")
    quantity = told.to_working_unit(Quantity(Decimal(value), unit, comparator))
    taken_at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    return Observation(value, told, quantity, quantity, taken_at, True, None, None, assay)


@pytest.mark.parametrize(
    ("after", "falling"),
    [
        pytest.param(an_fgf23("54.7"), True, id="exactly the share that was seen after an hour"),
        pytest.param(an_fgf23("54.8"), False, id="just above it"),
        pytest.param(an_fgf23("74"), False, id="timeline B: 74 % of what it was"),
        pytest.param(an_fgf23("74", "s_fgf23_c"), None, id="another kind is never compared"),
        pytest.param(an_fgf23("74", assay="KAINOS_ELISA"), None, id="nor another assay"),
        pytest.param(an_fgf23("80", comparator=Comparator.LESS), None, id="nor a bound"),
    ],
)
def test_fgf23_falls_after_removal(after: Observation, falling: bool | None) -> None:
    assert falls(an_fgf23("100"), after, TODAY) is falling
