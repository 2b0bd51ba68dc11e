"""A dose is proposed for the weight of that day."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.followup.contract import PlanRequest
from services.followup.weight import weight_of


def a_result(day: str, **said: Any) -> dict[str, Any]:
    """A phosphate of this day, sent with this."""
    phosphate = {"id": day, "analyte": "s_phos", "value": 0.6, "unit": "mmol/L"}
    return {"observations": [phosphate | {"taken_at": f"{day}T08:00:00+01:00"}], **said}


HISTORY = [
    a_result("2025-03-01", findings={"weight_kg": 64}),
    a_result("2025-01-01", patient={"weight_kg": 60}),
    a_result("2025-04-01", findings={"weight_kg": "not asked"}),
    a_result("2025-05-01", findings={"bone_pain": True}),
]


@pytest.mark.parametrize(
    ("on", "kg"),
    [
        pytest.param("2024-12-31", 58, id="before any result, that of the plan"),
        pytest.param("2025-02-28", 60, id="said of the patient"),
        pytest.param("2025-03-01", 64, id="among the findings, from its day on"),
        pytest.param("2025-06-01", 64, id="what is no weight changes nothing"),
    ],
)
def test_the_newest_weight_by_that_day_counts(on: str, kg: int) -> None:
    plan = PlanRequest.model_validate({"patient": {"weight_kg": 58}, "history": HISTORY})

    assert weight_of(plan, date.fromisoformat(on)) == Decimal(kg)


def test_a_weight_that_nobody_told_is_not_known() -> None:
    assert weight_of(PlanRequest(), date(2025, 6, 1)) is None
