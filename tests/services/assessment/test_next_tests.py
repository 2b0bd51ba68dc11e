"""What to order next: no more than settles it, nothing twice, together what one visit can do."""

from itertools import combinations
from typing import Any

import pytest

from knowledge.rules.next_test import STEPS
from knowledge.rules.telling_apart import ANALYTES, COLUMNS, apart, smallest_set
from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest, NextTest
from tests.services.assessment.letters import letters
from tests.services.assessment.letters import request_of as letter_request
from tests.services.assessment.vectors import an_observation, body_of, vectors

VECTORS = {case["id"]: case for case in vectors()}
REQUESTS = {
    **{id: EvaluateRequest.model_validate(body_of(case)) for id, case in VECTORS.items()},
    **{letter["id"]: letter_request(letter) for letter in letters()},
}
FIRST_DRAW = {"M-00", "M-01", "M-02", "M-03", "M-04", "M-05"}


def answer_for(case: dict[str, Any]) -> Assessment:
    return assess(EvaluateRequest.model_validate(body_of(case)))


def step_named(answer: Assessment, id: str) -> NextTest:
    [step] = [step for step in answer.next_tests if step.step == id]
    return step


@pytest.mark.parametrize("id", REQUESTS)
def test_nothing_is_ordered_twice_and_nothing_known_again(id: str) -> None:
    request = REQUESTS[id]
    answer = assess(request)
    steps = [step.step for step in answer.next_tests]
    assert len(steps) == len(set(steps))
    refused = {refusal.observation for refusal in answer.rejected}
    known = {one.analyte for one in request.observations if one.id not in refused}
    for step in answer.next_tests:
        again = STEPS[step.step].fields.get("again", False)
        repeated = {"M-00": {"s_fgf23_i", "s_phos", "s_creat"}, "M-05": {"s_fgf23_i"}}
        assert again or not known.intersection(step.order) - repeated.get(step.step, set())


@pytest.mark.parametrize("id", REQUESTS)
def test_at_one_visit_nothing_is_drawn_twice(id: str) -> None:
    drawn = [
        (step.visit, analyte)
        for step in assess(REQUESTS[id]).next_tests
        if STEPS[step.step].fields["visit"] == "first"
        for analyte in step.order
    ]
    assert len(drawn) == len(set(drawn))


def test_the_first_panel_draws_a_whole_pair_though_phosphate_is_known() -> None:
    step = step_named(assess(REQUESTS["tio-three-numbers"]), "M-00")
    assert {"s_phos", "s_creat", "u_phos", "u_creat", "s_fgf23_i"} <= set(step.order)
    assert not {"s_alp", "s_ca"} & set(step.order)


@pytest.mark.parametrize("id", REQUESTS)
def test_what_is_drawn_at_first_is_drawn_at_one_visit(id: str) -> None:
    answer = assess(REQUESTS[id])
    visits = {step.visit for step in answer.next_tests if step.step in FIRST_DRAW}
    assert len(visits) <= 1
    numbers = sorted({step.visit for step in answer.next_tests})
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("id", REQUESTS)
def test_a_later_visit_is_not_due_before_an_earlier_one(id: str) -> None:
    due: dict[int, int] = {}
    for step in assess(REQUESTS[id]).next_tests:
        due[step.visit] = min(step.within_days, due.get(step.visit, step.within_days))
    assert [due[visit] for visit in sorted(due)] == sorted(due.values())


@pytest.mark.parametrize("id", REQUESTS)
def test_a_step_separates_causes_that_are_still_open(id: str) -> None:
    answer = assess(REQUESTS[id])
    open_causes = [cause.diagnosis for cause in answer.differential]
    for step in answer.next_tests:
        assert set(step.separates) <= set(open_causes)
        assert len(step.separates) != 1, "one cause alone is told apart from nothing"


def test_a_repeat_of_fgf23_is_its_own_visit_two_weeks_later() -> None:
    repeat = step_named(answer_for(VECTORS["DC11"]), "M-07")
    assert repeat.visit > 1
    assert repeat.within_days >= 14


@pytest.mark.parametrize(("value", "days"), [(0.49, 3), (0.50, 14)])
def test_below_half_a_millimole_the_pair_is_drawn_within_72_hours(value: float, days: int) -> None:
    answer = answer_for({**VECTORS["DC7"], "serum": {"day": 2, "s_phos": value}, "urine": {}})
    assert step_named(answer, "M-01").within_days == days


def test_an_antacid_is_stopped_and_the_pair_drawn_again_a_week_later() -> None:
    step = step_named(answer_for(VECTORS["DC2"]), "N-02")
    assert (step.within_days, step.order) == (7, ["s_phos", "s_creat", "u_phos", "u_creat"])
    assert "MALABSORPTION" in step.separates


@pytest.mark.parametrize(
    ("change", "step", "days"),
    [
        ({"iron": [{"product": "ferric_carboxymaltose", "day": 21}]}, "X-01", 91),
        ({"findings": {"alcohol_g_day": 150}}, "X-02", 28),
        ({"transplant_day": 60}, "X-03", 182),
    ],
)
def test_each_exposure_is_tested_again_after_its_own_time(
    change: dict[str, Any], step: str, days: int
) -> None:
    answer = answer_for({**VECTORS["DC1"], "findings": {}, **change})
    assert step_named(answer, step).within_days == days
    assert "TIO" in step_named(answer, step).separates


def test_a_conserving_pair_is_repeated_once_when_it_is_severe_and_not_twice() -> None:
    severe = {**VECTORS["DC2"], "serum": {"day": 10, "s_phos": 0.45, "s_creat": 70}, "drugs": []}
    assert step_named(answer_for(severe), "M-01")
    again = [
        {"analyte": "s_phos", "value": 0.45, "day": 5, "collection_id": "second"},
        {"analyte": "s_creat", "value": 70, "day": 5, "collection_id": "second"},
        {"analyte": "u_phos", "value": 0.30, "day": 5, "collection_id": "second"},
        {"analyte": "u_creat", "value": 10, "day": 5, "collection_id": "second"},
    ]
    assert not answer_for({**severe, "more": again}).next_tests


def test_urine_calcium_is_not_asked_for_once_pth_is_not_low() -> None:
    case = {**VECTORS["DC7"], "serum": {"day": 2, "s_phos": 0.6}, "urine": {}}
    assert "u_ca" in step_named(answer_for(case), "M-04").order
    case["more"] = [{"analyte": "s_pth", "value": 4.0, "day": 2}]
    assert "u_ca" not in step_named(answer_for(case), "M-04").order


def test_markers_of_the_tubule_are_asked_for_where_they_tell_causes_apart() -> None:
    urate = an_observation("s_urate", 90, 2, reference_range={"low": 150, "high": 350})
    body = body_of({**VECTORS["DC7"], "serum": {"day": 2, "s_phos": 0.6}, "urine": {}})
    before = assess(EvaluateRequest.model_validate(body))
    body["observations"].append({**urate, "id": "urate"})
    after = assess(EvaluateRequest.model_validate(body))
    assert "M-03" not in {step.step for step in before.next_tests}
    assert "FANCONI_OTHER" in step_named(after, "M-03").separates


def test_the_smallest_set_tells_apart_every_pair_that_can_be_told_apart() -> None:
    offered = tuple(COLUMNS)
    for size in (2, 3, 4):
        for causes in combinations(("TIO", "XLH", "HHRH", "FANCONI_OTHER", "MALABSORPTION"), size):
            chosen = set(smallest_set(causes, offered))
            for pair in combinations(causes, 2):
                assert not apart(*pair) or apart(*pair) & chosen
            assert len(chosen) <= len(causes) - 1, "as few as can be"


@pytest.mark.parametrize(
    ("one", "other", "tests"),
    [
        ("TIO", "HHRH", {"s_125d", "s_pth", "u_ca"}),
        ("TIO", "FANCONI_OTHER", {"fgf23", "tubular"}),
        ("TIO", "VITAMIN_D_DEFICIENCY", {"fgf23"}),
        ("TIO", "PRIMARY_HYPERPARATHYROIDISM", {"s_ca", "u_ca"}),
        ("TIO", "MALABSORPTION", {"fepo4"}),
        ("TIO", "XLH", set()),
        ("HHRH", "VITAMIN_D_DEFICIENCY", {"s_pth", "u_ca"}),
        ("DENT", "HHRH", {"tubular"}),
    ],
)
def test_two_disorders_are_told_apart_by_the_matrix(one: str, other: str, tests: set[str]) -> None:
    assert apart(one, other) == tests
    assert apart(other, one) == tests


def test_every_column_says_what_has_to_be_drawn_and_with_which_step() -> None:
    for column, order in ANALYTES.items():
        step = STEPS[COLUMNS[column].fields["step"]].fields["order"]
        assert set(order) <= {*step, "u_creat"}, column
