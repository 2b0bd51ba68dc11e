"""Every fact that the differential weighs comes about in somebody."""

from collections.abc import Iterator

from knowledge.rules import differential
from services.assessment.assess import assess
from services.assessment.contract import EvaluateRequest
from services.assessment.intake import read_case
from services.assessment.stages import Stages
from tests.knowledge import cases
from tests.services.assessment import letters, vectors
from tests.services.assessment.test_rules_fire import CASES
from tests.services.assessment.test_rules_fire import request_of as request_of_rule


def everybody() -> Iterator[EvaluateRequest]:
    """All patients of the tests: invented, published and of single rules."""
    yield from map(vectors.request_of, vectors.vectors())
    yield from map(letters.request_of, letters.letters())
    yield from map(cases.request_of, cases.published_cases())
    yield from map(request_of_rule, CASES)
    typical = vectors.body_of(vectors.vectors()[0])
    yield EvaluateRequest.model_validate(
        {
            **typical,
            "findings": {"monoclonal_protein": True},
            "drug_exposures": [{"agent": "thiazide"}],
        }
    )


def test_no_weight_is_given_to_a_fact_that_never_comes_about() -> None:
    seen: set[str] = set()
    for request in everybody():
        assert request.as_of is not None
        seen |= Stages(read_case(request, request.as_of)).run().facts

    weighed = {row.fact for row in differential.EVIDENCE}
    assert not {fact for fact in weighed - seen if not fact.startswith(("gene_", "not_"))}


def test_every_gene_of_the_table_can_explain_and_can_be_ruled_out() -> None:
    """The facts of genes are made from the table of genes."""
    named = {row.fact for row in differential.EVIDENCE if row.fact.startswith(("gene_", "not_"))}
    assert {fact.partition("_")[2] for fact in named} <= set(differential.DIAGNOSES)


def test_iron_that_often_lowers_phosphate_says_so() -> None:
    said = {}
    for product in ("ferric_carboxymaltose", "iron_sucrose"):
        given = [{"product": product, "given_on": vectors.a_day(21)}]
        body = vectors.body_of(vectors.vectors()[0]) | {"iv_iron": given}
        first = assess(EvaluateRequest.model_validate(body)).differential[0]
        assert first.diagnosis == "IRON_INFUSION"
        said[product] = any("often" in row.text for row in first.supporting)

    assert said == {"ferric_carboxymaltose": True, "iron_sucrose": False}
