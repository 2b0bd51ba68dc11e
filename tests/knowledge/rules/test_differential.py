"""The weights are the specification's words, and what leads the list leads it by rule."""

import pytest

from knowledge.rules import differential
from knowledge.rules.differential import DIAGNOSES, EVIDENCE, LEADS, rank

WORDS = {"weak": 1, "moderate": 2, "strong": 4, "decisive": 20}
OF_THE_SPECIFICATION = {
    "mediated": "strong",
    "fgf23_suppressed_twice": "-strong",
    "prior_normal": "strong",
    "gene": "-decisive",
    "low_125d": "moderate",
    "high_125d": "-strong",
    "severe_persistent": "moderate",
    "threshold_very_low": "moderate",
    "conserved": "-strong",
    "palpable_mass": "moderate",
    "childhood_rickets_or_bowing": "-strong",
    "family_history_low_phosphate": "-strong",
    "alp_high": "moderate",
    "pseudofracture": "moderate",
    "proximal_weakness": "moderate",
    "tubular_loss": "-strong",
    "P-03": "weak",
    "calcium_high": "-moderate",
    "low_despite_vitamin_d": "moderate",
    "X-01": "-strong",
    "X-02": "-strong",
    "X-03": "-strong",
    "no_family_history": "weak",
    "fanconi_drug": "-strong",
}
"""The table of evidence weights of the specification, for a tumor and against it."""


def names(*facts: str) -> list[str]:
    return [cause.diagnosis for cause in rank(facts)]


@pytest.mark.parametrize("fact", OF_THE_SPECIFICATION)
def test_what_speaks_for_or_against_a_tumor_weighs_what_the_specification_says(fact: str) -> None:
    word = OF_THE_SPECIFICATION[fact]
    points = WORDS[word.lstrip("-")] * (-1 if word.startswith("-") else 1)
    [row] = [row for row in EVIDENCE if row.fact == fact and row.diagnosis == "TIO"]
    assert row.points == points
    assert "operational-default" not in row.citation.source


def test_every_weight_is_one_of_the_four_words() -> None:
    assert {abs(row.points) for row in EVIDENCE} == set(WORDS.values())


def test_a_weight_of_our_own_says_so() -> None:
    for row in EVIDENCE:
        own = "operational-default" in row.citation.source
        of_the_specification = "specification-assessment" in row.citation.source
        assert own is not of_the_specification, (row.fact, row.diagnosis)


def test_no_fact_says_the_same_of_a_diagnosis_twice() -> None:
    said = [(row.fact, row.diagnosis) for row in EVIDENCE]
    assert len(said) == len(set(said))


def test_only_known_diagnoses_are_weighed_or_lead() -> None:
    assert {row.diagnosis for row in EVIDENCE} == set(DIAGNOSES)
    assert {diagnosis for _, diagnosis, _ in LEADS} <= set(DIAGNOSES)
    facts = {row.fact for row in EVIDENCE}
    assert {fact for fact, _, _ in LEADS} <= facts
    assert set().union(*(unless for _, _, unless in LEADS)) <= facts


TUMOR = ("low_phosphate", "mediated", "wasting", "prior_normal", "alp_high", "palpable_mass")


@pytest.mark.parametrize(("fact", "diagnosis", "unless"), LEADS, ids=lambda part: str(part))
def test_what_leads_by_rule_leads_against_a_strong_tumor(
    fact: str, diagnosis: str, unless: frozenset[str]
) -> None:
    facts = [one for one in TUMOR if one not in unless]
    assert names(*facts, fact)[0] == diagnosis


def test_a_drug_goes_before_every_other_lead() -> None:
    assert names("low_phosphate", "X-05", "X-04", "fanconi_drug")[0] == "FANCONI_DRUG"


def test_a_kidney_that_conserves_acquits_the_drug() -> None:
    assert names("low_phosphate", "fanconi_drug", "conserved")[0] != "FANCONI_DRUG"


def test_a_variant_goes_before_an_exposure() -> None:
    assert names("low_phosphate", "gene", "gene_XLH", "X-01")[0] == "XLH"


def test_a_low_phosphate_alone_leaves_a_tumor_and_another_cause_open() -> None:
    assert set(names("low_phosphate")) == {"OTHER", "TIO"}


def test_a_tumor_is_shown_with_what_speaks_against_it() -> None:
    [tumor] = [c for c in rank(("low_phosphate", "fgf23_suppressed_twice")) if c.diagnosis == "TIO"]
    assert tumor.points < 0
    assert tumor.opposing
    assert tumor.diagnosis in differential.ALWAYS


def test_each_fact_is_found_at_every_place_where_it_speaks() -> None:
    places = differential._places()

    assert sorted(place for found in places.values() for place in found) == list(
        range(len(differential.EVIDENCE))
    )
    for fact, found in places.items():
        assert {differential.EVIDENCE[place].fact for place in found} == {fact}
