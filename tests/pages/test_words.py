"""Every sentence of the pages has its Chinese, and nothing that is filled in gets lost."""

import re

import pytest

from services.coordination import language, wording
from tests.pages import words

FILLED_IN = re.compile(r"%\((\w+)\)s")
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def test_every_sentence_has_its_chinese() -> None:
    catalogue = language.catalogue("zh")
    missing = [
        text for text in words.everything() if not (text in catalogue and catalogue[text].string)
    ]

    assert missing == []


def test_what_is_filled_in_stands_in_both_languages() -> None:
    for message in language.catalogue("zh"):
        if message.id:
            said, meant = str(message.string), str(message.id)
            assert set(FILLED_IN.findall(said)) == set(FILLED_IN.findall(meant)), meant


def test_numbers_read_the_same_in_every_language() -> None:
    language.speak("zh")
    try:
        assert language.count("%(n)s day overdue", "%(n)s days overdue", 1234) == "逾期 1234 天"
    finally:
        language.speak("en")


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1 day overdue"), (2, "2 days overdue"), (0, "0 days overdue")]
)
def test_english_has_two_forms(number: int, said: str) -> None:
    assert language.count("%(n)s day overdue", "%(n)s days overdue", number) == said


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("VITAMIN_D_DEFICIENCY", "Vitamin D deficiency"),
        ("TIO-probable", "TIO probable"),
        ("1,25-(OH)2 vitamin D within 0.8-1.5", "1,25-(OH)2 vitamin D within 0.8-1.5"),
        ("eGFR (CKD-EPI 2021)", "eGFR (CKD-EPI 2021)"),
    ],
)
def test_a_code_loses_its_hyphens_and_a_sentence_keeps_them(code: str, said: str) -> None:
    assert wording.title(code) == said


def test_no_number_is_lost_in_another_language() -> None:
    said_otherwise = {"total 1,25-(OH)2 vitamin D", "mediated"}
    for message in language.catalogue("zh"):
        if isinstance(message.id, str) and message.id and message.id not in said_otherwise:
            said, meant = NUMBER.findall(str(message.string)), NUMBER.findall(message.id)
            assert sorted(said) == sorted(meant), message.id
