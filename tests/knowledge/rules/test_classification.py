"""Which class follows: what the C table says in its own words, and no more."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge.rules import fgf23, fgf23_independent
from knowledge.rules.classification import (
    TABLE,
    TEXTS,
    classify,
    histology_fits,
    strong_phenotype,
)
from knowledge.rules.genetics import GeneResult, explained_by
from knowledge.rules.picture import PERSISTENT, Picture
from knowledge.rules.reference_intervals import Level

DAY = date(2026, 11, 22)
FILE = tomllib.loads(Path(__file__).with_name("classification.toml").read_text("utf-8"))
CASES: list[dict[str, Any]] = FILE["case"]


def picture_of(case: dict[str, Any]) -> Picture:
    """A typical tumor, and what this case says of it."""
    said = FILE["typical"] | case.get("picture", {})
    said = {name: None if it == "unknown" else it for name, it in said.items()}
    said |= {name: tuple(said.get(name, ())) for name in ("exposures", "features")}
    said |= {"facts": set(said.get("facts", ())), "calcium": Level(said["calcium"])}
    said["phosphate"] = said["phosphate"] or "unknown"
    said["confirmed_on"] = DAY if said.pop("confirmed", False) else None
    if "gene" in case:
        said["gene"] = explained_by([GeneResult(case["gene"], "pathogenic")])
    return Picture(DAY, **said)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["says"])
def test_a_picture_is_classed_and_told_what_would_change_it(case: dict[str, Any]) -> None:
    classed = classify(picture_of(case))
    rows = [
        row.more["would_change_if"] for row in TABLE.ordered["class"] if row.rule == case["rule"]
    ]
    changes = [TEXTS[code].text for code in case.get("changes", ())]

    assert classed.rule == case["rule"]
    assert classed.mechanism == case.get("mechanism", classed.mechanism)
    assert list(classed.would_change_if) in [[*row, *changes] for row in rows]
    assert classed.would_change_if


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["says"])
def test_the_items_that_are_open_are_among_what_would_change_it(case: dict[str, Any]) -> None:
    open_items = list(classify(picture_of(case)).open_items)

    assert open_items == [code for code in case.get("changes", ()) if code in open_items]
    assert len(open_items) == 1 or case["rule"] != "C-10"


@pytest.mark.parametrize(("finding", "value", "strong"), FILE["phenotype"]["cases"])
def test_a_phenotype_is_strong_when_all_of_it_is_there_and_open_when_a_part_is_not_known(
    finding: str, value: Any, strong: str
) -> None:
    said = FILE["strong"] | {finding: value}
    said |= {name: Level(said[name]) for name in ("calcium", "vitamin_d_125")}

    found = strong_phenotype(Picture(DAY, **said))

    assert found is {"yes": True, "no": False, "unknown": None}[strong]


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
