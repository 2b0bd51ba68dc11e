"""Whether a candidate is biopsied before it is removed (LOC-018, LOC-020)."""

import pytest

from knowledge.rules.biopsy import Advice, advice


@pytest.mark.parametrize(
    ("resectability", "malignant", "equal", "rule", "advised", "because"),
    [
        ("simple", None, False, "LOC-018", "not_by_default", "removed whole"),
        ("simple", True, False, "LOC-020", "discuss", "malignant"),
        (None, True, False, "LOC-020", "discuss", "malignant"),
        ("disabling", None, False, "LOC-020", "discuss", "mutilating"),
        ("unresectable", False, False, "LOC-020", "discuss", "mutilating"),
        ("disabling", True, True, "LOC-020", "discuss", "malignant"),
        ("simple", False, True, "LOC-020", "discuss", "equal after venous sampling"),
        (None, None, True, "LOC-020", "discuss", "equal after venous sampling"),
    ],
)
def test_a_biopsy_is_discussed_where_it_changes_the_operation_and_else_left(
    resectability: str | None,
    malignant: bool | None,
    equal: bool,
    rule: str,
    advised: str,
    because: str,
) -> None:
    found = advice(resectability, malignant=malignant, equal_after_sampling=equal)

    assert isinstance(found, Advice)
    assert (found.rule, found.advice) == (rule, advised)
    assert because in found.because


@pytest.mark.parametrize("resectability", [None, "complex"])
def test_of_what_is_not_known_to_come_out_whole_nothing_is_said(resectability: str | None) -> None:
    assert advice(resectability, malignant=None, equal_after_sampling=False) is None
