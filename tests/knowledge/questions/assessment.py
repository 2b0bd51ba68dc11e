"""What only an assessment as a whole can be asked."""

from datetime import timedelta
from typing import Any

from knowledge.rules import exposures, next_test
from knowledge.terms.analyte import ANALYTES
from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest, Findings
from services.assessment.intake import Case
from services.assessment.minerals import long_therapy as is_long
from tests.knowledge.questions.things import DAY, NOON, person

T1 = (("s_phos", "0.45"), ("u_phos", "20"), ("s_creat", "60"), ("u_creat", "8"))
"""Vector T1: TmP/GFR is 0.300 mmol/L."""


def assessed(*more: dict[str, Any], drugs: list[dict[str, Any]] | None = None) -> Assessment:
    """Vector T1 in a woman of 46, and what else was sent."""
    pair = [
        {"id": key, "analyte": key, "value": value, "unit": ANALYTES[key].unit} for key, value in T1
    ]
    body = {
        "patient": {"sex": "female", "age_years": 46},
        "as_of": NOON,
        "observations": [{**one, "collection_id": "c", "fasting": True} for one in (*pair, *more)],
        "drug_exposures": drugs,
    }
    return assess(EvaluateRequest.model_validate(body))


def reported_differs(tmp_gfr: Any) -> bool:
    """Is a TmP/GFR from a letter too far from our own?"""
    sent = {"id": "letter", "analyte": "tmp_gfr", "value": tmp_gfr, "unit": "mmol/L"}
    return any(caveat.code == "reported_differs" for caveat in assessed(sent).caveats)


def drug_still_a_cause(days: int) -> bool:
    """Adefovir stopped so many days ago: does it still lead the differential?"""
    stopped = NOON.date() - timedelta(days=days)
    drug = {"agent": "adefovir", "started_on": "2020-01-01", "stopped_on": stopped}
    return any(cause.diagnosis == "FANCONI_DRUG" for cause in assessed(drugs=[drug]).differential)


def threshold_speaks(tmp_gfr: Any) -> bool:
    """Does a TmP/GFR of a letter, beside a low phosphate, count as very low?"""
    sent = [
        {"id": "p", "analyte": "s_phos", "value": 0.6, "unit": "mmol/L"},
        {"id": "t", "analyte": "tmp_gfr", "value": tmp_gfr, "unit": "mmol/L"},
    ]
    who = {"sex": "female", "age_years": 46}
    body = {"patient": who, "as_of": NOON, "observations": sent}
    causes = assess(EvaluateRequest.model_validate(body)).differential
    return any("TmP/GFR is below 0.50" in row.text for cause in causes for row in cause.supporting)


def long_therapy(days: int) -> bool:
    """Calcitriol since so many days: is it a long therapy?"""
    named = exposures.drug_named("calcitriol")
    assert named is not None
    case = Case(person(), Findings())
    case.drugs = [exposures.Drug(named[0], named[1], DAY - timedelta(days=days), None)]
    return is_long(case, DAY)


def within_days(step: str, severe: bool) -> int:
    """Within how many days is this step to be done?"""
    needed = frozenset(next_test.STEPS[step].fields["order"])
    ordered = next_test._steps(frozenset({step}), (), severe, needed, frozenset())
    return next(one.within_days for one in ordered if one.id == step)
