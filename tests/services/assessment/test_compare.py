"""What does one answer say otherwise than another?"""

from typing import Any

from services.assessment.assess import assess
from services.assessment.compare import compare
from services.assessment.contract import Assessment, Change, EvaluateRequest
from tests.services.assessment.vectors import body_of, vectors

DC = {case["id"]: case for case in vectors()}


def an_answer(**changed: Any) -> Assessment:
    """DC1 with other values; None leaves a result out."""
    body = body_of(DC["DC1"])
    results = []
    for one in body["observations"]:
        value = changed.get(one["analyte"], one["value"])
        if value is not None:
            results.append(one | {"value": value})
    return assess(EvaluateRequest.model_validate(body | {"observations": results}))


def test_the_same_answer_has_no_changes() -> None:
    assert compare(an_answer(), an_answer()) == []


def test_a_normal_phosphate_changes_the_class_and_all_that_followed() -> None:
    before, after = an_answer(), an_answer(s_phos=1.2)

    changes = {(one.what, one.name): one for one in compare(before, after)}

    assert changes["class", None].before == before.tio_class == "TIO_PROBABLE"
    assert changes["class", None].after == after.tio_class
    assert {what for what, _ in changes} >= {"derived", "interpretation", "rule_not_fired"}


def test_where_nothing_is_left_to_explain_the_leading_cause_is_gone() -> None:
    before, after = an_answer(), an_answer()
    after.differential = []

    assert compare(before, after) == [Change("leading_diagnosis", None, "TIO", None)]


def test_a_derived_value_is_shown_as_it_was_and_as_it_is() -> None:
    before, after = an_answer(), an_answer(u_phos=22)

    changed = [one for one in compare(before, after) if one.what == "derived"]

    assert changed
    assert all(one.before and one.after and one.before != one.after for one in changed)


def test_what_can_no_longer_be_derived_is_gone_not_zero() -> None:
    changed = compare(an_answer(), an_answer(u_creat=None))

    gone = {one.name: one.after for one in changed if one.what == "derived"}
    assert gone["tmp_gfr"] is None


def test_changes_read_backwards_say_the_opposite() -> None:
    one, other = an_answer(), an_answer(s_phos=1.2)
    there, back = compare(one, other), compare(other, one)

    def ends(changes: list[Change], what: str) -> set[str | None]:
        return {change.name for change in changes if change.what == what}

    assert ends(there, "rule_fired") == ends(back, "rule_not_fired")
    assert ends(there, "next_test_added") == ends(back, "next_test_removed")
    assert ends(there, "caveat_removed") == ends(back, "caveat_added")
