"""What was sent, as rules can use it: believed results, exposures, the person, refusals."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import Any

from knowledge.rules import preanalytics, unit_questions, validity
from knowledge.rules.exposures import Drug, Infusion, drug_named, iron_named
from knowledge.rules.fgf23 import KEYS as FGF23
from knowledge.rules.fgf23 import assay_named, tube_problem
from knowledge.rules.genetics import GeneResult
from knowledge.rules.reference_intervals import is_child
from knowledge.site import SiteInUse
from knowledge.terms.analyte import BY_LOINC
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.person import Subject
from services.assessment.believing import (
    REFUSED,
    Believer,
    NotUsable,
    believe,
    is_inverted,
    named,
    standing,
    twice,
)
from services.assessment.contract import (
    DrugExposure,
    EvaluateRequest,
    Facts,
    FactsStored,
    Findings,
    Observation,
    Rejected,
    Status,
    UsedInput,
)
from services.assessment.person import Who, who_is_it

NOT_FINAL = frozenset({Status.PRELIMINARY, Status.UNKNOWN})
UNKNOWN_DRUG = "unknown_drug"
UNIT_QUESTIONED = "unit_questioned"
FINAL, FINAL_STATUS = "final", Status.FINAL
ID = attrgetter("observation")
NOTHING_TO_SAY = validity.NOTHING_TO_SAY
LOOKED_AT = preanalytics.WATCHED
"""Analytes with questions of their own about how they were drawn."""
DISTURBED_BY_ILLNESS = ("s_phos", "u_phos", "u_phos_24h", "trp", "fepo4", "tmp_gfr", *sorted(FGF23))
"""What says nothing when it was drawn in an acute illness (V-07, PA-07)."""
NO_FINDINGS = Findings()
NOBODY = Who(Subject(date.min))
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Case:
    """Everything believed about one person, and everything refused."""

    subject: Subject
    findings: Findings
    who: Who = NOBODY
    by_analyte: dict[str, list[Measured]] = field(default_factory=dict)
    inputs: list[UsedInput] = field(default_factory=list)
    drugs: list[Drug] = field(default_factory=list)
    unknown_drugs: list[str] = field(default_factory=list)
    infusions: list[Infusion] = field(default_factory=list)
    genes: list[GeneResult] = field(default_factory=list)
    acute_contexts: tuple[str, ...] = ()
    rejected: list[Rejected] = field(default_factory=list)
    rejected_analytes: set[str] = field(default_factory=set)
    caveats: list[str] = field(default_factory=list)
    fired: dict[tuple[str, str], None] = field(default_factory=dict)
    """Rules about the data themselves: what applied while they were read."""
    questions: dict[str, list[str]] = field(default_factory=dict)
    """To what a caveat refers, by its code: named in its text."""
    questioned: set[str] = field(default_factory=set)
    """Results whose unit is asked back, or that are not final: evidence of nothing normal."""
    history_asked: bool = False
    history_told: bool = False
    drugs_asked: bool = False
    saw_younger: bool = False
    """Was any of the results drawn when the person was younger?"""
    younger: dict[date, Subject] = field(default_factory=dict)
    """The person as old as on earlier days, as far as somebody asked."""

    @property
    def treatment_stated(self) -> bool:
        """Did somebody say which drugs are taken, none or such as we know?"""
        return self.drugs_asked and len(self.unknown_drugs) < max(len(self.drugs), 1)

    @property
    def acute(self) -> bool:
        """Did an acute illness that was told touch any of what it can disturb (V-07)?

        Where nothing of that was drawn: is it going on, or just over?
        """
        if not self.acute_contexts:
            return False
        on, drawn = self.subject.on, self.by_analyte
        days = {one.day(on) for key in DISTURBED_BY_ILLNESS for one in drawn.get(key, ())}
        return any(self.acute_on(day) for day in days or {on})

    def acute_on(self, day: date) -> bool:
        """Did an acute illness, or its aftermath, touch what was drawn on this day (V-07)?

        Without its days, all that was drawn counts as touched.
        """
        if not self.acute_contexts:
            return False
        since, until = self.findings.acute_since, self.findings.acute_until
        if since is not None and day < since:
            return False
        return until is None or day <= until + timedelta(days=validity.acute_aftermath(day))

    def newest(self, key: str) -> Measured | None:
        """The last result of this analyte, if there is one."""
        results = self.by_analyte.get(key)
        return results[-1] if results else None

    def was_younger(self, result: Measured) -> bool:
        """Was the person younger on the day on which this was drawn?"""
        taken = result.taken_at
        return taken is not None and taken.date() < self.who.same_age_since

    def subject_for(self, result: Measured) -> Subject:
        """The person as old as on the day on which this was drawn."""
        day = result.day(self.subject.on)
        known = self.younger.get(day)
        if known is None:
            known = self.younger[day] = self.who.on(day, self.subject)
        return known

    def ask(self, code: str, about: str) -> None:
        """Bear this in mind, and say to what it refers."""
        self.caveats.append(code)
        self.questions.setdefault(code, []).append(about)

    def doubt_unit(self, result: Measured, other: str) -> None:
        """This number would be usual in another unit: ask, change nothing (feature 70)."""
        self.questioned.add(result.id)
        number = f"{result.printed.value.normalize():f}"
        self.ask(
            UNIT_QUESTIONED,
            f"{result.analyte.name} {number} {result.spelling} "
            f"(was it {number} {unit_questions.in_words(other)}?)",
        )


def read_case(request: EvaluateRequest, as_of: datetime, site: SiteInUse | None = None) -> Case:
    """What do we believe of what was sent?"""
    findings = request.findings or NO_FINDINGS
    who = who_is_it(request, findings, as_of.date(), site)
    case = Case(who.subject, findings, who)
    case.caveats += who.caveats
    child = is_child(who.subject)
    by = Believer(as_of, who.born, None if child is None else not child, who.same_age_since)
    results, torn = standing(request.observations)
    for one, reason in twice(torn) if torn else ():
        _refuse(case, one, REFUSED, reason)
    by_analyte, inputs = case.by_analyte, case.inputs
    for sent in results:
        try:
            measured = believe(sent, by)
        except NotUsable as refusal:
            _refuse(case, sent, refusal.rule, refusal.reason)
            continue
        key, status = measured.analyte.key, sent.status
        listed = by_analyte.get(key)
        if listed is None:
            by_analyte[key] = [measured]
        else:
            listed.append(measured)
        word = FINAL if status is FINAL_STATUS else str(status.value)
        inputs.append(UsedInput(sent.id, sent.version, word))
        low, high = NOTHING_TO_SAY[key]
        if (
            key in LOOKED_AT
            or status is not FINAL_STATUS
            or sent.taken_at is None
            or sent.reference_range is not None
            or sent.loinc is not None
            or not low <= measured.value.value <= high
        ):
            _note(case, sent, measured, child)
    for listed in case.by_analyte.values():
        if len(listed) > 1:
            listed.sort(key=_moment)
    case.saw_younger = by.saw_younger
    inputs.sort(key=ID)
    case.rejected.sort(key=ID)
    _read_exposures(case, request)
    return case


def _moment(observation: Measured) -> tuple[timedelta, str]:
    """Samples whose time is not known count as the newest; the id settles what time does not."""
    moment = observation.moment
    return timedelta.max if moment is None else moment, observation.id


def _refuse(case: Case, sent: Observation, rule: str, reason: str) -> None:
    case.rejected.append(Rejected(sent.id, rule, reason))
    case.fired[rule, "REJECTED"] = None
    analyte = named(sent)
    if analyte is not None:
        case.rejected_analytes.add(analyte.key)


def _note(case: Case, sent: Observation, measured: Measured, child: bool | None) -> None:
    key, analyte = measured.analyte.key, measured.analyte
    if sent.status in NOT_FINAL:
        case.caveats.append("preliminary")
        case.questioned.add(measured.id)
    if sent.taken_at is None:
        case.caveats.append("time_unknown")
    if sent.reference_range is not None and is_inverted(sent.reference_range):
        case.ask("range_ignored", analyte.name)
    if sent.loinc is not None and sent.loinc not in BY_LOINC:
        case.ask("loinc_unknown", f"{analyte.name}, {sent.loinc}")
    if sent.loinc is not None and analyte.contradicts(sent.loinc, measured.printed.unit):
        case.ask("loinc_unit_differs", f"{analyte.name}, {sent.loinc} beside {sent.unit}")
        case.questioned.add(measured.id)
    if validity.unusual(measured, child):
        _note_unusual(case, measured)
    if key == "s_phos":
        if measured.fasting is not True:
            case.caveats.append("fasting_unknown" if measured.fasting is None else "not_fasting")
            case.fired["V-03", "ONLY_IF_LOW"] = None
        if sent.flags and validity.hides_low_phosphate(measured):
            case.caveats.append("haemolysed_or_late")
            case.fired["V-04", "NO_EVIDENCE_OF_NORMALITY"] = None
            case.fired["PA-05", "NO_EVIDENCE_OF_NORMALITY"] = None
    if key in preanalytics.WATCHED:
        for rule, code in preanalytics.faults(measured, child, case.subject.on):
            case.caveats.append(code)
            case.fired[rule, "REPEAT"] = None
    if key in FGF23:
        _note_assay(case, measured, key)


def _note_unusual(case: Case, measured: Measured) -> None:
    if measured.analyte.key == "u_creat" and validity.too_dilute(measured):
        case.caveats.append("dilute_urine")
    else:
        case.ask("soft_limit", measured.analyte.name)
    if measured.analyte.key in FGF23:
        case.caveats.append("fgf23_very_high")
    usual = unit_questions.usual_in(measured.analyte, measured.printed)
    if usual is not None:
        case.doubt_unit(measured, usual)


def _note_assay(case: Case, measured: Measured, key: str) -> None:
    assay = assay_named(measured.assay)
    if assay is None:
        if key == "s_fgf23_i":
            case.caveats.append("assay_unknown")
            case.fired["V-10", "INTERVAL_ONLY"] = None
    elif tube_problem(assay, measured.specimen) == "unknown":
        case.caveats.append("tube_unknown")


def _read_exposures(case: Case, request: EvaluateRequest) -> None:
    asked: list[Any] = [request.drug_exposures, request.iv_iron, request.findings]
    case.history_asked = any(one is not None for one in asked)
    case.history_told = None not in (*asked, request.acute_context)
    case.drugs_asked = request.drug_exposures is not None
    case.infusions = [Infusion(i.product, i.given_on) for i in request.iv_iron or ()]
    for exposure in request.drug_exposures or ():
        iron = iron_named(exposure.agent)
        if iron is None:
            case.drugs.append(_drug(case, exposure))
        else:
            case.infusions.append(Infusion(iron, exposure.stopped_on or exposure.started_on))
    case.genes = [GeneResult(g.gene, g.result) for g in request.genetics or ()]
    case.acute_contexts = tuple(request.acute_context or ())
    if case.acute and case.findings.acute_until is None:
        case.caveats.append("acute_context_undated")


def _drug(case: Case, exposure: DrugExposure) -> Drug:
    known = drug_named(exposure.agent)
    started, stopped = exposure.started_on, exposure.stopped_on
    if started is not None and stopped is not None and stopped < started:
        # One of the two is wrong, so neither may clear the drug of any sample.
        case.ask("drug_dates", exposure.agent)
        started = stopped = None
    if known is None:
        case.caveats.append(UNKNOWN_DRUG)
        case.unknown_drugs.append(exposure.agent)
        return Drug(None, (), started, stopped)
    return Drug(known[0], known[1], started, stopped)


def check_facts(facts: Facts) -> FactsStored:
    """Which of these results will be used, and which not and why? As they stand, whenever asked."""
    stored = FactsStored()
    results, torn = standing(facts.observations)
    stored.rejected += [Rejected(one.id, REFUSED, reason) for one, reason in twice(torn)]
    for sent in results:
        try:
            believe(sent, Believer(sent.taken_at or END_OF_TIME))
            stored.accepted.append(sent.id)
        except NotUsable as refusal:
            stored.rejected.append(Rejected(sent.id, refusal.rule, refusal.reason))
    return stored
