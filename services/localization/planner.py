"""Which functional scan next, with what it may find and cost, and why the others come later."""

from datetime import date
from decimal import Decimal
from functools import lru_cache

from knowledge.rules import (
    imaging,
    published_performance,
    radiation,
    scan_planner,
    scan_yield,
    search,
)
from knowledge.rules.imaging import Method
from knowledge.rules.scan_planner import Option, Utility
from services.localization.answer import (
    Alternative,
    ExpectedYield,
    NextStep,
    UtilityTerms,
)
from services.localization.capabilities import wait_of
from services.localization.case import ADEQUATE, SCAN_OF, Case
from services.localization.sent import Available

FIRST_IS = {
    "LOC-008": "what the scan did not cover comes first",
    "LOC-009": "what was found is explained first",
    "LOC-023": "both kinds of scan are negative: it comes with the next look",
    "LOC-028": "the diagnosis is verified again first",
}


def next_scan(case: Case) -> tuple[str | None, str]:
    """Which scan does the pathway ask for now, and by which rule?"""
    pet = case.capabilities.status("sstr_pet_ct")
    if pet == "yes" and not search.can_wait(
        case.capabilities.shortest_wait("sstr_pet_ct"), case.on
    ):
        pet = "no"
    equivocal = bool(
        case.ranked
        and case.explained
        and not case.leads
        and (case.sampling_rule is None or case.capabilities.status("venous_sampling") == "no")
    )
    act, rule = search.next_scan(
        case.done,
        {"pet_available": pet, "spect_available": case.capabilities.status("sstr_spect_ct")},
        recurrence=case.recurrence,
        equivocal=equivocal,
    )
    return act, rule.id


def scan_step(case: Case, act: str, rule: str) -> NextStep:
    """The scan the pathway asks for, made with the test that is worth most to this patient."""
    text = search.TABLE.rules[rule]
    test = _best_test(case, act)
    option = _option(case, test)
    said = case.capabilities.of_test(test)
    terms = option.utility
    hidden = case.functional_positive
    part = radiation.ct_part()
    met = case.patience.meets(act, test.key)
    because = f"{text.condition}: {text.conclusion}"
    if said is not None and not said.available:
        because += "; not available here, so elsewhere"
    return NextStep(
        rule=rule,
        act=act,
        because=because,
        test=test.key,
        test_name=test.name,
        expected_yield=None if hidden else yield_shown(test.key, case),
        believed_if_positive=scan_yield.believed(test.key, case.negative, case.on),
        dose_msv=option.read_dose_msv,
        ct_dose_low_msv=part.low,
        ct_dose_high_msv=part.high,
        cost_relative=option.cost_relative,
        wait_days=option.wait_days,
        distance_km=option.distance_km,
        site_of_care=said.site if said else None,
        utility=None if hidden else _terms(terms),
        not_before=max((gate.until for gate in met.gates if gate.until), default=None),
        gates=met.gates,
        warnings=met.warnings,
        overridden=met.overridden,
    )


def later(case: Case, chosen: NextStep | None, act: str | None, rule: str) -> list[Alternative]:
    """What could be done instead of the chosen scan, worth most first, and why is it later?"""
    options = [
        _option(case, test)
        for test in imaging.scans()
        if case.done[SCAN_OF[test.act]] not in ADEQUATE
        and (chosen is None or test.key != chosen.test)
    ]
    alternatives = []
    hidden = case.functional_positive
    for option in options if hidden else scan_planner.ranked(options, case.on):
        test = imaging.method_of(option.test)
        why, by = _why_later(case, option, chosen, act, rule)
        alternatives.append(
            Alternative(
                act=test.act,
                test=test.key,
                name=test.name,
                rule=by,
                because=why,
                expected_yield=None if hidden else yield_shown(test.key, case),
                dose_msv=option.read_dose_msv,
                wait_days=option.wait_days,
                utility=None if hidden else option.utility.total,
            )
        )
    if not case.ranked and not case.elsewhere:
        why = "without a candidate there is no vein to ask"
        alternatives.append(
            Alternative("venous_sampling", "svs", "venous sampling of FGF23", "LOC-013", why)
        )
    return alternatives


def _why_later(
    case: Case, option: Option, chosen: NextStep | None, act: str | None, rule: str
) -> tuple[str, str]:
    test = imaging.method_of(option.test)
    said = case.capabilities.of_test(test)
    if said is not None and not said.available:
        return "not available", "LOC-004"
    blocked = case.patience.forbids(test.act, test.key)
    if blocked is not None and (chosen is None or not chosen.gates):
        return blocked.reason, blocked.rule
    if not search.can_wait(option.wait_days, case.on):
        return f"asked for now, but {option.wait_days} days away", "LOC-004"
    if chosen is None or chosen.utility is None or act is None:
        return FIRST_IS.get(rule, "another step comes first"), rule
    worth = f"worth {_points(option.utility.total)} against {_points(chosen.utility.total)} points"
    if test.act == act:
        return f"the same kind of scan, {worth}", rule
    asked = search.TABLE.rules[rule]
    return f"{asked.condition}: {asked.conclusion}; {worth}", rule


def _points(utility: Decimal) -> str:
    return f"{utility:.0f}"


def _best_test(case: Case, act: str) -> Method:
    """Of the tests that make this scan, the one worth most that can be had and is not forbidden."""
    tests = imaging.methods_for(act)
    if len(tests) == 1:
        return tests[0]
    hurdles = [_hurdles(case, test) for test in tests]
    least = min(hurdles)
    open_to = [_option(case, t) for t, met in zip(tests, hurdles, strict=True) if met == least]
    return imaging.method_of(scan_planner.ranked(open_to, case.on)[0].test)


def _hurdles(case: Case, test: Method) -> tuple[bool, bool, int]:
    """What stands before a test, the worst first: not to be had, forbidden, not known or far."""
    said = case.capabilities.of_test(test)
    gone = said is not None and not said.available
    gated = case.patience.forbids(test.act, test.key) is not None
    return (gone, gated, _how_sure(case, said))


def _how_sure(case: Case, said: Available | None) -> int:
    """A wait that nobody named counts for nothing in what a test is worth: so what is known to be
    had goes before what nobody mentioned, and that before what is known to be too far away."""
    if said is None:
        return 1
    return 0 if search.can_wait(wait_of(said), case.on) else 2


def _option(case: Case, test: Method) -> Option:
    """What this test would be worth, worked out once. A dose not read is never taken for none."""
    known = case.options.get(test.key)
    if known is not None:
        return known
    said = case.capabilities.of_test(test)
    read = radiation.usual_dose(test.key, case.request.patient.weight_kg)
    dose = read or _dose_of_first(test)
    cost = said.cost_relative if said is not None else None
    if cost is None:
        cost = scan_planner.cost_of(test.key)
    wait = wait_of(said)
    utility = scan_planner.utility(test.key, case.negative, case.on, dose, cost, wait)
    distance = said.distance_km if said else None
    option = Option(test.key, utility, dose, wait, distance, read, cost)
    case.options[test.key] = option
    return option


def _dose_of_first(test: Method) -> Decimal | None:
    """A dose that was not read is taken to be that of the test it stands in for."""
    return radiation.usual_dose(imaging.methods_for(test.act)[0].key)


def yield_shown(test: str, case: Case) -> ExpectedYield:
    """How likely this test finds the tumor now, as it is shown."""
    return _yield_shown(test, case.negative, case.on)


@lru_cache(maxsize=1024)
def _yield_shown(test: str, negative: tuple[str, ...], on: date) -> ExpectedYield:
    found = scan_yield.yield_of(test, negative, on)
    return ExpectedYield(
        expected=found.expected,
        low=found.low,
        high=found.high,
        about=found.about,
        said=found.said,
        sources=list(published_performance.sources_of(test)),
    )


def _terms(utility: Utility) -> UtilityTerms:
    return UtilityTerms(
        finding=utility.finding,
        false_positive=utility.false_positive,
        dose=utility.dose,
        cost=utility.cost,
        wait=utility.wait,
        total=utility.total,
    )
