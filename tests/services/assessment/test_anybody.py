"""What must hold for anything that can be sent, drawn at random."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from knowledge import shelf
from knowledge.terms.analyte import ANALYTES
from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest, Findings
from tests.services.assessment.vectors import AS_OF

ANSWER: TypeAdapter[Assessment] = TypeAdapter(Assessment)
UNITS = sorted({unit for analyte in ANALYTES.values() for unit in analyte.factors})
YES_NO = sorted(
    name for name, field in Findings.model_fields.items() if field.annotation == (bool | None)
)
MAYBE = st.sampled_from([True, False, None])
NUMBERS = st.one_of(
    st.floats(0, 10, allow_nan=False), st.floats(0, 1000, allow_nan=False), st.just(0)
)


@st.composite
def observations(draw: st.DrawFn) -> dict[str, Any]:
    analyte = draw(st.sampled_from(sorted(ANALYTES)))
    usual = st.sampled_from(sorted(ANALYTES[analyte].factors))
    days = draw(st.one_of(st.none(), st.sampled_from([-1, 0, 1, 7, 8, 30, 400])))
    return {
        "id": draw(st.text("abcdef", min_size=1, max_size=2)),
        "analyte": analyte,
        "value": draw(st.one_of(st.none(), NUMBERS)),
        "comparator": draw(st.sampled_from([None, None, None, "<", "<=", ">", ">="])),
        "unit": draw(st.one_of(usual, usual, usual, st.sampled_from([None, "", *UNITS]))),
        "taken_at": None if days is None else (AS_OF - timedelta(days=days)).isoformat(),
        "fasting": draw(MAYBE),
        "collection_id": draw(st.sampled_from([None, "c1", "c2"])),
        "status": draw(st.sampled_from(["final", "preliminary", "cancelled", "corrected"])),
        "reference_range": draw(
            st.one_of(
                st.none(),
                st.fixed_dictionaries(
                    {"low": st.one_of(st.none(), NUMBERS), "high": st.one_of(st.none(), NUMBERS)}
                ),
            )
        ),
        "assay": draw(st.sampled_from([None, "KAINOS_ELISA", "LIAISON", "QUIDEL_INTACT", "mine"])),
        "flags": draw(st.lists(st.sampled_from(["haemolysed", "wrong_tube"]), max_size=1)),
        "version": draw(st.integers(1, 3)),
    }


BODIES = st.fixed_dictionaries(
    {
        "patient": st.fixed_dictionaries(
            {
                "sex": st.sampled_from(["male", "female", "other", "unknown"]),
                "age_years": st.one_of(
                    st.none(), st.sampled_from([0, 0.05, 3, 13, 18, 19, 46, 97])
                ),
            }
        ),
        "as_of": st.just(AS_OF.isoformat()),
        "profile": st.sampled_from(
            ["INT_adult", "CN_adult", "SOLDIN_paed", "CN_neonate", "CN_paed"]
        ),
        "observations": st.lists(observations(), max_size=14),
        "findings": st.dictionaries(st.sampled_from(YES_NO), MAYBE, max_size=6),
        "drug_exposures": st.lists(
            st.fixed_dictionaries(
                {
                    "agent": st.sampled_from(["burosumab", "J05AF08", "calcitriol", "tea"]),
                    "started_on": st.sampled_from([None, "2020-01-01", "2026-02-20"]),
                    "stopped_on": st.sampled_from([None, "2026-02-25"]),
                }
            ),
            max_size=2,
        ),
        "iv_iron": st.sampled_from(
            [None, [], [{"product": "iron_sucrose", "given_on": "2026-02-01"}]]
        ),
        "acute_context": st.sampled_from([None, [], [], [], ["icu"]]),
        "genetics": st.sampled_from(
            [
                None,
                [{"gene": "PHEX", "result": "negative"}],
                [{"gene": "clcn5", "result": "pathogenic"}],
            ]
        ),
    }
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES)
def test_whatever_is_sent_is_answered_with_reasons(body: dict[str, Any]) -> None:
    request = EvaluateRequest.model_validate(body)

    answer = assess(request)

    written = ANSWER.dump_json(answer, by_alias=True)
    assert ANSWER.validate_json(written) == answer
    assert assess(request) == answer, "the same data give the same answer"
    fired = {rule.id for rule in answer.fired_rules}
    assert fired <= shelf.rules().keys()
    assert not any(shelf.rules()[id].internal for id in fired), "only rules of the specification"
    if fired & {"H-01", "H-03"}:
        assert answer.differential, "a low phosphate is never left without a cause to think of"
    if answer.tio_class == "TIO_CONFIRMED":
        assert body["findings"].get("tumor_removed"), "biochemistry alone confirms nothing"
    if body["acute_context"] and answer.tio_class not in ("TIO_CONFIRMED", "TIO_PROBABLE"):
        assert answer.tio_class == "INDETERMINATE" or "C-04" in fired
    known = {one["id"] for one in body["observations"]}
    assert {one.observation for one in answer.interpretations} <= known
    assert {one.observation for one in answer.rejected} <= known
