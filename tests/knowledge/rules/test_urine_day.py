"""Which volume belongs to a urine concentration, and what it amounts to."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from knowledge.rules import urine_day
from knowledge.terms.quantity import Comparator, Quantity
from tests.knowledge.questions.things import quantity, result

DAY = date(2026, 11, 22)
START = datetime(2026, 11, 1, 8, tzinfo=UTC)


def a_concentration(**said: Any) -> Any:
    """A urine phosphate."""
    return result("u_phos", 20, **said)


def a_volume(litres: str = "1.5", hours: int | None = 0, **said: Any) -> Any:
    """A 24 h volume, so many hours after the first; None: nobody says when."""
    at = None if hours is None else START + timedelta(hours=hours)
    return result("u_vol_24h", litres, taken_at=at, **said)


@pytest.mark.parametrize(
    ("concentration", "volume", "belongs"),
    [
        ({"collection_id": "a", "taken_at": START}, {"collection_id": "a", "hours": 99}, True),
        ({"collection_id": "a", "taken_at": START}, {"collection_id": "b"}, False),
        ({"specimen": "urine_24h", "taken_at": START}, {"hours": 24}, True),
        ({"specimen": "urine_24h", "taken_at": START}, {"hours": 25}, False),
        ({"specimen": "urine_24h"}, {"hours": 0}, True),
        ({"specimen": "urine_24h", "taken_at": START}, {"hours": None}, True),
        ({"specimen": "urine_24h", "collection_id": "a"}, {"hours": 0}, True),
        ({"taken_at": START}, {"hours": 0}, True),
        ({"taken_at": START}, {"hours": 1}, False),
        ({"taken_at": START}, {"hours": None}, False),
        ({"specimen": "urine", "collection_id": "a"}, {"collection_id": "a"}, False),
    ],
)
def test_a_volume_belongs_by_collection_else_by_time(
    concentration: dict[str, Any], volume: dict[str, Any], belongs: bool
) -> None:
    own = a_volume(**volume)

    found = urine_day.collected_with(a_concentration(**concentration), [own], DAY)

    assert found is (own if belongs else None)


def test_of_several_volumes_the_newest_that_fits_is_taken() -> None:
    older, newer, other = a_volume("1.2"), a_volume("1.8", 1), a_volume("2.5", 2, collection_id="b")
    stated = a_concentration(specimen="urine_24h", taken_at=START, collection_id="a")

    assert urine_day.collected_with(stated, [older, newer, other], DAY) is newer
    assert urine_day.collected_with(stated, [], DAY) is None


def test_a_bounded_concentration_gives_a_bounded_amount_and_a_bounded_volume_none() -> None:
    below = result("u_phos", "<2")

    assert urine_day.amount_of(below, a_volume("1.5")) == Quantity(
        quantity("3.0", "mmol/(24.h)").value, "mmol/(24.h)", Comparator.LESS
    )
    assert urine_day.amount_of(a_concentration(), a_volume(">1.5")) is None
