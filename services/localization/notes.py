"""What to keep in mind when reading the answer, and which rules spoke."""

from collections.abc import Iterable
from functools import cache
from itertools import chain

from knowledge.rows import Rule
from knowledge.rules import (
    biopsy,
    breast_feeding,
    candidates,
    imaging,
    re_look,
    scan_safety,
    search,
    somatostatin_analogues,
    venous_sampling,
)
from knowledge.rules.search import State
from knowledge.shelf import signed_rules
from services.localization.agreeing import Word, contradiction
from services.localization.answer import Caveat, FiredRule, Plan, Requested, ScanCoverage
from services.localization.case import ADEQUATE, Case
from services.localization.circumstances import low_confidence

ASKED = (
    *(imaging, candidates, search, venous_sampling, biopsy, scan_safety),
    *(breast_feeding, somatostatin_analogues, re_look),
)
RULES: dict[str, Rule] = dict(chain.from_iterable(module.TABLE.rules.items() for module in ASKED))
"""Every rule of the search for the tumor."""

DOSE_ESTIMATED = Caveat(
    "dose_estimated", "an activity that was not stated is replaced by the usual one"
)
FIBROUS_DYSPLASIA = "fibrous_dysplasia"


def caveats(case: Case, coverage: Iterable[ScanCoverage]) -> list[Caveat]:
    """What is to be kept in mind? A caveat named for a rule says that the rule spoke."""
    found = [Caveat(*note) for note in _plain_notes(case)]
    for scan in case.facts.scans:
        if scan.missing:
            text = f"not a whole-body scan; missing: {', '.join(scan.missing)}"
            found.append(Caveat("field_of_view", text))
    for said in coverage:
        if said.confidence in RULES:
            text = "a negative SSTR scan of low confidence: glucocorticoid or analogue on board"
            found.append(Caveat(said.confidence, text))
    if case.facts.places or case.facts.refuted:
        found += [Caveat(*note) for note in _about_candidates(case)]
    if case.sessions or case.request.fgf23:
        found += [Caveat(*note) for note in _about_blood(case)]
    return found


def _plain_notes(case: Case) -> Iterable[tuple[str, str]]:
    request = case.request
    if case.ranked:
        yield "ranking_aid", "the score is a ranking aid that nobody has validated, not a diagnosis"
    if case.later.entries:
        text = f"{case.later.entries} entries are dated after the day that was asked about"
        yield "after_as_of", text
    if request.biochemistry_confirmed is None:
        text = "whether the biochemical diagnosis is confirmed was not said"
        yield "biochemistry_not_stated", text
    if case.patience.mri_unsafe:
        text = "a device is unsafe for MRI: CT or ultrasound instead, until it has been checked"
        yield "LOC-035", text
    if case.patience.pregnant:
        text = "radiation is held back; treatment of the low phosphate goes on meanwhile"
        yield "LOC-029", text
    for name in case.capabilities.unknown:
        yield "unknown_availability", f"{name!r} is no test and no modality of the tables"
    without_pet = case.capabilities.status("sstr_pet_ct") == "no"
    if without_pet and case.done["sstr_pet"] not in ADEQUATE:
        yield "LOC-004", "SSTR PET is not available here: the clock for access to it starts now"
    if request.constraints.breast_feeding:
        yield "LOC-030", "breast-feeding: what each tracer asks for is listed"
    if request.links and (
        against := contradiction(Word("", link.a, link.b, link.same) for link in request.links)
    ):
        pairs = "; ".join(f"{word.a}, {word.b}" for word in against)
        yield "contradicting_links", f"what was said of these cannot all be so: {pairs}"
    for said in request.overrides:
        known = said.gate in RULES or said.gate in scan_safety.TABLE.entries["holds"]
        if not known:
            yield "unknown_gate", f"there is no gate {said.gate!r} to go past"
        elif not _may_be_overridden(said.gate):
            yield "override_refused", f"{said.gate} cannot be overridden, only lifted"
        elif said.by is None:
            yield "override_refused", f"nobody is named who goes past {said.gate}"
    glucose = request.constraints.glucose
    if glucose is not None and case.patience.circumstances.glucose_mmol_per_l is None:
        yield "unknown_unit", "the unit of the glucose is not known, so it was not used"


def _may_be_overridden(gate: str) -> bool:
    holds = scan_safety.TABLE.entries["holds"].values()
    open_ = {n for row in holds if row.fields["overridable"] for n in (row.key, row.fields["rule"])}
    return gate in open_ | {"LOC-030", "breast_feeding"}


def _about_candidates(case: Case) -> Iterable[tuple[str, str]]:
    if case.facts.refuted:
        text = "removed, and the blood stayed as it was: refuted; a fresh whole-body scan is due"
        yield "LOC-026", text
    for place, standing in case.ranked:
        if place.mimic == "fracture":
            text = f"{place.name} overlies a fracture or Looser zone: CT or MRI"
            yield "LOC-010", text
        for point in standing.points:
            if point.rule in RULES and not RULES[point.rule].internal and point.item != "fracture":
                yield point.rule, f"{place.name}: {point.text}"
        if candidates.needs_referral(place.mimic):
            yield "refer", f"{place.name}: {place.mimic} needs a work-up of its own"
    mimics = {place.mimic for place, _ in case.ranked}
    if mimics == {FIBROUS_DYSPLASIA} and case.state is State.EQUIVOCAL:
        yield "LOC-038", "fibrous dysplasia and nothing else: it stays a candidate"
    yield from _sides(case)


def _sides(case: Case) -> Iterable[tuple[str, str]]:
    """One reader says the side and another does not: only a person can say that they are one."""
    sided = {place.site for place, _ in case.ranked if place.side}
    for place, _ in case.ranked:
        if place.side is None and place.site in sided:
            yield (
                "side_not_stated",
                f"{place.name}: a finding without a side may be one with a side",
            )


def _about_blood(case: Case) -> Iterable[tuple[str, str]]:
    for session in case.sessions:
        if not session.interpretable:
            burosumab = "burosumab" in (session.because or "")
            yield ("LOC-017" if burosumab else "sampling_not_readable"), session.because or ""
    for measured in case.elsewhere:
        text = f"FGF23 steps up in the {measured.vein}, and no candidate is there"
        yield "LOC-015", text
    readable = [s for s in case.sessions if s.interpretable]
    if readable and not any(m.steps_up for s in readable for m in s.measured):
        yield "LOC-016", "FGF23 steps up in no vein: it lowers, and does not exclude"
    for result in case.request.fgf23:
        if result.upper_limit and search.is_mildly_raised(
            result.value / result.upper_limit, case.on
        ):
            yield "LOC-037", "FGF23 is only mildly raised: the scans keep their priority"


def against(requested: Iterable[Requested]) -> list[Caveat]:
    """What is warned against, of what was asked for?"""
    refused = ("not_indicated", "research")
    return [
        Caveat(asked.rule, asked.because)
        for asked in requested
        if asked.verdict in refused and asked.rule is not None
    ]


def coverage(case: Case) -> list[ScanCoverage]:
    """What did the scans with each test cover, and how far is a negative one to be believed?"""
    return [
        ScanCoverage(
            study=scan.study,
            act=scan.technique.act or "",
            status=scan.status,
            missing=list(scan.missing),
            confidence=(
                low_confidence(case.request, scan.technique.target, scan.on)
                if not scan.positive
                else None
            )
            or "usual",
        )
        for scan in case.facts.scans
    ]


def fired(case: Case, plan: Plan) -> list[FiredRule]:
    """Which rules spoke, once each, and where do they stand?"""
    ids: list[str | None] = []
    for step in plan.next_steps:
        ids += [step.rule, *[gate.rule for gate in step.gates]]
        ids += [warned.rule for warned in step.warnings]
        ids += [past.rule for past in step.overridden]
    ids.append(case.rule)
    for asked in plan.requested:
        ids += [asked.rule, *[warned.rule for warned in asked.warnings]]
    ids += [said.rule for said in plan.fgf23]
    ids += [c.biopsy.rule for c in plan.candidates if c.biopsy]
    ids += plan.re_look.rules if plan.re_look else []
    ids += [caveat.code for caveat in plan.caveats]
    return [said for id in dict.fromkeys(ids) if id and (said := _fired(id)) is not None]


@cache
def _fired(id: str) -> FiredRule | None:
    """How a rule is shown. None: no rule of the specification goes by this id."""
    rule = RULES.get(id)
    if rule is None or rule.internal:
        return None
    return FiredRule(
        id=rule.id,
        conclusion=rule.conclusion,
        strength=rule.strength,
        sources=list(rule.sources),
        read_status=str(rule.read_status),
        signed_off=rule.id in signed_rules(),
    )
