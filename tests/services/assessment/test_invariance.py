"""What must not change a conclusion: the unit, the order, the irrelevant, and what is missing."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge import shelf
from knowledge.terms.analyte import ANALYTES
from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest
from services.assessment.notes import TEXTS
from tests.services.assessment.patients import an_extra, bodies, in_unit
from tests.services.assessment.vectors import an_observation

CERTAINTY = {
    "INDETERMINATE": 0,
    "TIO_POSSIBLE": 1,
    "TIO_UNLIKELY": 2,
    "TIO_PROBABLE": 2,
    "TIO_CONFIRMED": 3,
}
"""How much a class claims to know. Unlikely and probable claim as much, in either direction."""

QUESTIONS = {
    "phosphate": {"s_phos"},
    "kidney": {"u_phos", "u_creat", "u_phos_24h", "u_creat_24h", "trp", "fepo4", "tmp_gfr"},
    "calcium": {"s_ca", "s_ca_adj", "s_ca_ion"},
    "FGF23": {"s_fgf23_i", "s_fgf23_c"},
    "vitamin D": {"s_25ohd"},
    "1,25-(OH)2-D": {"s_125d"},
    "PTH": {"s_pth"},
    "ALP": {"s_alp"},
}
"""What is asked of a patient, and all that answers it: two answers may contradict each other, and
with one of them gone the other is rightly believed more."""

ABOUT_THE_UNIT = {"unit_questioned"}
"""Asks about the unit itself: a number that would be usual in another one. It decides nothing."""

READ_BY_NO_RULE = ["s_cl"]
HISTORIES = ("drug_exposures", "iv_iron", "acute_context", "genetics", "findings")
NO_RESULTS = ["entered-in-error", "cancelled", "registered"]

quick = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def answer_for(body: dict[str, Any]) -> Assessment:
    """What is concluded?"""
    return assess(EvaluateRequest.model_validate(body))


def conclusion(answer: Assessment) -> dict[str, Any]:
    """What an answer says, but for the order in which it is written down and the numbers sent."""
    return {
        "class": answer.tio_class,
        "mechanism": answer.mechanism,
        "urgent": answer.urgent,
        "differential": [
            (
                cause.diagnosis,
                {(row.rule, row.text) for row in (*cause.supporting, *cause.against)},
            )
            for cause in answer.differential
        ],
        "rules": {(rule.id, rule.conclusion) for rule in answer.fired_rules},
        "next": [(step.step, tuple(step.order)) for step in answer.next_tests],
        "changes": set(answer.would_change_if),
        "caveats": {caveat.code for caveat in answer.caveats} - ABOUT_THE_UNIT,
        "levels": {(one.observation, one.interpretation) for one in answer.interpretations},
        "rejected": {(refusal.observation, refusal.rule) for refusal in answer.rejected},
    }


@quick
@given(bodies(), st.data())
def test_the_unit_in_which_a_value_is_sent_never_changes_the_conclusion(
    body: dict[str, Any], data: st.DataObject
) -> None:
    other = copy.deepcopy(body)
    other["observations"] = [
        in_unit(one, data.draw(st.sampled_from(sorted(ANALYTES[one["analyte"]].factors))))
        for one in body["observations"]
    ]

    assert conclusion(answer_for(other)) == conclusion(answer_for(body))


@quick
@given(bodies(), st.randoms(use_true_random=False))
def test_the_order_of_observations_never_changes_the_conclusion(
    body: dict[str, Any], chance: Any
) -> None:
    shuffled = copy.deepcopy(body)
    chance.shuffle(shuffled["observations"])

    assert conclusion(answer_for(shuffled)) == conclusion(answer_for(body))


@quick
@given(bodies(), st.data())
def test_what_is_irrelevant_never_changes_the_conclusion(
    body: dict[str, Any], data: st.DataObject
) -> None:
    """A result that no rule reads, an older version of one, and what is no result any more."""
    before = conclusion(answer_for(body))
    unread = an_observation(data.draw(st.sampled_from(READ_BY_NO_RULE)), 100, 20)
    withdrawn = data.draw(an_extra()) | {
        "id": "withdrawn",
        "status": data.draw(st.sampled_from(NO_RESULTS)),
    }
    more = [{**unread, "id": "unread"}, withdrawn]
    if body["observations"]:
        known = data.draw(st.sampled_from(body["observations"]))
        known["version"] = 3
        more.append(data.draw(an_extra()) | {"id": known["id"], "version": 2})

    after = conclusion(answer_for({**body, "observations": [*more, *body["observations"]]}))

    after["levels"] = {level for level in after["levels"] if level[0] != "unread"}
    assert after == before


def rests_on(answer: Assessment) -> str:
    """By which row of the C table was it classed?"""
    return [rule.id for rule in answer.fired_rules if rule.id.startswith("C-")][-1]


def may_be_surer(question: str, before: Assessment, after: Assessment) -> bool:
    """Where the specification itself makes a class surer without a measurement.

    A refused result holds the class open (C-01) and is no information. C-07 and C-11 say "FGF23
    missing". A high calcium forbids what a missing one leaves possible.
    """
    return (
        rests_on(before) == "C-01"
        or (question == "FGF23" and rests_on(after) in ("C-07", "C-11"))
        or (question == "calcium" and after.tio_class == "TIO_POSSIBLE")
    )


@quick
@given(bodies())
def test_without_a_measurement_no_conclusion_is_more_certain(body: dict[str, Any]) -> None:
    """Nothing is measured that answers the question: what is missing is never read as normal."""
    before = answer_for(body)
    for question, answers in QUESTIONS.items():
        rest = [one for one in body["observations"] if one["analyte"] not in answers]
        after = answer_for({**body, "observations": rest})
        surer = CERTAINTY[after.tio_class] > CERTAINTY[before.tio_class]
        assert not surer or may_be_surer(question, before, after), (
            question,
            rests_on(before),
            rests_on(after),
        )


def without_a_history(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same patient, each time with one thing less that was told of the past."""
    for finding in body["findings"]:
        rest = {name: told for name, told in body["findings"].items() if name != finding}
        yield finding, {**body, "findings": rest}
    for history in HISTORIES:
        yield history, {**body, history: None}


@quick
@given(bodies())
def test_where_an_unasked_history_makes_a_conclusion_more_certain_the_answer_says_so(
    body: dict[str, Any],
) -> None:
    """The specification classes by what was measured and names no history in its vector DC10.

    So an exposure that nobody mentions cannot hold a class back; the answer bears the caveat
    and M-06 asks. (docs/decisions/0019). A doubt told about a phosphate holds back a cure.
    """
    before = answer_for(body)
    for told, rest in without_a_history(body):
        after = answer_for(rest)
        surer = CERTAINTY[after.tio_class] > CERTAINTY[before.tio_class]
        said = "history_not_stated" in {caveat.code for caveat in after.caveats}
        doubted = told == "monoclonal_protein" and rests_on(after) == "C-08"
        assert not surer or said or doubted, (told, rests_on(before), rests_on(after))


@quick
@given(bodies())
def test_what_was_asked_and_denied_makes_nothing_less_certain_than_what_was_not_asked(
    body: dict[str, Any],
) -> None:
    before = answer_for(body)
    unasked = {**body, "findings": {k: v for k, v in body["findings"].items() if v is not False}}
    for history in ("drug_exposures", "iv_iron", "acute_context"):
        unasked[history] = body[history] or None

    assert CERTAINTY[answer_for(unasked).tio_class] <= CERTAINTY[before.tio_class]


@quick
@given(bodies())
def test_every_answer_names_rules_that_exist_and_caveats_that_say_something(
    body: dict[str, Any],
) -> None:
    answer = answer_for(body)

    assert answer.fired_rules
    for rule in answer.fired_rules:
        assert rule.id in shelf.rules()
        assert rule.read_status == shelf.rules()[rule.id].read_status
    for cause in answer.differential:
        assert {row.rule for row in (*cause.supporting, *cause.against)} <= shelf.rules().keys()
    for caveat in answer.caveats:
        assert caveat.code in TEXTS
        assert caveat.text
    assert {refusal.rule for refusal in answer.rejected} <= shelf.rules().keys()
