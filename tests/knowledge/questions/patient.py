"""Of a patient: phosphates over time, drugs, iron, alcohol, graft, onset."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from knowledge.rules import exposures, hypophosphatemia, non_renal
from knowledge.rules.hypophosphatemia import Sample
from knowledge.rules.reference_intervals import read
from knowledge.terms.observation import ReferenceRange
from services.assessment.contract import Findings
from tests.knowledge.questions.things import DAY, NOON, NOTHING, person, result


def samples(values: list[Any], days: list[int], age: Any = 40) -> list[Sample]:
    """Fasting phosphates in mmol/L on these days."""
    subject = person(age, profile="CN_adult")
    drawn = [
        result("s_phos", value, taken_at=NOON + timedelta(days=float(day)), fasting=True)
        for value, day in zip(values, days, strict=True)
    ]
    return [Sample(one, read(one, subject)) for one in drawn]


def persistent(values: list[Any], days: list[int]) -> bool:
    """Does phosphate stay low?"""
    return hypophosphatemia.is_persistent(samples(values, days), DAY)


def excluded(values: list[Any], days: list[int]) -> bool:
    """Do normal phosphates rule it out?"""
    return hypophosphatemia.is_excluded(samples(values, days), DAY)


def urgent(value: Any, acute_sign: bool) -> bool:
    """Must somebody hear of it today?"""
    return hypophosphatemia.is_urgent(samples([value], [0]), acute_sign, DAY)


def severe(value: Any) -> bool:
    """Is it so low that several rules grow stricter?"""
    return hypophosphatemia.is_severe(samples([value], [0]), DAY)


def in_severe_band(value: Any) -> bool:
    """Is it in the band called severe?"""
    return hypophosphatemia.is_in_severe_band(samples([value], [0]), DAY)


def only_repeated(value: Any, own_low: Any = NOTHING) -> bool:
    """Does it lie between the two lower limits in use, so that it is only repeated?"""
    [sample] = samples([value], [0])
    if own_low != NOTHING:
        own = ReferenceRange(Decimal(own_low), None)
        drawn = replace(sample.observation, reference_range=own)
        sample = Sample(drawn, read(drawn, person(profile="CN_adult")))
    return hypophosphatemia.only_between_chinese_limits([sample], "CN_adult", DAY)


def after_a_drug(agent: str, days: int, of: str) -> bool:
    """So many days after its last dose, does this drug still change how a sample is read?"""
    named = exposures.drug_named(agent)
    assert named is not None
    drug = exposures.Drug(named[0], named[1], date(2020, 1, 1), DAY - timedelta(days=days))
    asked = {
        "fgf23": exposures.under_burosumab,
        "phosphate": exposures.on_treatment,
        "assay": exposures.may_be_artefact,
        "immunoassay": exposures.may_disturb_immunoassay,
        "lowering": _lowering,
    }
    return asked[of]([drug], DAY)


def _lowering(drugs: Sequence[exposures.Drug], day: date) -> bool:
    return exposures.lowers_phosphate(drugs, [day], day)


def iron_active(infused: list[int], retested: list[int]) -> bool:
    """Iron so many days ago, all drawn again so many days ago: may iron still explain it?"""
    doses = [
        exposures.Infusion("ferric_carboxymaltose", DAY - timedelta(days=ago)) for ago in infused
    ]
    again = [DAY - timedelta(days=ago) for ago in retested]
    newest = max(again, default=None)
    drawn = exposures.Drawn((DAY, *again), newest, newest, newest)
    return exposures.iron(doses, drawn, DAY) == exposures.ACTIVE


def drinks_enough(grams: Any) -> bool:
    """Is this as much alcohol as in the published cases?"""
    return exposures.drinks_enough(Decimal(grams), DAY)


def drinks_for_food(alcohol_g_day: Any) -> bool:
    """Is it enough alcohol to lower the intake?"""
    return non_renal.drinks_for_food(Findings(alcohol_g_day=Decimal(alcohol_g_day)), DAY)


def new_graft(transplanted: date) -> bool:
    """On 22 November 2026, is this graft still new?"""
    return exposures.new_graft(transplanted, DAY)


def childhood_onset(onset: Any) -> bool | None:
    """Did it begin before adult age?"""
    return exposures.childhood_onset(Decimal(onset), Decimal(40), DAY)
