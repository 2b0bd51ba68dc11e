"""Letters about invented patients: the cause leads, the class claims no more than they allow."""

from collections import Counter
from typing import Any

import pytest

from knowledge.rules.differential import DIAGNOSES
from services.assessment.assess import assess
from tests.services.assessment.letters import letters, request_of

LETTERS = letters()
LEADING = 0.8
"""What share of the letters has to lead to the true cause first."""


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter["id"])
def test_a_letter_leads_to_what_was_found(letter: dict[str, Any]) -> None:
    answer = assess(request_of(letter))
    causes = [cause.diagnosis for cause in answer.differential]

    assert letter["cause"] in causes[:3]
    if letter.get("first", True):
        assert causes[0] == letter["cause"]
    assert answer.tio_class in letter["class"]
    assert not answer.rejected
    assert "unknown_drug" not in {caveat.code for caveat in answer.caveats}


def test_every_diagnosis_has_a_letter() -> None:
    assert Counter(letter["cause"] for letter in LETTERS).keys() == set(DIAGNOSES)


def test_the_true_cause_leads_in_most_letters() -> None:
    first = [
        assess(request_of(letter)).differential[0].diagnosis == letter["cause"]
        for letter in LETTERS
    ]
    assert sum(first) >= LEADING * len(LETTERS)


def test_no_letter_about_a_tumor_is_called_unlikely_and_no_other_probable() -> None:
    for letter in LETTERS:
        answer = assess(request_of(letter))
        never = "TIO_UNLIKELY" if letter["cause"] == "TIO" else "TIO_PROBABLE"
        assert answer.tio_class != never, letter["id"]


@pytest.mark.parametrize(
    "id", ["iron-fcm", "tenofovir", "adefovir", "alcohol", "graft", "antacids"]
)
def test_a_drug_is_thought_of_before_a_tumor_is_blamed(id: str) -> None:
    [letter] = [letter for letter in LETTERS if letter["id"] == id]
    causes = [cause.diagnosis for cause in assess(request_of(letter)).differential]
    assert causes.index(letter["cause"]) < causes.index("TIO")
