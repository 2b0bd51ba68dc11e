"""The verb against the invented patients of the specification, and what must hold for anybody."""

from typing import Any

import pytest

from knowledge.edition import KNOWLEDGE_VERSION, Knowledge
from knowledge.rules.differential import EVIDENCE
from knowledge.rules.next_test import STEPS
from knowledge.shelf import RETRACTED
from services.assessment.assess import assess
from services.assessment.contract import Assessment, DrugExposure
from tests.services.assessment.vectors import request_of, vectors

VECTORS = vectors()
MUST_ANSWER = {"DC1", "DC2", "DC7", "DC9", "DC11", "DC15"}


def fired(answer: Assessment) -> set[str]:
    return {rule.id for rule in answer.fired_rules}


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: f"{case['id']}: {case['says']}")
def test_an_invented_patient_is_classed_as_the_specification_says(case: dict[str, Any]) -> None:
    answer = assess(request_of(case))

    assert answer.tio_class == case["class"]
    assert answer.mechanism == case.get("mechanism", answer.mechanism)
    assert set(case.get("rules", ())) <= fired(answer)
    assert set(case.get("caveats", ())) <= {caveat.code for caveat in answer.caveats}
    assert set(case.get("next", ())) <= {step.step for step in answer.next_tests}
    assert [refusal.rule for refusal in answer.rejected] == case.get("rejected", [])
    if "first" in case:
        assert answer.differential[0].diagnosis == case["first"]
    assert answer.urgent is case.get("urgent", False)


def test_every_vector_the_issue_names_is_there() -> None:
    assert {case["id"] for case in VECTORS} >= MUST_ANSWER


def test_a_drug_we_do_not_know_is_named_and_decides_nothing() -> None:
    request = request_of(next(case for case in VECTORS if case["id"] == "DC1"))
    before = assess(request)
    exposures = [DrugExposure(agent="Wonderbar forte")]

    answer = assess(request.model_copy(update={"drug_exposures": exposures}))

    [named] = [caveat for caveat in answer.caveats if caveat.code == "unknown_drug"]
    assert "Wonderbar forte" in named.text
    assert answer.tio_class == before.tio_class


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["id"])
def test_the_class_stands_beside_its_rule_and_the_edition_beside_both(case: dict[str, Any]) -> None:
    answer = assess(request_of(case))
    classed = [rule for rule in answer.fired_rules if rule.id.startswith("C-")]

    assert [rule.conclusion for rule in classed] == [answer.tio_class]
    assert answer.knowledge_version == KNOWLEDGE_VERSION


def test_nothing_is_assessed_for_no_moment() -> None:
    request = request_of(VECTORS[0])
    undated = request.model_copy(update={"as_of": None})

    with pytest.raises(ValueError, match="for which moment"):
        assess(undated)
    assert assess(undated, now=request.as_of) == assess(request)


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["id"])
def test_every_step_and_every_cause_says_why(case: dict[str, Any]) -> None:
    answer = assess(request_of(case))

    for step in answer.next_tests:
        assert step.because.startswith(STEPS[step.step].fields["because"])
    for cause in answer.differential:
        about = [row for row in EVIDENCE if row.diagnosis == cause.diagnosis]
        pro, contra = ({r.text for r in about if (r.points > 0) is way} for way in (True, False))
        assert {said.text for said in cause.supporting} <= pro
        assert {said.text for said in cause.against} <= contra


def test_an_answer_by_a_retracted_edition_says_so_before_anything_else() -> None:
    request = request_of(VECTORS[0])

    sound = assess(request, Knowledge("2026.1"))
    retracted = assess(request, Knowledge("2026.1", "a limit was read wrongly"))

    assert RETRACTED not in {caveat.code for caveat in sound.caveats}
    assert retracted.caveats[0].code == RETRACTED
    assert retracted.caveats[0].text.endswith("The reason: a limit was read wrongly")
    assert retracted.caveats[1:] == sound.caveats


def test_several_drugs_we_do_not_know_are_named_one_after_the_other() -> None:
    request = request_of(VECTORS[0])
    drugs = [DrugExposure(agent="Wonderbar forte"), DrugExposure(agent="Elixir")]

    answer = assess(request.model_copy(update={"drug_exposures": drugs}))

    [named] = [caveat for caveat in answer.caveats if caveat.code == "unknown_drug"]
    assert named.text.endswith("It was sent as: Wonderbar forte, Elixir.")
