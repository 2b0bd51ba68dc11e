"""Which version is it, and does it correct another one?"""

from typing import Any

import pytest

from services.assessment.contract import Observation
from services.assessment.versions import OtherContent, Version, newest, place, standing

FEBRUARY, MARCH = "2026-02-01T08:00:00Z", "2026-03-01T08:00:00Z"


def a_result(value: float, taken_at: str = FEBRUARY, **more: Any) -> Observation:
    said = {"id": "o1", "analyte": "s_phos", "value": value, "unit": "mmol/L"}
    return Observation.model_validate(said | {"taken_at": taken_at} | more)


def sent(*results: Observation) -> list[Version]:
    known: list[Version] = []
    for one in results:
        version, is_new = place(known, one)
        if is_new:
            known.append(version)
    return known


def numbers(*results: Observation) -> list[tuple[int, int]]:
    return [(one.number, one.specimen) for one in sent(*results)]


def test_the_first_is_version_one() -> None:
    assert numbers(a_result(0.45)) == [(1, 1)]


def test_the_same_again_is_no_news_in_whatever_words() -> None:
    again = a_result(0.450, "2026-02-01T09:00:00+01:00", version=1)
    assert numbers(a_result(0.45), a_result(0.45), again) == [(1, 1)]


@pytest.mark.parametrize("status", ["corrected", "amended", "entered-in-error", "final"])
def test_other_content_without_a_number_is_the_next_version(status: str) -> None:
    assert numbers(a_result(0.45), a_result(0.6, status=status)) == [(1, 1), (2, 1)]


def test_final_after_preliminary_is_the_next_version_though_the_value_is_the_same() -> None:
    first = a_result(0.45, status="preliminary")
    assert numbers(first, a_result(0.45)) == [(1, 1), (2, 1)]


def test_a_number_that_said_something_else_is_refused() -> None:
    with pytest.raises(OtherContent):
        sent(a_result(0.45), a_result(0.6, version=1))


def test_an_older_version_that_arrives_late_is_kept_and_does_not_stand() -> None:
    known = sent(a_result(0.6, version=3), a_result(0.45, version=2))

    assert [one.number for one in known] == [3, 2]
    assert newest(known, known[0].specimen).number == 3


def test_what_was_sent_before_a_correction_is_a_repeat_of_the_old_version() -> None:
    known = sent(a_result(0.45), a_result(0.6, status="corrected"))

    stale, is_new = place(known, a_result(0.45))

    assert (stale.number, is_new) == (1, False)


def test_a_withdrawal_needs_neither_value_nor_time() -> None:
    bare = Observation.model_validate({"id": "o1", "status": "entered-in-error"})
    assert numbers(a_result(0.45), bare) == [(1, 1), (2, 1)]


def test_an_id_used_again_for_another_sample_corrects_nothing() -> None:
    known = sent(a_result(0.45), a_result(0.9, MARCH))

    assert [(one.number, one.specimen) for one in known] == [(1, 1), (2, 2)]
    assert standing(known, 1) == known[0]


def test_a_correction_finds_its_own_sample_behind_a_reused_id() -> None:
    known = sent(a_result(0.45), a_result(0.9, MARCH), a_result(0.5, status="corrected"))

    now = standing(known, 1)

    assert now is not None
    assert (now.number, now.sent.value) == (3, known[2].sent.value)
    assert standing(known, 2) == known[1]


def test_a_corrected_time_is_a_correction_when_it_says_so() -> None:
    assert numbers(a_result(0.45), a_result(0.45, MARCH, status="corrected")) == [(1, 1), (2, 1)]
    assert numbers(a_result(0.45), a_result(0.45, MARCH, version=2)) == [(1, 1), (2, 1)]


def test_another_analyte_under_the_same_id_corrects_nothing() -> None:
    other = a_result(2.2, analyte="s_ca")
    assert numbers(a_result(0.45), other) == [(1, 1), (2, 2)]


def test_what_was_never_kept_stands_in_no_version() -> None:
    assert standing(sent(a_result(0.45)), 7) is None
