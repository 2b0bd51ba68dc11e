"""FGF23 in its assay: each cut stood upon, and what a comparator leaves open."""

from datetime import date
from decimal import Decimal

import pytest

from knowledge.rules import fgf23
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation, ReferenceRange
from knowledge.terms.person import Subject
from knowledge.terms.quantity import Comparator, Quantity

DAY = date(2026, 11, 22)


def a_result(
    value: str,
    assay: str | None,
    own: tuple[str | None, str | None] | None = None,
    key: str = "s_fgf23_i",
) -> Observation:
    comparator = Comparator(value[0]) if value[0] in "<>" else None
    quantity = Quantity(Decimal(value.lstrip("<>")), ANALYTES[key].unit, comparator)
    span = None
    if own is not None:
        low, high = own
        span = ReferenceRange(Decimal(low) if low else None, Decimal(high) if high else None)
    return Observation("f", ANALYTES[key], quantity, quantity, reference_range=span, assay=assay)


@pytest.mark.parametrize(
    ("assay", "value", "state", "rule"),
    [
        ("KAINOS_ELISA", "30", "MEDIATED", "F-01"),
        ("KAINOS_ELISA", "29.9", "GREY", "F-02"),
        ("KAINOS_ELISA", "24", "GREY", "F-02"),
        ("KAINOS_ELISA", "23.9", "SUPPRESSED", "F-03"),
        ("KAINOS_ELISA", "<10", "SUPPRESSED", "F-03"),
        ("KAINOS_ELISA", "<30", "GREY", "F-02"),
        ("KAINOS_ELISA", ">800", "MEDIATED", "F-01"),
        ("MINARIS_CLEIA", "30", "MEDIATED", "F-01"),
        ("MINARIS_CLEIA", "20", "GREY", "F-02"),
        ("MINARIS_CLEIA", "19.9", "SUPPRESSED", "F-03"),
        ("MAYO_IFG23", "30", "MEDIATED", "F-01"),
        ("DIASORIN_LIAISON", "30", "MEDIATED", "F-04"),
        ("DIASORIN_LIAISON", "29.9", "GREY", "F-02"),
        ("LIAISON", "30", "MEDIATED", "F-04"),
        ("PUMCH_ELISA", "23.9", "SUPPRESSED", "F-03"),
    ],
)
def test_the_cut_is_that_of_the_assay(assay: str, value: str, state: str, rule: str) -> None:
    found = fgf23.intact(a_result(value, assay), DAY)
    assert (found.code, found.rule) == (state, rule)


def test_an_unknown_assay_has_no_cut() -> None:
    assert fgf23.intact(a_result("673", None), DAY).code == fgf23.UNINTERPRETABLE
    assert fgf23.intact(a_result("673", None, (None, "95")), DAY).code == fgf23.SUPPORTIVE
    assert fgf23.intact(a_result("5", "some kit", ("10", "50")), DAY).code == fgf23.GREY


def test_an_assay_without_a_cut_only_supports() -> None:
    found = fgf23.intact(a_result("60", "QUIDEL_INTACT", ("10", "50")), DAY)
    assert found.code == fgf23.SUPPORTIVE


@pytest.mark.parametrize(
    ("value", "age", "state"),
    [
        ("180", 40, "MISSING"),
        ("180.1", 40, "SUPPORTIVE"),
        ("230", 8, "MISSING"),
        ("231", 8, "SUPPORTIVE"),
    ],
)
def test_c_terminal_supports_above_its_limit_for_age_and_never_excludes(
    value: str, age: int, state: str
) -> None:
    result = a_result(value, None, key="s_fgf23_c")
    assert fgf23.c_terminal(result, Subject(DAY, age=Decimal(age))).code == state


def test_suppressed_is_believed_when_repeated() -> None:
    assert fgf23.over_time(["SUPPRESSED"]) == ("SUPPRESSED", False)
    assert fgf23.over_time(["SUPPRESSED", "SUPPRESSED"]) == ("SUPPRESSED", True)
    assert fgf23.over_time(["MEDIATED", "SUPPRESSED"]) == ("GREY", False)
    assert fgf23.over_time(["UNINTERPRETABLE"]) == ("UNINTERPRETABLE", False)
    assert fgf23.over_time([]) == ("MISSING", False)
