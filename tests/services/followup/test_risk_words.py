"""A word of a report that nobody here knows never makes a risk standard, and it is named."""

import tomllib
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from services.followup.contract import FollowUp, PlanRequest
from services.followup.follow_up import follow_up

WORDS = tomllib.loads(Path(__file__).with_name("risk_words.toml").read_text("utf-8"))["words"]
SOFT = {"site": "thigh", "margin": "wide", "tissue": "soft_tissue"}
CASES = [
    pytest.param(name, word, says, id=f"{name} {word}: {says}")
    for name, by_answer in WORDS.items()
    for says, words in by_answer.items()
    for word in words
]


def told(name: str, word: str) -> FollowUp:
    """The answer a day after an operation of which this word was said, and else nothing bad."""
    said: dict[str, Any] = SOFT | {name: word}
    if name == "bone_site":
        said = {"site": word, "margin": "wide"}
    surgery = {"kind": "surgery", "performed_at": "2024-04-10"} | said
    request = PlanRequest.model_validate({"history": [surgery]})
    return follow_up(request, datetime(2024, 4, 11, 12, tzinfo=UTC))


@pytest.mark.parametrize(("name", "word", "says"), CASES)
def test_a_word_says_what_it_says_and_an_unknown_one_counts_as_high(
    name: str, word: str, says: str
) -> None:
    answer = told(name, word)
    named = [one.text for one in answer.caveats if one.code == "report_not_understood"]

    assert answer.risk_tier == ("STANDARD" if says == "standard" else "HIGH")
    assert (name in answer.risk_reasons) == (says != "standard")
    assert [repr(word) in text for text in named] == ([True] if says == "unknown" else [])


@pytest.mark.parametrize("name", ["site", "margin"])
def test_a_site_or_a_margin_that_nobody_states_is_not_known(name: str) -> None:
    surgery = {"kind": "surgery", "performed_at": "2024-04-10"} | SOFT
    del surgery[name]
    request = PlanRequest.model_validate({"history": [surgery]})
    answer = follow_up(request, datetime(2024, 4, 11, 12, tzinfo=UTC))

    assert answer.risk_tier == "HIGH"
    assert name in answer.risk_reasons


@pytest.mark.parametrize("word", WORDS["histology"]["high"])
def test_malignant_tissue_in_any_words_calls_for_the_chest(word: str) -> None:
    answer = told("histology", word)

    assert "FUP-09" in {item.rule for item in answer.schedule}
    assert "FU-009" in {rule.id for rule in answer.fired_rules}


@pytest.mark.parametrize(
    ("more", "tier", "why", "rule"),
    [
        ({"histology": "malignant"}, "HIGH", ["histology"], "FUP-09"),
        ({"margin": "positive"}, "HIGH", ["margin"], "FUP-07"),
        ({"margin": "unheard of"}, "HIGH", ["margin"], "FUP-07"),
        ({"margin": None, "histology": "benign"}, "STANDARD", [], "FUP-03"),
    ],
    ids=["malignant", "another margin", "a word nobody knows", "no word is no contradiction"],
)
def test_a_second_report_of_the_day_is_of_the_same_operation_and_the_worse_word_counts(
    more: dict[str, Any], tier: str, why: list[str], rule: str
) -> None:
    surgery = {"kind": "surgery", "performed_at": "2024-04-10"} | SOFT
    for history in permutations([surgery, surgery | more]):
        request = PlanRequest.model_validate({"history": list(history)})
        answer = follow_up(request, datetime(2024, 4, 11, 12, tzinfo=UTC))

        assert (answer.risk_tier, answer.risk_reasons) == (tier, why)
        owed = [one.occurrence for one in answer.schedule if one.rule == "FUP-01"]
        assert len(owed) == len(set(owed)) == 7
        assert rule in {one.rule for one in answer.schedule if one.status == "open"}
        assert "operation_told_again" in {one.code for one in answer.caveats}
