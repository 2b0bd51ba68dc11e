"""TRP, FEPO4 and TmP/GFR against the printed vectors, and the rows of the decision."""

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.rules import renal_phosphate as rule
from knowledge.rules.renal_phosphate import Handling
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation
from knowledge.terms.person import Subject
from knowledge.terms.quantity import Quantity
from tests.knowledge.questions.things import result

CASES = tomllib.loads(
    Path(__file__).with_name("renal_phosphate.toml").read_text("utf-8"), parse_float=Decimal
)
DAY = date(2026, 11, 22)
SHARES = st.decimals(min_value=Decimal("0"), max_value=Decimal("1"), places=6)


def figures(value: Decimal) -> Decimal:
    """Three significant figures, as the tables print them."""
    return Decimal(f"{value:.3g}")


def trp_of(case: dict[str, Any]) -> Decimal:
    return rule.trp(
        Decimal(case["s_phos"]),
        Decimal(case["u_phos"]),
        Decimal(case["s_creat"]),
        Decimal(case["u_creat"]),
    )


@pytest.mark.parametrize("case", CASES["si"], ids=lambda case: f"{case['id']}: {case['says']}")
def test_the_formulas_give_the_printed_vectors(case: dict[str, Any]) -> None:
    reabsorbed, serum = trp_of(case), Decimal(case["s_phos"])

    assert figures(reabsorbed) == Decimal(case["trp"])
    assert figures(rule.fepo4(reabsorbed)) == Decimal(case["fepo4"])
    assert figures(rule.tmp_gfr_adult(reabsorbed, serum, DAY)) == Decimal(case["adult"])
    assert figures(rule.tmp_gfr_child(reabsorbed, serum)) == Decimal(case["child"])


@pytest.mark.parametrize("case", CASES["conventional"], ids=lambda case: case["id"])
def test_the_formulas_give_the_same_from_conventional_units(case: dict[str, Any]) -> None:
    converted = {
        key: ANALYTES[key].to_working_unit(Quantity(Decimal(case[key]), "mg/dL")).value
        for key in ("s_phos", "u_phos", "s_creat", "u_creat")
    }
    reabsorbed = trp_of(converted)
    threshold = rule.tmp_gfr_adult(reabsorbed, converted["s_phos"], DAY)

    assert figures(reabsorbed) == Decimal(case["trp"])
    assert figures(rule.fepo4(reabsorbed)) == Decimal(case["fepo4"])
    assert figures(threshold) == Decimal(case["mmol_l"])
    in_mg_dl = threshold / ANALYTES["s_phos"].factors["mg/dL"]
    assert figures(in_mg_dl) == Decimal(case["mg_dl"])


def test_a_wrong_pair_gives_an_impossible_trp() -> None:
    wrong = CASES["impossible"]
    assert figures(trp_of(wrong)) == wrong["trp"]
    assert figures(rule.fepo4(trp_of(wrong))) == wrong["fepo4"]


@pytest.mark.parametrize(("serum", "at_080", "at_070"), CASES["crossings"])
def test_the_adult_formula_crosses_its_limits_where_the_specification_says(
    serum: Decimal, at_080: Decimal, at_070: Decimal
) -> None:
    for limit, printed in ((Decimal("0.80"), at_080), (Decimal("0.70"), at_070)):
        if not printed:
            assert rule.tmp_gfr_adult(Decimal(1), serum, DAY) < limit, "however hard it conserves"
            continue
        half = Decimal("0.05")
        ends = [rule.tmp_gfr_adult(1 - (printed + by) / 100, serum, DAY) for by in (-half, half)]
        assert ends[0] > limit > ends[1], "more is lost, less is kept"


@given(SHARES)
def test_the_factor_never_exceeds_one_and_a_half(reabsorbed: Decimal) -> None:
    factor = rule.tmp_gfr_adult(reabsorbed, Decimal(1), DAY)
    assert 0 <= factor <= Decimal("1.5") + Decimal("1e-20")
    assert rule.tmp_gfr_child(reabsorbed, Decimal(1)) <= 1


@given(SHARES, st.sampled_from(["read", "warn", "no_tmp_gfr", "no_fgf23"]))
def test_a_conserving_kidney_is_never_called_wasting(reabsorbed: Decimal, kidney: str) -> None:
    excreted = Quantity(rule.fepo4(reabsorbed), "%")
    low = Quantity(Decimal("0.1"), "mmol/L")
    found = rule.renal_handling(
        Handling(None, None, excreted, low, rule.PAYNE, ()), kidney, Subject(DAY, age=Decimal(40))
    )
    assert (found.code == rule.CONSERVED) == (excreted.value < 5)
    if kidney in ("no_tmp_gfr", "no_fgf23"):
        assert found.code in (rule.CONSERVED, rule.UNKNOWN)


def a_pair(s_phos: str, u_phos: str, s_creat: str = "60", u_creat: str = "8") -> rule.Pair:
    """Blood and urine of vector T1, but for what is said."""
    return rule.Pair(
        replace(result("s_phos", s_phos), id="serum"),
        replace(result("u_phos", u_phos), id="urine"),
        result("s_creat", s_creat),
        result("u_creat", u_creat),
    )


@pytest.mark.parametrize(
    ("pair", "lost", "kept"),
    [
        (a_pair("0.45", "20"), None, None),
        (a_pair("0.45", "<20"), "<", ">"),
        (a_pair("0.45", "<=20"), "<", ">"),
        (a_pair("0.45", ">20"), ">", "<"),
        (a_pair("0.45", ">=20"), ">", "<"),
        (a_pair("<0.45", "20"), ">", "<"),
        (a_pair("<=0.45", "20"), ">", "<"),
        (a_pair(">0.45", "20"), "<", ">"),
    ],
)
def test_a_bounded_phosphate_bounds_what_is_computed_from_it(
    pair: rule.Pair, lost: str | None, kept: str | None
) -> None:
    """The less in the urine, or the more in the blood, the more was taken back."""
    handling = rule.handling_of(pair, Subject(DAY, age=Decimal(40)))

    assert handling is not None
    assert handling.reabsorbed is not None
    assert handling.excreted is not None
    assert handling.threshold is not None
    assert not handling.impossible
    assert handling.inputs == ("serum", "urine", "o", "o")
    assert handling.serum_phosphate is pair.serum_phosphate
    assert (handling.excreted.unit, handling.excreted.comparator) == ("%", lost)
    assert (handling.reabsorbed.unit, handling.reabsorbed.comparator) == ("1", kept)
    assert (handling.threshold.unit, handling.threshold.comparator) == ("mmol/L", kept)
    assert handling.formula == rule.PAYNE


@pytest.mark.parametrize(
    "pair",
    [
        a_pair("<0.45", "<20"),
        a_pair(">0.45", ">20"),
        a_pair("0.45", "20", s_creat="<60"),
        a_pair("0.45", "20", u_creat=">8"),
        a_pair("0", "20"),
        a_pair("0.45", "20", s_creat="0"),
        a_pair("0.45", "20", u_creat="0"),
        a_pair("0.45", "<60", s_creat="300"),
    ],
)
def test_a_pair_that_leaves_it_open_says_nothing(pair: rule.Pair) -> None:
    assert rule.handling_of(pair, Subject(DAY, age=Decimal(40))) is None


@pytest.mark.parametrize(
    ("pair", "impossible"),
    [
        (a_pair("0.50", "50", s_creat="80"), False),
        (a_pair("0.50", "50.1", s_creat="80"), True),
        (a_pair("0.60", "0"), False),
        (a_pair("0.40", "60", s_creat="300", u_creat="5"), True),
        (a_pair("0.40", ">60", s_creat="300", u_creat="5"), True),
    ],
)
def test_a_trp_of_nought_or_one_is_possible_and_beyond_is_not(
    pair: rule.Pair, impossible: bool
) -> None:
    handling = rule.handling_of(pair, Subject(DAY, age=Decimal(40)))

    assert handling is not None
    assert handling.impossible is impossible
    assert (handling.threshold is None) is impossible


@pytest.mark.parametrize(("trp", "known"), [("0.86", True), ("0.8601", False), ("0.5", True)])
def test_without_an_age_the_threshold_is_known_where_both_formulas_agree(
    trp: str, known: bool
) -> None:
    assert (rule.tmp_gfr(Decimal(trp), Decimal(1), None, DAY) is not None) is known


START = datetime(2026, 11, 1, 8, tzinfo=UTC)


def drawn(
    analyte: str, id: str, *, minutes: int | None = None, collection: str | None = None
) -> Observation:
    """A result, so many minutes after eight; None: nobody says when."""
    at = None if minutes is None else START + timedelta(minutes=minutes)
    return replace(result(analyte, "1", taken_at=at, collection_id=collection), id=id)


def the_pairs(*results: Observation) -> list[tuple[str, ...]]:
    """Which results make pairs?"""
    by_analyte: dict[str, list[Observation]] = {}
    for one in results:
        by_analyte.setdefault(one.analyte.key, []).append(one)
    return [pair.inputs for pair in rule.pairs(by_analyte, DAY)]


@pytest.mark.parametrize(
    ("blood", "urine", "together"),
    [
        ({"minutes": 0}, {"minutes": 120}, True),
        ({"minutes": 0}, {"minutes": 121}, False),
        ({"minutes": 0, "collection": "a"}, {"minutes": 121, "collection": "a"}, False),
        ({"minutes": 0, "collection": "a"}, {"minutes": 1, "collection": "b"}, True),
        ({"minutes": 0, "collection": "a"}, {"collection": "a"}, True),
        ({"collection": "a"}, {"collection": "a"}, True),
        ({"collection": "a"}, {"collection": "b"}, False),
        ({"collection": "a"}, {}, False),
        ({"minutes": 0}, {}, False),
        ({}, {}, False),
    ],
)
def test_times_decide_what_belongs_together_else_the_collection(
    blood: dict[str, Any], urine: dict[str, Any], together: bool
) -> None:
    found = the_pairs(
        drawn("s_phos", "p", **blood),
        drawn("s_creat", "c", **blood),
        drawn("u_phos", "up", **urine),
        drawn("u_creat", "uc", **urine),
    )

    alone = not blood or not urine
    assert found == ([("p", "up", "c", "uc")] if together and not alone else [])


def test_of_several_bloods_that_of_the_same_collection_is_taken_else_the_newest() -> None:
    first = [drawn("s_phos", "p1", minutes=0, collection="a"), drawn("s_creat", "c1", minutes=0)]
    second = [drawn("s_phos", "p2", minutes=30, collection="b"), drawn("s_creat", "c2", minutes=30)]
    void = drawn("u_creat", "uc", minutes=10)

    def with_urine(collection: str | None) -> list[tuple[str, ...]]:
        urine = drawn("u_phos", "up", minutes=10, collection=collection)
        return the_pairs(*first, *second, urine, void)

    assert with_urine("a") == [("p1", "up", "c2", "uc")]
    assert with_urine("b") == [("p2", "up", "c2", "uc")]
    assert with_urine("c") == [("p2", "up", "c2", "uc")]
    assert with_urine(None) == [("p2", "up", "c2", "uc")]


def test_a_pair_needs_all_four() -> None:
    four = [drawn(key, key, minutes=0) for key in ("s_phos", "u_phos", "s_creat", "u_creat")]

    assert len(the_pairs(*four)) == 1
    for missing in four:
        assert the_pairs(*(one for one in four if one is not missing)) == []


def test_a_urine_that_fits_nothing_does_not_hide_the_one_that_does() -> None:
    alone = drawn("u_phos", "alone", minutes=-9000)
    four = [drawn(key, key, minutes=0) for key in ("s_phos", "u_phos", "s_creat", "u_creat")]

    assert the_pairs(alone, *four) == [("s_phos", "u_phos", "s_creat", "u_creat")]


def test_a_dilute_urine_is_still_a_urine() -> None:
    handling = rule.handling_of(a_pair("0.45", "2", u_creat="0.8"), Subject(DAY, age=Decimal(40)))

    assert handling is not None
    assert handling.reabsorbed is not None
    assert figures(handling.reabsorbed.value) == Decimal("0.667")


@pytest.mark.parametrize("key", ["u_phos", "u_phos_24h"])
def test_only_a_urine_of_a_day_is_one_of_a_day(key: str) -> None:
    creatinine = "u_creat" if key == "u_phos" else "u_creat_24h"
    four = [drawn(one, one, minutes=0) for one in ("s_phos", key, "s_creat", creatinine)]
    by_analyte = {one.analyte.key: [one] for one in four}

    assert [pair.from_24h for pair in rule.pairs(by_analyte, DAY)] == [key == "u_phos_24h"]
