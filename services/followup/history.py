"""A history as the rules read it: operations, drugs that mask, samples with their levels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from knowledge.rules import reference_intervals, remission, renal_phosphate, surveillance
from knowledge.rules.reference_intervals import Level, level_between
from knowledge.rules.remission import Exposure, Sample
from knowledge.rules.surveillance import Done, Ended, Operation
from knowledge.terms.analyte import ANALYTES, BY_LOINC, Analyte
from knowledge.terms.obligation import ObligationStatus
from knowledge.terms.observation import Observation, ReferenceRange
from knowledge.terms.person import Person, Sex, Subject
from knowledge.terms.quantity import Comparator, NotConvertible, Quantity, UnknownUnit
from services.followup import contract
from services.followup.contract import (
    DispositionOf,
    Patient,
    Performed,
    PlanRequest,
    Rejected,
    Results,
    Stated,
    Surgery,
    Therapy,
    When,
)

NOT_RESULTS = frozenset({"entered-in-error", "cancelled", "registered", "unknown"})
FGF23 = ("s_fgf23_i", "s_fgf23_c")
ALP = ("s_alp", "s_balp")
CALCIUM = ("s_ca_adj", "s_ca")


@dataclass(slots=True)
class History:
    """Everything the rules need of one request."""

    on: date
    subject: Subject
    operations: list[Operation] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    levels: dict[str, Level] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    endings: dict[tuple[str, str], Ended] = field(default_factory=dict)
    stated: list[Stated] = field(default_factory=list)
    medication_stated: bool = False
    rejected: list[Rejected] = field(default_factory=list)
    later: int = 0

    def latest(self, analytes: Sequence[str]) -> Observation | None:
        """The last result of these analytes, the first named before the others."""
        for key in analytes:
            found = [o for o in self.observations if o.analyte.key == key]
            if found:
                return found[-1]
        return None


def moment_of(event: contract.DatedEvent) -> datetime | None:
    """When was the last thing that this event tells of?"""
    match event:
        case Results():
            moments: list[When | None] = [o.taken_at for o in event.observations or ()]
        case Therapy():
            moments = [event.given_on, event.stopped_on, event.started_on]
        case Surgery() | Performed():
            moments = [event.performed_at]
        case DispositionOf() | Stated():
            moments = [event.noted_on]
    known = [
        when if isinstance(when, datetime) else datetime.combine(when, time(), UTC)
        for when in moments
        if when is not None
    ]
    return max(known, default=None)


def day_of(when: datetime | date) -> date:
    """The calendar day where it happened."""
    return when.date() if isinstance(when, datetime) else when


def history_of(request: PlanRequest, as_of: datetime) -> History:
    """What does this history say, in the words of the rules, as of this moment?"""
    on = as_of.date()
    history = History(on, _subject(request, on))
    results: list[Results] = []
    therapies: list[Therapy] = []
    for event in request.history:
        match event:
            case Surgery() if not _is_later(event.performed_at, as_of, history):
                history.operations.append(_operation(event))
            case Therapy():
                history.medication_stated = True
                therapies.append(event)
            case Results():
                results.append(event)
            case Performed() if not _is_later(event.performed_at, as_of, history):
                act = frozenset([event.act])
                history.done.append(Done(day_of(event.performed_at), act))
            case DispositionOf():
                status = _status(event.disposition)
                history.endings[event.rule, event.occurrence] = Ended(
                    day_of(event.noted_on), status
                )
            case Stated():
                history.stated.append(event)
            case _:
                pass
    therapies += _from_exposures(results, history)
    history.exposures = _exposures(therapies)
    _read_results(results, history, as_of)
    history.operations.sort(key=lambda operation: operation.day)
    history.done.sort(key=lambda done: done.day)
    return history


def _is_later(when: When, as_of: datetime, history: History) -> bool:
    """Has this not happened yet, as of the moment that is asked about? A day of grace for zones."""
    later = (day_of(when) - as_of.date()) > timedelta(days=1)
    history.later += later
    return later


def _subject(request: PlanRequest, on: date) -> Subject:
    """For whom? The patient of the plan, else whom the results name."""
    patient, profile = request.patient, request.profile
    for event in request.history:
        if isinstance(event, Results) and event.patient is not None:
            patient = _fuller(patient, event.patient)
    person = Person(Sex(patient.sex), patient.birth_date, patient.age_years)
    return Subject(on, person.sex, person.age_on(on), profile)


def _fuller(known: Patient, said: Patient) -> Patient:
    known_fields = known.model_dump(exclude_unset=True, exclude_none=True)
    return Patient.model_validate(said.model_dump(exclude_unset=True) | known_fields)


def _operation(event: Surgery) -> Operation:
    return Operation(
        day=day_of(event.performed_at),
        site=event.site,
        margin=event.margin,
        tissue=event.tissue,
        histology=event.histology,
        procedure=event.procedure,
    )


def _status(disposition: str) -> ObligationStatus:
    return ObligationStatus.DONE if disposition == "DONE" else ObligationStatus.CANCELLED


def _from_exposures(results: Iterable[Results], history: History) -> list[Therapy]:
    found = [drug for event in results for drug in event.drug_exposures or ()]
    history.medication_stated |= bool(found)
    return [
        Therapy(agent=drug.agent, started_on=drug.started_on, stopped_on=drug.stopped_on)
        for drug in found
    ]


def _exposures(therapies: Iterable[Therapy]) -> list[Exposure]:
    """Which drugs may mask a result, and until when? A stop ends what was begun before it."""
    running: dict[str, Exposure] = {}
    ended: list[Exposure] = []
    in_order = sorted(therapies, key=lambda t: day_of(_moment(t)) if _moment(t) else date.min)
    for therapy in in_order:
        kind = remission.masker(therapy.agent)
        if kind is None:
            continue
        if therapy.given_on is not None:
            ended.append(Exposure(therapy.agent, kind, therapy.given_on, therapy.given_on))
        if therapy.started_on is not None and therapy.stopped_on is None:
            running[therapy.agent] = Exposure(therapy.agent, kind, therapy.started_on, None)
        elif therapy.stopped_on is not None:
            begun = running.pop(therapy.agent, None)
            started = therapy.started_on or (begun.started if begun else None)
            ended.append(Exposure(therapy.agent, kind, started, therapy.stopped_on))
    return [*ended, *running.values()]


def _moment(therapy: Therapy) -> When:
    return therapy.given_on or therapy.stopped_on or therapy.started_on or date.min


def _read_results(results: Sequence[Results], history: History, as_of: datetime) -> None:
    newest: dict[str, contract.Observation] = {}
    for event in results:
        for sent in event.observations or ():
            known = newest.get(sent.id)
            if known is None or (sent.version or 0) >= (known.version or 0):
                newest[sent.id] = sent
    for sent in newest.values():
        if sent.status in NOT_RESULTS:
            continue
        read = _observation(sent, history)
        if read is not None and not _is_later(read.taken_at or as_of, as_of, history):
            history.observations.append(read)
    history.observations.sort(key=lambda o: o.taken_at or as_of)
    for observation in history.observations:
        history.levels[observation.id] = _level(observation, history.subject)
    by_day: dict[date, list[Observation]] = {}
    for observation in history.observations:
        by_day.setdefault(observation.day(history.on), []).append(observation)
    for day, taken in by_day.items():
        history.samples.append(_sample(day, taken, history))
        raised = {o.analyte.key for o in taken if history.levels[o.id] is Level.HIGH}
        measured = frozenset(o.analyte.key for o in taken)
        history.done.append(Done(day, measured, frozenset(raised)))


def _observation(sent: contract.Observation, history: History) -> Observation | None:
    """A believed result; what cannot be read is named and left out."""
    try:
        analyte = _analyte(sent)
        unit = analyte.read_unit(sent.unit)
        printed = Quantity(_number(sent.value), unit, _comparator(sent.comparator))
        value = analyte.to_working_unit(printed)
    except (UnknownUnit, NotConvertible, ValueError) as wrong:
        history.rejected.append(Rejected(observation=sent.id, reason=str(wrong)))
        return None
    if sent.taken_at is None:
        reason = "without its time a result has no place in a history"
        history.rejected.append(Rejected(observation=sent.id, reason=reason))
        return None
    own = sent.reference_range
    return Observation(
        id=sent.id,
        analyte=analyte,
        printed=printed,
        value=value,
        taken_at=sent.taken_at,
        fasting=sent.fasting,
        collection_id=sent.collection_id,
        reference_range=ReferenceRange(own.low, own.high) if own else None,
        assay=sent.assay,
        flags=frozenset(sent.flags),
    )


def _analyte(sent: contract.Observation) -> Analyte:
    by_key = ANALYTES.get(sent.analyte) if sent.analyte else None
    by_code = BY_LOINC.get(sent.loinc) if sent.loinc else None
    if by_key is not None and by_code is not None and by_key is not by_code:
        raise ValueError("analyte and LOINC code name different things")
    found = by_key or by_code
    if found is None:
        raise ValueError("this analyte is not known")
    return found


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("the value is no number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("the value is no number") from None
    if not number.is_finite() or number < 0:
        raise ValueError("the value cannot be")
    return number


def _comparator(given: str | None) -> Comparator | None:
    return None if given is None else Comparator(given)


def _level(observation: Observation, subject: Subject) -> Level:
    """Low, normal or high? The laboratory's interval first, then the tables, then the fallback."""
    read = reference_intervals.read(observation, subject)
    if read.level is Level.UNDETERMINED and observation.reference_range is None:
        unread = observation.analyte.key == "s_phos" and not reference_intervals.is_child(subject)
        if unread:
            low, high = surveillance.fallback_phosphate(subject.on)
            return level_between(observation.value, low.value, high.value)
    return read.level


def _sample(day: date, taken: Sequence[Observation], history: History) -> Sample:
    """What the samples of one day say together."""
    levels = history.levels
    first = min((o.taken_at for o in taken if o.taken_at), default=None)
    phosphate = [o for o in taken if o.analyte.key == "s_phos"]
    return Sample(
        at=(phosphate[-1].taken_at if phosphate else None)
        or first
        or datetime.combine(day, time()),
        phosphate=_one(phosphate, levels),
        alp=_one([o for o in taken if o.analyte.key in ALP], levels),
        fgf23=_one([o for o in taken if o.analyte.key in FGF23], levels),
        tmp_gfr=_threshold(taken, levels, history.subject),
        ids=tuple(o.id for o in taken),
    )


def _one(found: Sequence[Observation], levels: dict[str, Level]) -> Level | None:
    known = [levels[o.id] for o in found if levels[o.id] is not Level.UNDETERMINED]
    return known[-1] if known else None


def _threshold(
    taken: Sequence[Observation], levels: dict[str, Level], subject: Subject
) -> Level | None:
    """TmP/GFR of that day: as reported, else from blood and urine taken together."""
    reported = _one([o for o in taken if o.analyte.key == "tmp_gfr"], levels)
    if reported is not None:
        return reported
    by_analyte: dict[str, list[Observation]] = {}
    for observation in taken:
        by_analyte.setdefault(observation.analyte.key, []).append(observation)
    interval = reference_intervals.interval_for("tmp_gfr", subject)
    for pair in renal_phosphate.pairs(by_analyte, subject.on):
        handling = renal_phosphate.handling_of(pair, subject)
        if handling is not None and handling.threshold is not None and interval is not None:
            return level_between(handling.threshold, interval.low, interval.high)
    return None
