"""What comes next in the search, best first, with what it may yield, costs, and what forbids it."""

from collections.abc import Iterable, Sequence

from knowledge.rules import field_of_view, regions, scan_planner, scan_yield, search
from knowledge.rules.search import State
from services.localization import looking_again, planner
from services.localization.answer import Alternative, Gate, NextStep
from services.localization.capabilities import wait_of
from services.localization.case import ADEQUATE, SCAN_OF, Case
from services.localization.circumstances import age_of
from services.localization.register import Place

SEEN = (State.LOCALIZED, State.LOCALIZED_HIGH_CONFIDENCE)


def next_steps(case: Case) -> list[NextStep]:
    """What is to be done next? What may be done now first, then what is blocked, and why."""
    return plan(case)[0]


def plan(case: Case) -> tuple[list[NextStep], list[Alternative]]:
    """What is to be done next, and what comes later?"""
    if case.request.biochemistry_confirmed is False:
        return [_biochemistry(case)], []
    act, rule = planner.next_scan(case)
    scan = planner.scan_step(case, act, rule) if act in SCAN_OF else None
    steps = [*_examination(case), *_missing_fields(case), *_anatomical(case)]
    steps += [*_verify_again(act, rule), *([_after_exam(case, scan)] if scan else [])]
    steps += [*_sampling(case), *_where_it_steps_up(case), *_mri_of_a_focus(case)]
    steps += [*_whole_body_mri(case, scan), *_by_state(case, steps)]
    steps.sort(key=lambda step: bool(step.gates))
    return steps, planner.later(case, scan, act, rule)


def _biochemistry(case: Case) -> NextStep:
    said = case.request.biochemistry
    return NextStep(
        rule="LOC-001",
        act="biochemistry",
        missing=[name for name in search.needed_before() if not said.get(name)],
        because="the biochemical diagnosis is not confirmed",
    )


def _examination(case: Case) -> list[NextStep]:
    if case.facts.exam_complete:
        return []
    return [
        NextStep(
            rule="LOC-002",
            act="examination",
            test="exam",
            missing=list(case.facts.exam_missing),
            because="the examination from head to toe is not complete",
            expected_yield=None if case.ranked else planner.yield_shown("exam", case),
        )
    ]


def _missing_fields(case: Case) -> Iterable[NextStep]:
    for name, scan in case.scans.items():
        if scan is None or case.done[name] != "inadequate":
            continue
        if name == "sstr_spect" and case.done["sstr_pet"] in ADEQUATE:
            continue
        act = scan.technique.act or ""
        met = case.patience.meets(act, scan.technique.test, act="missing_field")
        share = regions.share_of(field_of_view.regions_missing(scan.missing))
        yield NextStep(
            rule="LOC-008",
            act="missing_field",
            modalities=[act],
            test=scan.technique.test,
            missing=list(scan.missing),
            because="the scan does not cover vertex to toes with both arms; "
            f"{scan_yield.chance(share)} of these tumors lie in the regions concerned",
            gates=met.gates,
            warnings=met.warnings,
            overridden=met.overridden,
            not_before=max((gate.until for gate in met.gates if gate.until), default=None),
        )


def _anatomical(case: Case) -> Iterable[NextStep]:
    for place, standing in case.ranked:
        if standing.explained:
            continue
        fracture = place.mimic == "fracture"
        wanted = search.anatomical_choice(
            place.site,
            superficial=_is_superficial(case, place),
            fracture=fracture,
            cortical=any(s.lesion.tissue == "cortical_bone" for s in place.seen),
        )
        because = f"what was found there ({place.name}) is not explained"
        yield _imaging(case, "LOC-009", place, wanted, because)


def _is_superficial(case: Case, place: Place) -> bool:
    depth = min(
        (s.lesion.depth_mm for s in place.seen if s.lesion.depth_mm is not None), default=None
    )
    measured = search.is_superficial(depth, case.on)
    return any(r.lump for r in place.readings) if measured is None else measured


def _imaging(
    case: Case, rule: str, place: Place | None, wanted: Sequence[str], because: str
) -> NextStep:
    """Anatomical imaging with what this patient may have; what may not be had is left out."""
    patience = case.patience
    may_scan = patience.overriding("LOC-029", "pregnancy", "anatomical_imaging") is not None
    allowed = search.allowed_modalities(
        wanted, pregnant=patience.pregnant and not may_scan, mri_unsafe=patience.mri_unsafe
    )
    met = [patience.meets(modality, act="anatomical_imaging") for modality in allowed]
    left = [m for m, found in zip(allowed, met, strict=True) if not found.gates]
    warnings = {(w.rule, w.text): w for found in met if not found.gates for w in found.warnings}
    overridden = {o.rule: o for found in met for o in found.overridden}
    modalities = case.capabilities.in_order(left or allowed)
    said = case.capabilities.by_act.get(modalities[0])
    return NextStep(
        rule=rule,
        act="anatomical_imaging",
        site=place.site if place else None,
        laterality=place.side if place else None,
        modalities=modalities,
        because=because,
        cost_relative=scan_planner.cost_of(modalities[0]),
        wait_days=wait_of(said),
        distance_km=said.distance_km if said else None,
        site_of_care=said.site if said else None,
        gates=[] if left else [gate for found in met for gate in found.gates],
        warnings=list(warnings.values()),
        overridden=list(overridden.values()),
    )


def _verify_again(act: str | None, rule: str) -> list[NextStep]:
    if act != "biochemistry":
        return []
    because = "nothing at a suspected recurrence: is it one? The diagnosis is verified again first"
    missing = list(search.needed_before())
    return [NextStep(rule=rule, act="biochemistry", missing=missing, because=because)]


def _after_exam(case: Case, scan: NextStep) -> NextStep:
    """The first scan waits for the examination, which is free."""
    if not case.facts.exam_complete and scan.rule in ("LOC-003", "LOC-004"):
        scan.gates.append(Gate("LOC-002", "the examination comes first", "order"))
    return scan


def _sampling(case: Case) -> Iterable[NextStep]:
    rule = case.sampling_rule
    if rule is None:
        return
    met = case.patience.meets("venous_sampling")
    gate = looking_again.burosumab_gate(case)
    met.gates += [gate] if gate else []
    several = "several candidates compete"
    yield NextStep(
        rule=rule,
        act="venous_sampling",
        test="svs",
        because=several if rule == "LOC-011" else "removing the one candidate would be complex",
        cost_relative=scan_planner.cost_of("svs"),
        gates=met.gates,
        warnings=met.warnings,
        overridden=met.overridden,
        not_before=gate.until if gate else None,
    )


def _where_it_steps_up(case: Case) -> Iterable[NextStep]:
    """FGF23 steps up where there is no candidate: that territory is imaged (LOC-015)."""
    for measured in case.elsewhere:
        side = f"{measured.sample.side} " if measured.sample.side else ""
        because = f"FGF23 steps up in the {side}{measured.vein}, and no candidate is there"
        step = _imaging(case, "LOC-015", None, ("mri",), because)
        step.site = measured.territory_name
        step.laterality = measured.sample.side
        yield step


def _mri_of_a_focus(case: Case) -> Iterable[NextStep]:
    """A focus without correlate that no MRI has looked at (section 6, EQUIVOCAL)."""
    if case.state is not State.EQUIVOCAL:
        return
    for place, standing in case.ranked:
        readings = [*place.readings, *place.shown_by]
        looked = any(r.technique.modality == "mri" for r in readings)
        alike = place.mimic is not None
        if standing.functional and not standing.anatomical and not looked and not alike:
            because = f"a focus without correlate ({place.name}): MRI of the place"
            yield _imaging(case, "LOC-022", place, ("mri",), because)


def _whole_body_mri(case: Case, scan: NextStep | None) -> list[NextStep]:
    """Whole-body MRI: in pregnancy, or where no PET can be had, or for the young (3.5.6)."""
    pregnant = case.patience.pregnant and not (scan and scan.overridden)
    exhausted = case.state is State.NOT_LOCALIZED
    if not (pregnant or exhausted) or not case.facts.exam_complete or case.facts.places:
        return []
    if _had_whole_body_mri(case):
        return []
    no_pet = case.capabilities.status("sstr_pet_ct") == "no"
    young = search.is_young(age_of(case.request, case.on), case.on)
    if pregnant:
        rule, because = "LOC-029", "without radionuclide, CT or contrast"
    elif no_pet or young:
        rule = "SECTION-3-5"
        because = "both scans are negative, and the patient is young or PET cannot be had"
    else:
        return []
    step = _imaging(case, rule, None, ("mri", "ultrasound"), because)
    step.act = "whole_body_mri"
    return [step]


def _had_whole_body_mri(case: Case) -> bool:
    return any(
        made.how.anatomical
        and made.how.modality == "mri"
        and not field_of_view.missing_field(field_of_view.parts_covered(made.study.coverage)[0])
        for made in case.facts.studies
    )


def _by_state(case: Case, before: Sequence[NextStep]) -> list[NextStep]:
    """What each state asks for (section 6)."""
    if case.state in SEEN:
        place = case.ranked[0][0]
        because = f"multidisciplinary planning of the operation: {place.name} leads"
        return [
            NextStep(
                rule="LOC-021",
                act="surgical_planning",
                site=place.site,
                laterality=place.side,
                because=because,
            )
        ]
    if case.state is State.NOT_LOCALIZED:
        return looking_again.steps(case)
    if case.state is State.EQUIVOCAL and not before:
        return looking_again.short(case)
    return []
