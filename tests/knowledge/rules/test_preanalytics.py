"""How a sample was taken (assessment.md 1.5). The hours stand in preanalytics.toml."""

from datetime import UTC, datetime

import pytest

from knowledge.rules.preanalytics import faults
from tests.knowledge.questions.things import DAY, result


def found(analyte: str, hour: int | None, fasting: bool | None, *flags: str) -> list[str]:
    """What is to be borne in mind of such a sample of a grown-up?"""
    taken = None if hour is None else datetime(2026, 11, 20, hour, tzinfo=UTC)
    sample = result(analyte, 1, taken_at=taken, fasting=fasting, flags=frozenset(flags))
    return [code for _, code in faults(sample, False, DAY)]


@pytest.mark.parametrize(
    ("hour", "fasting", "expected"),
    [
        (8, True, []),
        (15, True, ["fgf23_not_morning"]),
        (8, False, ["fgf23_not_morning"]),
        (15, False, ["fgf23_not_morning"]),
        (8, None, []),
        (None, None, []),
        (None, True, []),
    ],
)
def test_fgf23_is_drawn_fasting_in_the_morning(
    hour: int | None, fasting: bool | None, expected: list[str]
) -> None:
    assert found("s_fgf23_i", hour, fasting) == expected
    assert found("s_fgf23_c", hour, fasting) == expected


@pytest.mark.parametrize(
    ("analyte", "flag", "expected"),
    [
        ("s_fgf23_i", "late_separated", ["fgf23_handling"]),
        ("s_fgf23_i", "haemolysed", ["fgf23_handling"]),
        ("s_fgf23_i", "lipaemic", []),
        ("s_phos", "lipaemic", ["pseudohyperphosphatemia"]),
        ("s_phos", "icteric", ["pseudohyperphosphatemia"]),
        ("s_phos", "late_separated", []),  # PA-05 says it elsewhere: a low value stays low
        ("u_phos", "late_separated", ["urine_not_fresh"]),
    ],
)
def test_a_flag_is_minded_where_it_bends_the_result(
    analyte: str, flag: str, expected: list[str]
) -> None:
    assert found(analyte, 8, True, flag) == expected
    assert found(analyte, 8, True) == []
