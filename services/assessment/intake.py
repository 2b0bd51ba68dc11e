"""What was sent, as rules can use it: believed results, exposures, the person, refusals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from knowledge.rules import validity
from knowledge.rules.exposures import Drug, Infusion, drug_named
from knowledge.rules.fgf23 import assay_named
from knowledge.rules.genetics import GeneResult
from knowledge.site import SiteInUse
from knowledge.terms.analyte import ANALYTES, BY_LOINC, Analyte
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.observation import ReferenceRange
from knowledge.terms.person import Person, Profile, Sex, Subject
from knowledge.terms.quantity import NotConvertible, Quantity, UnknownUnit
from services.assessment.contract import (
    DrugExposure,
    EvaluateRequest,
    Facts,
    FactsStored,
    Findings,
    Observation,
    Rejected,
    Status,
)

NOT_A_RESULT = frozenset({Status.CANCELLED, Status.ENTERED_IN_ERROR, Status.REGISTERED})
NOT_FINAL = frozenset({Status.PRELIMINARY, Status.UNKNOWN})
FGF23 = ("s_fgf23_i", "s_fgf23_c")
REFUSED = "V-01"
UNKNOWN_DRUG = "unknown_drug"
NO_FINDINGS = Findings()
NO_FLAGS: frozenset[str] = frozenset()
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class NotUsable(Exception):
    """This value may not be used, by which rule and why."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule, self.reason = rule, reason


@dataclass(slots=True)
class Case:
    """Everything believed about one person, and everything refused."""

    subject: Subject
    findings: Findings
    by_analyte: dict[str, list[Measured]] = field(default_factory=dict)
    drugs: list[Drug] = field(default_factory=list)
    unknown_drugs: list[str] = field(default_factory=list)
    infusions: list[Infusion] = field(default_factory=list)
    genes: list[GeneResult] = field(default_factory=list)
    acute_contexts: tuple[str, ...] = ()
    rejected: list[Rejected] = field(default_factory=list)
    rejected_analytes: set[str] = field(default_factory=set)
    caveats: list[str] = field(default_factory=list)
    history_asked: bool = False

    @property
    def acute(self) -> bool:
        """Was an acute illness told, now or in these weeks?"""
        return bool(self.acute_contexts)

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


def read_case(request: EvaluateRequest, as_of: datetime, site: SiteInUse | None = None) -> Case:
    """What do we believe of what was sent?"""
    findings = request.findings or NO_FINDINGS
    case = Case(_subject(request, findings, as_of.date(), site), findings)
    for sent in _newest_versions(request.observations):
        try:
            measured = believe(sent, as_of)
        except NotUsable as refusal:
            case.rejected.append(Rejected(sent.id, refusal.rule, refusal.reason))
            analyte = _named(sent)
            if analyte is not None:
                case.rejected_analytes.add(analyte.key)
            continue
        case.by_analyte.setdefault(measured.analyte.key, []).append(measured)
        _note(case, sent, measured)
    for results in case.by_analyte.values():
        if len(results) > 1:
            results.sort(key=_moment)
    _read_exposures(case, request)
    return case


def believe(sent: Observation, as_of: datetime) -> Measured:
    """This result in the working unit. NotUsable for what nobody can have, or cannot be read."""
    analyte = _analyte_of(sent)
    if sent.value is None:
        raise NotUsable(REFUSED, f"{analyte.name} has no value; send the number and its unit")
    unit = sent.unit
    if unit not in analyte.factors:
        try:
            unit = analyte.read_unit(unit)
        except (UnknownUnit, NotConvertible) as unreadable:
            raise NotUsable(REFUSED, f"{unreadable}; please send it with its unit") from None
    assert unit is not None
    if sent.taken_at is not None and sent.taken_at > as_of:
        raise NotUsable(REFUSED, "taken in the future; please check the time")
    if analyte.key in FGF23 and validity.WRONG_TUBE in sent.flags:
        raise NotUsable("V-11", "wrong tube for the assay; please draw it again")
    printed = Quantity(sent.value, unit, sent.comparator)
    value = analyte.to_working_unit(printed)
    wrong = validity.impossible(analyte, value)
    if wrong is not None:
        raise NotUsable(REFUSED, f"{analyte.name} is {wrong}; please check number and unit")
    own = sent.reference_range
    return Measured(
        sent.id,
        analyte,
        printed,
        value,
        sent.taken_at,
        sent.fasting,
        sent.collection_id,
        _own_range(own.low, own.high) if own is not None else None,
        sent.assay,
        frozenset(sent.flags) if sent.flags else NO_FLAGS,
        sent.unit or unit,
    )


def _own_range(low: Decimal | None, high: Decimal | None) -> ReferenceRange | None:
    """The laboratory's interval, unless it cannot be one."""
    if low is None and high is None:
        return None
    if low is not None and high is not None and low >= high:
        return None
    return ReferenceRange(low, high)


def _named(sent: Observation) -> Analyte | None:
    if sent.analyte is not None:
        return ANALYTES.get(sent.analyte)
    return BY_LOINC.get(sent.loinc or "")


def _analyte_of(sent: Observation) -> Analyte:
    analyte = _named(sent)
    if analyte is not None and sent.loinc is None:
        return analyte
    if analyte is None:
        named = sent.analyte or sent.loinc
        raise NotUsable(
            REFUSED,
            "neither analyte nor LOINC code says what was measured"
            if named is None
            else "this analyte or LOINC code is not known; please name it by the analyte table",
        )
    if sent.analyte is not None and sent.loinc is not None:
        coded = BY_LOINC.get(sent.loinc)
        if coded is not analyte:
            meant = "is not known" if coded is None else f"means {coded.name}"
            raise NotUsable(REFUSED, f"the LOINC code {meant}, the analyte says {analyte.name}")
    return analyte


def _newest_versions(sent: Sequence[Observation]) -> Iterable[Observation]:
    """Each result once, in its latest version; what is no result, or no longer one, is left out."""
    newest: dict[str, Observation] = {}
    for observation in sent:
        known = newest.get(observation.id)
        if known is None or observation.version >= known.version:
            newest[observation.id] = observation
    return [one for one in newest.values() if one.status not in NOT_A_RESULT]


def _moment(observation: Measured) -> float:
    """Samples whose time is not known count as the newest."""
    return float("inf") if observation.taken_at is None else observation.taken_at.timestamp()


def _note(case: Case, sent: Observation, measured: Measured) -> None:
    key = measured.analyte.key
    if sent.status in NOT_FINAL:
        case.caveats.append("preliminary")
    if sent.taken_at is None:
        case.caveats.append("time_unknown")
    if validity.unusual(measured):
        case.caveats.append(
            "dilute_urine" if key == "u_creat" and _is_dilute(measured) else "soft_limit"
        )
    if key == "s_phos" and measured.fasting is not True:
        case.caveats.append("fasting_unknown" if measured.fasting is None else "not_fasting")
    if sent.flags and validity.hides_low_phosphate(measured):
        case.caveats.append("haemolysed_or_late")
    if key == "s_fgf23_i" and assay_named(measured.assay) is None:
        case.caveats.append("assay_unknown")


def _is_dilute(measured: Measured) -> bool:
    low, _ = validity.SOFT["u_creat"]
    return low is not None and measured.value.value < low


def _subject(
    request: EvaluateRequest, findings: Findings, on: date, site: SiteInUse | None
) -> Subject:
    patient, profile = request.patient, _profile(request, site)
    if patient is None:
        return Subject(on, findings.sex or Sex.UNKNOWN, findings.age_y, profile, site)
    person = Person(patient.sex, patient.birth_date, patient.age_years)
    age = person.age_on(on)
    if age is not None and age < 0:
        age = None  # born after the moment of assessment: nobody knows
    sex = patient.sex
    if sex is Sex.UNKNOWN and findings.sex is not None:
        sex = findings.sex
    return Subject(on, sex, findings.age_y if age is None else age, profile, site)


def _profile(request: EvaluateRequest, site: SiteInUse | None) -> Profile:
    """Whose fallback intervals count: those asked for, else the site's, else everybody's."""
    if site is None or "profile" in request.model_fields_set:
        return request.profile
    return site.profile() or request.profile


def _read_exposures(case: Case, request: EvaluateRequest) -> None:
    asked: list[Any] = [request.drug_exposures, request.iv_iron, request.findings]
    case.history_asked = any(one is not None for one in asked)
    case.drugs = [_drug(case, exposure) for exposure in request.drug_exposures or ()]
    case.infusions = [Infusion(i.product, i.given_on) for i in request.iv_iron or ()]
    case.genes = [GeneResult(g.gene, g.result) for g in request.genetics or ()]
    case.acute_contexts = tuple(request.acute_context or ())


def _drug(case: Case, exposure: DrugExposure) -> Drug:
    known = drug_named(exposure.agent)
    if known is None:
        case.caveats.append(UNKNOWN_DRUG)
        case.unknown_drugs.append(exposure.agent)
        return Drug(None, (), exposure.started_on, exposure.stopped_on)
    return Drug(known[0], known[1], exposure.started_on, exposure.stopped_on)


def check_facts(facts: Facts) -> FactsStored:
    """Which of these results will be used, and which not and why? As they stand, whenever asked."""
    stored = FactsStored()
    for sent in _newest_versions(facts.observations):
        try:
            believe(sent, sent.taken_at or END_OF_TIME)
            stored.accepted.append(sent.id)
        except NotUsable as refusal:
            stored.rejected.append(Rejected(sent.id, refusal.rule, refusal.reason))
    return stored
