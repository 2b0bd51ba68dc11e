"""What comes next in the search, best first, with what it may yield, costs, and what forbids it."""

from collections.abc import Sequence

from knowledge.rules import imaging, scan_yield
from services.localization.contract import Available, ExpectedYield, Gate, NextStep, PlanRequest
from services.localization.readings import Facts, Ranked

SCANS = {"sstr_pet": ("sstr", "pet"), "sstr_spect": ("sstr", "spect"), "fdg": ("fdg", "pet")}
VENOUS_SAMPLING = frozenset({"svs", "venous_sampling", "selective_venous_sampling"})


def next_steps(request: PlanRequest, facts: Facts, ranked: Ranked) -> list[NextStep]:
    """What is to be done next? The examination first, then what is missing, then what is new."""
    if request.biochemistry_confirmed is False:
        return [
            NextStep(
                rule="LOC-001",
                act="biochemistry",
                missing=list(imaging.needed_before()),
                because="the biochemical diagnosis is not confirmed",
            )
        ]
    steps = [*_examination(facts), *_missing_fields(facts), *_anatomical(request, ranked)]
    steps += [*_next_scan(request, facts), *_instead_of_radiation(request, facts)]
    if _explained(ranked) and imaging.sampling_indicated([s for _, s in ranked], facts.on):
        because = "several candidates compete"
        steps.append(NextStep(rule="LOC-011", act="venous_sampling", because=because))
    return [_gated(request, facts, step) for step in steps]


def scans_done(facts: Facts) -> dict[str, str]:
    """How far each functional scan is: none, inadequate, negative or positive."""
    done = {}
    for name, kind in SCANS.items():
        scan = facts.scan(*kind)
        done[name] = scan.status if scan else "none"
    return done


def available(request: PlanRequest, act: str) -> str:
    """Can this scan be had? yes, no or unknown."""
    said = _availability(request, act)
    if said is None:
        return "unknown"
    return "yes" if said.available else "no"


def negative_tests(facts: Facts) -> list[str]:
    """Which adequate tests have found nothing, in the order in which they are done?"""
    tests = []
    if facts.exam_complete and not any(r.lump for p in facts.places for r in p.readings):
        tests.append("exam")
    tests += [s.technique.test or "" for s in facts.scans if s.status == "negative"]
    return tests


def _availability(request: PlanRequest, act: str) -> Available | None:
    for name, said in request.availability.items():
        how = imaging.technique(name, None) or imaging.technique("pet_ct", name)
        if name == act or (how is not None and how.act == act):
            return said
    return None


def _examination(facts: Facts) -> list[NextStep]:
    if facts.exam_complete:
        return []
    return [
        NextStep(
            rule="LOC-002",
            act="examination",
            missing=list(facts.exam_missing),
            because="the examination from head to toe is not complete",
        )
    ]


def _missing_fields(facts: Facts) -> list[NextStep]:
    steps = []
    done = scans_done(facts)
    for name, kind in SCANS.items():
        scan = facts.scan(*kind)
        if scan is None or done[name] != "inadequate":
            continue
        if name == "sstr_spect" and done["sstr_pet"] in ("negative", "positive"):
            continue
        steps.append(
            NextStep(
                rule="LOC-008",
                act="missing_field",
                modalities=[scan.technique.act or ""],
                missing=list(scan.missing),
                because="the scan does not cover vertex to toes with both arms",
            )
        )
    return steps


def _anatomical(request: PlanRequest, ranked: Ranked) -> list[NextStep]:
    steps = []
    for place, standing in ranked:
        if standing.explained:
            continue
        modalities = imaging.anatomical_choice(
            place.site,
            superficial=any(reading.lump for reading in place.readings),
            fracture=place.mimic == "fracture",
        )
        steps.append(
            NextStep(
                rule="LOC-009",
                act="anatomical_imaging",
                site=place.site,
                laterality=place.side,
                modalities=_allowed(request, modalities),
                because=f"what was found there ({place.name}) is not explained",
            )
        )
    return steps


def _allowed(request: PlanRequest, modalities: Sequence[str]) -> list[str]:
    """Without radiation in pregnancy; without MRI beside a device it would harm."""
    allowed = list(modalities)
    if request.constraints.pregnancy:
        allowed = [m for m in allowed if not imaging.is_ionising(m)] or ["ultrasound", "mri"]
    if request.constraints.mri_unsafe_implant:
        allowed = [m for m in allowed if m != "mri"] or ["ct", "ultrasound"]
    return allowed


def _next_scan(request: PlanRequest, facts: Facts) -> list[NextStep]:
    act, rule = imaging.next_scan(
        scans_done(facts),
        {
            "pet_available": available(request, "sstr_pet_ct"),
            "spect_available": available(request, "sstr_spect_ct"),
        },
    )
    if act is None:
        return []
    said = _availability(request, act)
    expected = scan_yield.expected_yield(act, negative_tests(facts), facts.on)
    return [
        NextStep(
            rule=rule.id,
            act=act,
            because=f"{rule.condition}: {rule.conclusion}",
            expected_yield=ExpectedYield(
                expected=expected.expected,
                low=expected.low,
                high=expected.high,
                about=expected.about,
            )
            if expected and not facts.places
            else None,
            dose_msv=scan_yield.usual_dose(act),
            wait_days=said.wait_days if said else None,
        )
    ]


def _instead_of_radiation(request: PlanRequest, facts: Facts) -> list[NextStep]:
    """What may be offered in pregnancy, when the scan that would be next may not?"""
    if not request.constraints.pregnancy or not facts.exam_complete or facts.places:
        return []
    modalities = _allowed(request, ("mri", "ultrasound"))
    because = "without radionuclide, CT or contrast"
    return [NextStep(rule="LOC-029", act="whole_body_mri", modalities=modalities, because=because)]


def _gated(request: PlanRequest, facts: Facts, step: NextStep) -> NextStep:
    """What forbids this step now?"""
    gates = []
    is_functional = step.act.endswith("_ct") or step.act == "missing_field"
    if request.constraints.pregnancy and is_functional:
        gates.append(Gate(rule="LOC-029", reason="pregnancy: no radionuclide and no CT"))
    if not facts.exam_complete and step.rule in ("LOC-003", "LOC-004"):
        gates.append(Gate(rule="LOC-002", reason="the examination comes first"))
    return step.model_copy(update={"gates": gates}) if gates else step


def _explained(ranked: Ranked) -> bool:
    return all(standing.explained for _, standing in ranked)
