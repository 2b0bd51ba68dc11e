"""FGF23 without a cut of its assay, and over time. The cuts are stood upon in fgf23.toml."""

from datetime import date
from decimal import Decimal

import pytest

from knowledge.rules import fgf23
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation, ReferenceRange
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


def test_an_unknown_assay_has_no_cut() -> None:
    assert fgf23.intact(a_result("673", None), DAY).code == fgf23.UNINTERPRETABLE
    assert fgf23.intact(a_result("673", None, (None, "95")), DAY).code == fgf23.SUPPORTIVE
    assert fgf23.intact(a_result("5", "some kit", ("10", "50")), DAY).code == fgf23.GREY


def test_an_assay_without_a_cut_only_supports() -> None:
    found = fgf23.intact(a_result("60", "QUIDEL_INTACT", ("10", "50")), DAY)
    assert found.code == fgf23.SUPPORTIVE


def test_suppressed_is_believed_when_repeated() -> None:
    assert fgf23.over_time(["SUPPRESSED"]) == ("SUPPRESSED", False)
    assert fgf23.over_time(["SUPPRESSED", "SUPPRESSED"]) == ("SUPPRESSED", True)
    assert fgf23.over_time(["MEDIATED", "SUPPRESSED"]) == ("GREY", False)
    assert fgf23.over_time(["UNINTERPRETABLE"]) == ("UNINTERPRETABLE", False)
    assert fgf23.over_time([]) == ("MISSING", False)


@pytest.mark.parametrize(
    ("value", "own", "code"),
    [
        (">95", (None, "95"), fgf23.SUPPORTIVE),
        (">50", (None, "95"), fgf23.UNINTERPRETABLE),
        ("60", ("10", "50"), fgf23.SUPPORTIVE),
        ("30", ("10", "50"), fgf23.SUPPORTIVE),
        ("<30", ("10", "50"), fgf23.UNINTERPRETABLE),
        ("<10", ("10", "50"), fgf23.GREY),
        ("60", (None, "95"), fgf23.UNINTERPRETABLE),  # normal or suppressed, nobody can tell
        ("5", (None, "95"), fgf23.UNINTERPRETABLE),
        ("60", ("10", None), fgf23.SUPPORTIVE),
    ],
)
def test_without_a_cut_only_what_the_interval_surely_says_supports(
    value: str, own: tuple[str | None, str | None], code: str
) -> None:
    found = fgf23.intact(a_result(value, None, own), DAY)

    assert found.code == code
    assert ("fgf23_left_open" in found.because) is (code == fgf23.UNINTERPRETABLE)
    assert ("fgf23_supportive" in found.because) is (code == fgf23.SUPPORTIVE)


@pytest.mark.parametrize(
    ("assay", "specimen", "problem"),
    [
        ("DIASORIN_LIAISON", None, "unknown"),
        ("DIASORIN_LIAISON", "plasma", "unknown"),  # which anticoagulant, nobody said
        ("DIASORIN_LIAISON", "edta_plasma", None),
        ("DIASORIN_LIAISON", "serum", "wrong"),
        ("MINARIS_CLEIA", None, None),
        ("MINARIS_CLEIA", "edta_plasma", "wrong"),
        ("MILLIPORE", "serum", None),  # no tube was read for it
        ("KAINOS_ELISA", "plasma", None),
    ],
)
def test_the_tube_is_asked_for_where_it_matters(
    assay: str, specimen: str | None, problem: str | None
) -> None:
    assert fgf23.tube_problem(assay, specimen) == problem


@pytest.mark.parametrize(
    ("value", "shown"),
    [("30", "22.48"), ("<30", "22.48"), ("1", "0.44"), ("0.4", None)],
)
def test_what_the_other_assay_would_have_read_is_shown_unless_below_nought(
    value: str, shown: str | None
) -> None:
    sent = a_result(value, "KAINOS_ELISA")
    found = fgf23.as_other_assay(sent, DAY)

    if shown is None:
        assert found is None
    else:
        expected = Quantity(Decimal(shown), sent.value.unit, sent.value.comparator)
        assert found == ("s_fgf23_i_as_cleia", expected)
