"""The questions that cases put to the rules: plain words and numbers in, plain words out."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from knowledge.rules import (
    calcium_and_pth,
    exposures,
    fgf23,
    fgf23_independent,
    field_of_view,
    hypophosphatemia,
    imaging,
    kidney_function,
    margin,
    non_renal,
    preanalytics,
    reference_intervals,
    reminders,
    remission,
    renal_phosphate,
    scan_yield,
    surveillance,
    urine_day,
    urine_ratios,
    validity,
)
from knowledge.rules.hypophosphatemia import Sample
from knowledge.rules.reference_intervals import Level, is_child, read
from knowledge.rules.renal_phosphate import Handling
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation
from knowledge.terms.person import Sex, Subject
from knowledge.terms.quantity import Comparator, Quantity
from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest, Findings
from services.assessment.intake import Case
from services.assessment.minerals import longest_therapy

DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOTHING = ""
"""How a case writes that there is none: TOML has no word for it."""


def figures(value: Decimal, digits: int = 3) -> Decimal:
    """So many significant figures, as the specification prints them."""
    return Decimal(f"{value:.{digits}g}")


def quantity(value: Any, unit: str) -> Quantity:
    """A number, or a text such as "<10"."""
    text = str(value)
    sign = text.rstrip("0123456789.-")
    return Quantity(Decimal(text[len(sign) :]), unit, Comparator(sign) if sign else None)


def result(analyte: str, value: Any, unit: str | None = None, **more: Any) -> Observation:
    """One believed result, by default in the unit that rules work in."""
    known = ANALYTES[analyte]
    printed = quantity(value, unit or known.unit)
    return Observation("o", known, printed, known.to_working_unit(printed), **more)


def person(age: Any = 40, sex: str = "female", profile: str = "INT_adult") -> Subject:
    """Somebody; nothing for an unknown age."""
    return Subject(DAY, Sex(sex), None if age == NOTHING else Decimal(age), profile)


# reference_intervals, validity


def level(analyte: str, value: Any, unit: str, profile: str, sex: str, age: Any) -> str:
    """Is it low, normal or high for this person?"""
    return str(read(result(analyte, value, unit), person(age, sex, profile)).level)


def has_interval(analyte: str, profile: str, sex: str, age: Any) -> bool:
    """Does this set have an interval for such a person?"""
    found = reference_intervals.TABLE.interval(
        analyte, profile=profile, sex=Sex(sex), age=Decimal(age), on=DAY
    )
    return found is not None


def child(age: Any) -> bool | str:
    """Is this a child?"""
    found = is_child(person(age))
    return NOTHING if found is None else found


def believed(analyte: str, value: Any, unit: str) -> bool:
    """Can somebody have this value?"""
    known = ANALYTES[analyte]
    return validity.impossible(known, known.to_working_unit(quantity(value, unit))) is None


def usual(analyte: str, value: Any, unit: str, *, child: bool = False) -> bool:
    """Is it accepted without asking anybody to confirm it?"""
    return not validity.unusual(result(analyte, value, unit), child)


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
        "lowering": exposures.lowers_phosphate,
    }
    return asked[of]([drug], DAY)


# kidney_function, calcium_and_pth


def egfr(creatinine: Any, age: Any, sex: str, digits: int = 3) -> Decimal:
    """What does the kidney of an adult filter?"""
    found = kidney_function.egfr_adult(Decimal(creatinine), Decimal(age), Sex(sex), DAY)
    return figures(found, digits)


def egfr_child(height: Any, creatinine: Any, digits: int = 3) -> Decimal:
    """What does the kidney of a child filter?"""
    found = kidney_function.egfr_child(Decimal(creatinine), Decimal(height), DAY)
    return figures(found, digits)


def egfr_formula(age: Any) -> str:
    """By which formula is filtration estimated at this age?"""
    creatinine = quantity(60, "umol/L")
    found = kidney_function.egfr(creatinine, person(age), Decimal(100))
    return NOTHING if found is None else found[1]


def may_be_read(egfr: Any) -> str:
    """What may be read at this filtration?"""
    return kidney_function.filtration(quantity(egfr, kidney_function.UNIT), DAY)


def little_muscle(creatinine: Any) -> bool:
    """Is creatinine so low that filtration is overestimated?"""
    return kidney_function.low_muscle_mass(quantity(creatinine, "umol/L"), DAY)


def adjusted_calcium(calcium: Any, albumin: Any) -> Decimal:
    """What would calcium be at a normal albumin? mmol/L, g/L."""
    return figures(calcium_and_pth.adjusted_calcium(Decimal(calcium), Decimal(albumin), DAY))


def adjusted_calcium_mg_dl(calcium: Any, albumin: Any) -> Decimal:
    """The same in mg/dL and g/dL."""
    factor = ANALYTES["s_ca"].factors["mg/dL"]
    total, protein = Decimal(calcium) * factor, Decimal(albumin) * 10
    return figures(calcium_and_pth.adjusted_calcium(total, protein, DAY) / factor)


def adjustment_problem(albumin: Any, egfr: Any) -> str:
    """Why should adjusted calcium not be trusted?"""
    filtered = None if egfr == NOTHING else quantity(egfr, kidney_function.UNIT)
    found = calcium_and_pth.adjustment_problem(quantity(albumin, "g/L"), filtered, DAY)
    return found or NOTHING


def calcium_is_urgent(calcium: Any) -> bool:
    """Is adjusted calcium dangerous?"""
    return calcium_and_pth.dangerous(quantity(calcium, "mmol/L"), DAY)


def pth_position(pth: Any) -> str:
    """Where does PTH lie?"""
    observation = result("s_pth", pth)
    return calcium_and_pth.pth_position(observation, read(observation, person()), DAY)


def pth_much_raised(pth: Any) -> bool:
    """Is it clearly above its upper limit?"""
    observation = result("s_pth", pth)
    return calcium_and_pth.much_raised(observation, read(observation, person()), DAY)


# renal_phosphate


def reabsorbed(s_phos: Any, u_phos: Any, s_creat: Any, u_creat: Any) -> Decimal:
    """TRP."""
    return renal_phosphate.trp(Decimal(s_phos), Decimal(u_phos), Decimal(s_creat), Decimal(u_creat))


def renal_threshold(trp: Any, s_phos: Any, age: Any, digits: int = 3) -> Decimal | str:
    """TmP/GFR at this age."""
    known = None if age == NOTHING else Decimal(age)
    found = renal_phosphate.tmp_gfr(Decimal(trp), Decimal(s_phos), known, DAY)
    return NOTHING if found is None else figures(found[0], digits)


def near_switch(trp: Any) -> bool:
    """Is TRP near the switch?"""
    return renal_phosphate.near_switch(quantity(trp, "1"), DAY)


def handling(fepo4: Any, tmp_gfr: Any, age: Any) -> str:
    """What does the kidney do, and by which rule?"""
    excreted = None if fepo4 == NOTHING else quantity(fepo4, "%")
    threshold = None if tmp_gfr == NOTHING else quantity(tmp_gfr, "mmol/L")
    pair = Handling(None, None, excreted, threshold, renal_phosphate.PAYNE, ())
    found = renal_phosphate.renal_handling(pair, "read", person(age))
    return f"{found.code} {found.rule}"


def paired(urine: str, minutes: int) -> bool:
    """Blood and urine so far apart: do they belong together?"""
    creatinine = {"u_phos": "u_creat", "u_phos_24h": "u_creat_24h"}[urine]
    later = NOON + timedelta(minutes=minutes)
    drawn = {
        "s_phos": [result("s_phos", "0.5", taken_at=NOON)],
        "s_creat": [result("s_creat", 60, taken_at=NOON)],
        urine: [result(urine, 20, taken_at=later)],
        creatinine: [result(creatinine, 8, taken_at=later)],
    }
    return bool(list(renal_phosphate.pairs(drawn, DAY)))


def conserved_24h(u_phos_24h: Any, complete: bool) -> bool:
    """Does a 24 h urine show that the kidney conserves?"""
    return renal_phosphate.conserved_over_24h(quantity(u_phos_24h, "mmol/(24.h)"), complete, DAY)


def complete_24h(creatinine: Any, weight: Any, sex: str) -> bool | None:
    """Is a 24 h urine complete, by its creatinine?"""
    return renal_phosphate.complete_collection(
        quantity(creatinine, "mmol/(24.h)"), Decimal(weight), sex == "female", DAY
    )


# fgf23, fgf23_independent, non_renal


def intact_fgf23(assay: str, value: Any) -> str:
    """What does intact FGF23 say in this assay, and by which rule?"""
    found = fgf23.intact(result("s_fgf23_i", value, assay=assay), DAY)
    return f"{found.code} {found.rule}"


def healthy_fgf23(analyte: str, value: Any, unit: str, profile: str, sex: str, age: Any) -> str:
    """Where does FGF23 lie among healthy persons of this assay?"""
    key = "s_fgf23_c" if profile == "C_TERMINAL" else "s_fgf23_i"
    found = fgf23.healthy_reading(result(key, value, unit, assay=profile), person(age, sex))
    return NOTHING if found is None else str(found.level)


def c_terminal_fgf23(value: Any, age: Any) -> str:
    """What does C-terminal FGF23 say?"""
    return fgf23.c_terminal(result("s_fgf23_c", value), person(age)).code


def urine_calcium(analyte: str, value: Any, unit: str, profile: str, sex: str, age: Any) -> str:
    """Is urine calcium to creatinine high?"""
    high = fgf23_independent.high_urine_calcium(quantity(value, unit), person(age, sex))
    return {True: "high", False: "normal", None: NOTHING}[high]


def glucose_lost(urine: Any, plasma: Any) -> bool | None:
    """Is there glucose in the urine that plasma does not explain?"""
    found = fgf23_independent.glucosuria(quantity(urine, "mmol/L"), quantity(plasma, "mmol/L"), DAY)
    return found


def tubule(markers: list[str], fgf23: str) -> str:
    """What do so many tubular markers make, beside this FGF23?"""
    return fgf23_independent.fanconi(dict.fromkeys(markers, True), fgf23, DAY).code


def vitamin_d(value: Any) -> str:
    """Is 25-OH vitamin D enough?"""
    return non_renal.vitamin_d_status(quantity(value, "nmol/L"), DAY)


# hypophosphatemia, exposures


def samples(values: list[Any], days: list[int], age: Any = 40) -> list[Sample]:
    """Fasting phosphates in mmol/L on these days."""
    subject = person(age, profile="CN_adult")
    drawn = [
        result("s_phos", value, taken_at=NOON + timedelta(days=day), fasting=True)
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


def only_repeated(value: Any) -> bool:
    """Does it lie between the two lower limits in use, so that it is only repeated?"""
    return hypophosphatemia.only_between_chinese_limits(samples([value], [0]), "CN_adult", DAY)


def iron_active(infused: list[int], retested: list[int]) -> bool:
    """Iron so many days ago, low phosphates so many days ago: may iron still explain it?"""
    doses = [
        exposures.Infusion("ferric_carboxymaltose", DAY - timedelta(days=ago)) for ago in infused
    ]
    return exposures.iron_is_active(doses, DAY, [DAY - timedelta(days=ago) for ago in retested])


def drinks_enough(grams: Any) -> bool:
    """Is this as much alcohol as in the published cases?"""
    return exposures.drinks_enough(Decimal(grams), DAY)


def new_graft(transplanted: date) -> bool:
    """On 22 November 2026, is this graft still new?"""
    return exposures.new_graft(transplanted, DAY)


def childhood_onset(onset: Any) -> bool | None:
    """Did it begin before adult age?"""
    return exposures.childhood_onset(Decimal(onset), Decimal(40), DAY)


# imaging, field_of_view


def days_allowed(what: str) -> int:
    """How many days may this step of the search take?"""
    return imaging.days_until_due(what, DAY)


def located(scores: list[int]) -> bool:
    """Is one candidate, otherwise convincing, the tumor at these scores?"""
    standings = [
        imaging.Standing((imaging.Point("any", score, "", "s", DAY),), True, True, False, True)
        for score in scores
    ]
    return imaging.has_leader(standings, DAY)


def sampling(scores: list[int]) -> bool:
    """Is venous sampling worth it?"""
    standings = [
        imaging.Standing((imaging.Point("any", score, "", "s", DAY),), True, True, False, True)
        for score in scores
    ]
    return imaging.sampling_indicated(standings, DAY)


def feature_points(features: list[str]) -> int:
    """How many points do these typical features give?"""
    how = imaging.Technique(imaging.Kind.ANATOMICAL)
    return imaging.standing([imaging.Reading("s", DAY, how, features=tuple(features))], DAY).score


def expected_yield(act: str, negative: list[str]) -> Decimal:
    """How likely does this test find the tumor after these negative ones?"""
    found = scan_yield.expected_yield(act, negative, DAY)
    assert found is not None
    return figures(found.expected, 4)


def complement(days: int) -> bool:
    """Do two partial scans so many days apart make a whole one?"""
    return field_of_view.complements(DAY, DAY + timedelta(days=days), DAY)


# remission, surveillance, reminders

OPERATED = date(2024, 1, 1)


def state_after(
    lows: list[int], normals: list[int], *, tmp: str = "low", alp: str = "normal"
) -> str:
    """Low (with a low TmP/GFR) and normal phosphates on these days: what state is it?"""
    drawn = [
        remission.Sample(_morning(day), Level.LOW, tmp_gfr=Level(tmp) if tmp else None)
        for day in lows
    ]
    drawn += [remission.Sample(_morning(day), Level.NORMAL, Level(alp)) for day in normals]
    return str(remission.course(OPERATED, drawn, [], DAY).state)


def _morning(day: int) -> datetime:
    return datetime(2024, 1, 1, 8, tzinfo=UTC) + timedelta(days=day)


def state_with_high_alp_on(day: date) -> str:
    """A normal phosphate beside a high ALP on this day; operated on 1 January 2024."""
    at = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    drawn = remission.Sample(at, Level.NORMAL, Level.HIGH)
    return str(remission.course(OPERATED, [drawn], [], DAY).state)


def masked_by_supplements(minutes: int) -> bool:
    """So many minutes after the last supplement, is a phosphate masked?"""
    drug = remission.Exposure("phosphate", "supplement", None, NOON)
    return remission.mask(NOON + timedelta(minutes=minutes), [drug], DAY) is not None


def masked_by_burosumab(days: int) -> bool:
    """So many days after the last burosumab, is a phosphate masked?"""
    drug = remission.Exposure("burosumab", "burosumab", None, NOON.date())
    return remission.mask(NOON + timedelta(days=days), [drug], DAY) is not None


def tier_by_early_fgf23(day: int) -> str:
    """FGF23 still raised so many days after the operation: how closely is this watched?"""
    operation = surveillance.Operation(OPERATED, site="thigh", margin="wide", tissue="soft_tissue")
    early = [(OPERATED + timedelta(days=day), Level.HIGH)]
    return str(surveillance.risk_tier(operation, early, refractory=False, on=DAY)[0])


def called_today(phosphate: Any) -> bool:
    """Must somebody be called about this phosphate today?"""
    return surveillance.is_urgently_low(quantity(phosphate, "mmol/L"), DAY)


def hungry_bone(calcium: Any) -> bool:
    """Does calcium say that the bone takes too much?"""
    return surveillance.is_hungry_bone(quantity(calcium, "mmol/L"), DAY)


def normal_after_surgery() -> list[Decimal]:
    """Between which phosphates is it normal, where nothing better is known?"""
    return [limit.value for limit in surveillance.fallback_phosphate(DAY)]


def hour_of_sending() -> int:
    """At which hour in UTC goes a reminder there?"""
    return reminders.rungs("lab", DAY, "UTC", DAY)[0].at.hour


def is_late(minutes: int) -> bool:
    """So many minutes after its time, is a reminder late?"""
    ladder = reminders.rungs("lab", DAY, "UTC", DAY)[:1]
    now = ladder[0].at + timedelta(minutes=minutes)
    return reminders.ripe(ladder, ladder[0].at - timedelta(days=1), (), now, DAY).late


# What only an assessment as a whole can be asked

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


def long_therapy(days: int) -> bool:
    """Calcitriol since so many days: is it a long therapy?"""
    named = exposures.drug_named("calcitriol")
    assert named is not None
    case = Case(person(), Findings())
    case.drugs = [exposures.Drug(named[0], named[1], DAY - timedelta(days=days), None)]
    return longest_therapy(case, DAY)


# What else is computed from a urine, and what is shown


def day_amount(concentration: Any, litres: Any, unit: str = "") -> Decimal:
    """How much phosphate is in a day's urine? In mmol, or in mg."""
    amount = urine_day.amount_per_day(Decimal(concentration), Decimal(litres))
    return figures(amount / ANALYTES["u_phos_24h"].factors[unit] if unit else amount)


def clearance(u_creat: Any, litres: Any, s_creat: Any, digits: int = 3) -> Decimal:
    """How much plasma is cleared of creatinine?"""
    excreted = urine_day.amount_per_day(Decimal(u_creat), Decimal(litres))
    return figures(urine_day.creatinine_clearance(excreted, Decimal(s_creat), DAY), digits)


def ratio(amount: Any, u_creat: Any, by_mass: str = "") -> Decimal:
    """How much for each creatinine?"""
    found = urine_ratios.to_creatinine(Decimal(amount), Decimal(u_creat))
    return figures((urine_ratios.by_mass(by_mass, found) if by_mass else found).value)


def ratio_mg_dl(u_ca: Any, u_creat: Any) -> Decimal:
    """The same in mg/mg, from mg/dL."""
    calcium, creatinine = result("u_ca", u_ca, "mg/dL"), result("u_creat", u_creat, "mg/dL")
    found = urine_ratios.to_creatinine(calcium.value.value, creatinine.value.value)
    return figures(urine_ratios.by_mass("u_ca_creat", found).value)


def share_lost(
    serum: Any, urine: Any, s_creat: Any, u_creat: Any, *, filtered: bool = False
) -> Decimal:
    """Which share of what is filtered is lost?"""
    load = Decimal(serum) * (urine_ratios.ultrafiltrable(DAY) if filtered else 1)
    return figures(
        urine_ratios.share_lost(Decimal(urine), load, Decimal(s_creat), Decimal(u_creat))
    )


def urate_lost(percent: Any) -> str:
    """Is more urate lost than usual?"""
    return str(urine_ratios.urate_level(quantity(percent, "%"), DAY)[0])


def phosphate_ratio(ratio: Any, age: Any) -> str:
    """Is phosphate to creatinine high at this age?"""
    limits = urine_ratios.phosphate_limit(person(age))
    if limits is None:
        return NOTHING
    return str(urine_ratios.phosphate_level(quantity(ratio, "mol/mol"), *limits[:2]))


def kainos_as_cleia(value: Any, digits: int = 3) -> Decimal:
    """What would the CLEIA have read where Kainos read this?"""
    found = fgf23.as_other_assay(result("s_fgf23_i", value, assay="KAINOS_ELISA"), DAY)
    assert found is not None
    return figures(found[1].value, digits)


def shown_interval(analyte: str, value: Any, unit: str, profile: str) -> list[Decimal | None]:
    """Which interval is shown to who sent this unit?"""
    reading = read(result(analyte, value, unit), person(profile=profile))
    return [reading.low, reading.high]


def in_the_morning(clock: time) -> bool | None:
    """Was it drawn in the morning?"""
    drawn = result("s_phos", 1, taken_at=datetime.combine(DAY, clock, UTC))
    return preanalytics.drawn_in_the_morning(drawn, DAY)


def imprecision(analyte: str) -> float:
    """How exactly is this measured, in percent?"""
    return margin.precision_of(analyte, DAY).percent


def magnesium_misleads(value: Any) -> bool:
    """Must magnesium be corrected first?"""
    return calcium_and_pth.misleads(quantity(value, "mmol/L"), DAY)


def drinks_for_food(alcohol_g_day: Any) -> bool:
    """Is it enough alcohol to lower the intake?"""
    return non_renal.drinks_for_food(Findings(alcohol_g_day=Decimal(alcohol_g_day)), DAY)


def ages_differ(told: Any, known: Any) -> bool:
    """Does the age that was told contradict the date of birth?"""
    return validity.ages_differ(Decimal(told), Decimal(known), DAY)


def drawn_after_an_acute_illness(days: int) -> bool:
    """So many days after an acute illness, does it still touch what is drawn?"""
    return days <= validity.acute_aftermath(DAY)


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
