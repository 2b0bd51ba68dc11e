"""Which class follows: what the C table says in its own words, and no more."""

from datetime import date

import pytest

from knowledge.rules import fgf23, fgf23_independent
from knowledge.rules.classification import classify, histology_fits
from knowledge.rules.picture import PERSISTENT, Picture

DAY = date(2026, 11, 22)


def test_the_picture_of_dent_disease_alone_does_not_rule_a_tumor_out() -> None:
    boy = Picture(
        DAY,
        child=True,
        phosphate=PERSISTENT,
        renal="WASTING_DEFINITE",
        fgf23=fgf23.MEDIATED,
        tubular=fgf23_independent.DENT,
        childhood_onset=True,
    )

    classed = classify(boy)

    assert (classed.rule, classed.tio_class) == ("C-11b", "TIO_POSSIBLE")


@pytest.mark.parametrize(
    ("reported", "fits"),
    [
        ("phosphaturic mesenchymal tumor", True),
        ("Phosphaturic_Mesenchymal_Tumour", True),
        ("PMT, mixed connective tissue variant", True),
        ("phosphaturic   mesenchymal tumor, 2 cm", True),
        ("giant cell tumor of bone", False),
        ("no evidence of phosphaturic mesenchymal tumor", False),
        ("lipoma without features of PMT", False),
        ("negative for phosphaturic mesenchymal tumour", False),
        ("This is not a phosphaturic mesenchymal tumor", False),
        ("not compatible with PMT", False),
        ("incompatible", False),
        ("Fibroma. Phosphaturic mesenchymal tumors were excluded.", False),
        ("phosphaturic mesenchymal tumor ruled out", False),
        ("phosphaturic mesenchymal tumor, no evidence of malignancy", True),
        ("No atypia; phosphaturic mesenchymal tumor", True),
        ("no mitoses but phosphaturic mesenchymal tumor", True),
        ("mesenchymal tumor, not otherwise specified, compatible with PMT", True),
        ("hemangiopericytoma", True),
        ("Haemangiopericytoma-like", True),
        (None, False),
    ],
)
def test_only_a_histology_that_was_reported_fits(reported: str | None, fits: bool) -> None:
    assert histology_fits(reported) is fits
