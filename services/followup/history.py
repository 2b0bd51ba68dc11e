"""A history as the rules read it: operations, drugs that mask, samples with their levels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from knowledge.rules import remission, search, treatment_choice
from knowledge.rules.masking import Masks
from knowledge.rules.reference_intervals import Level
from knowledge.rules.remission import Exposure, Sample
from knowledge.rules.surveillance import Operation
from knowledge.rules.surveillance_calendar import Done, Ended
from knowledge.terms.obligation import ObligationStatus
from knowledge.terms.observation import Observation
from knowledge.terms.person import Person, Sex, Subject
from knowledge.terms.sent import When
from services.followup import contract, scans
from services.followup.by_analyte import ByAnalyte
from services.followup.by_kind import ByKind
from services.followup.contract import (
    DispositionOf,
    Examined,
    MeasureTaken,
    Opinion,
    Patient,
    Performed,
    Planned,
    PlanRequest,
    Rejected,
    Results,
    Scanned,
    Stated,
    Surgery,
    Symptoms,
    Therapy,
)
from services.followup.doubts import doubts_of
from services.followup.levels import Ruler
from services.followup.reports import NOT_RESULTS, SENT_TWICE, reports_of
from services.followup.results import believed, reading_order
from services.followup.samples import Drawn
from services.followup.scans import Scan
from services.followup.taken import exposures_of, is_told, says_what_is_taken
from services.followup.weight import weight_of

NOBODY = Person()
A_DAY = timedelta(days=1)
STATES = frozenset({*remission.State, *search.State, *treatment_choice.TABLE.entries["states"]})
"""Which words of a state are known: of the search, and of the time after an operation."""


@dataclass(slots=True)
class History:
    """Everything the rules need of one request."""

    on: date
    subject: Subject
    person: Person = NOBODY
    weight_kg: Decimal | None = None
    told: ByKind = field(default_factory=lambda: ByKind(()))
    """Everything that was told, dated later or not."""
    operations: list[Operation] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    masks: Masks = field(default_factory=lambda: Masks((), date.min))
    """The same, to be asked whether a result is masked."""
    observations: list[Observation] = field(default_factory=list)
    results: ByAnalyte = field(default_factory=ByAnalyte)
    """The same by what they measure."""
    levels: dict[str, Level] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    endings: dict[tuple[str, str], Ended] = field(default_factory=dict)
    scans: list[Scan] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)
    unknown_states: list[str] = field(default_factory=list)
    """Words of a state that nobody here knows: kept, and no state."""
    spread: list[remission.Spread] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    therapies: list[Therapy] = field(default_factory=list)
    performed: list[Performed] = field(default_factory=list)
    symptoms: list[Symptoms] = field(default_factory=list)
    measures: list[MeasureTaken] = field(default_factory=list)
    sent: dict[str, contract.Observation] = field(default_factory=dict)
    """Each result as the laboratory sent it last, by its id."""
    replaced: list[contract.Observation] = field(default_factory=list)
    """What a laboratory has corrected or withdrawn since."""
    doubts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Why a result, if it is normal, may not be believed, by its id."""
    medication_stated: bool = False
    """Has anybody said anything of drugs?"""
    drugs_told: bool = False
    """Is it told whether phosphate and active vitamin D are taken? Then nothing is left open."""
    rejected: list[Rejected] = field(default_factory=list)
    odd_intervals: list[Observation] = field(default_factory=list)
    """Results whose own interval cannot be one."""
    later: int = 0


def moment_of(event: contract.DatedEvent) -> datetime | None:
    """When was the last thing that this event tells of?"""
    match event:
        case Results():
            moments: list[When | None] = [o.taken_at for o in event.observations or ()]
        case Therapy():
            moments = [event.given_on, event.stopped_on, event.started_on, event.ordered_on]
        case Surgery() | Performed() | Scanned():
            moments = [event.performed_at]
        case MeasureTaken():
            moments = [event.measured_on]
        case Examined():
            moments = [event.examined_at]
        case Planned():
            moments = [event.cancelled_on or event.noted_on]
        case DispositionOf() | Stated() | Opinion():
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
    patient = _patient(request)
    person = Person(Sex(patient.sex), patient.birth_date, patient.age_years)
    subject = Subject(on, person.sex, person.age_on(on), request.profile)
    history = History(on, subject, person, weight_of(request, on) or patient.weight_kg)
    history.told = ByKind(request.history)
    results, therapies = history.told.of(Results), history.told.of(Therapy)
    history.medication_stated = any(says_what_is_taken(one.agent) for one in therapies)
    for event in request.history:
        match event:
            case Results() | Therapy():
                pass
            case Surgery() if not _is_later(event.performed_at, as_of, history):
                history.operations.append(_operation(event))
            case Symptoms() if not _is_later(event.noted_on, as_of, history):
                history.symptoms.append(event)
            case MeasureTaken() if not _is_later(event.measured_on, as_of, history):
                history.measures.append(event)
            case Performed() if not _is_later(event.performed_at, as_of, history):
                act = frozenset([event.act])
                history.performed.append(event)
                named = {} if event.id is None else {event.act: event.id}
                history.done.append(Done(day_of(event.performed_at), act, ids=named))
            case Scanned() if event.performed_at and not _is_later(
                event.performed_at, as_of, history
            ):
                day, covered = day_of(event.performed_at), event.coverage or ()
                history.scans += scans.acts_of(day, event.modality, event.tracer, covered, event.id)
            case Examined() if event.examined_at and not _is_later(
                event.examined_at, as_of, history
            ):
                examined = frozenset(["examination"])
                history.done.append(Done(day_of(event.examined_at), examined))
            case DispositionOf() if not _is_later(event.noted_on, as_of, history):
                status = _status(event.disposition)
                ended = Ended(day_of(event.noted_on), status, event.disposition, event.reason)
                history.endings.setdefault((event.rule, event.occurrence), ended)
            case Stated() if event.state not in STATES:
                history.unknown_states.append(event.state)
            case Stated() if not _is_later(event.noted_on or as_of, as_of, history):
                history.stated.append(event)
                if event.state == remission.State.METASTATIC:
                    id = event.id or f"state/{event.state}"
                    history.numbers[id] = event.version or 1
                    history.spread.append(remission.Spread(_noted(event), (id,)))
            case _:
                pass
    history.therapies = therapies = [*therapies, *_from_exposures(results, history)]
    history.exposures = exposures_of(therapies)
    history.masks = Masks(history.exposures, on)
    nothing = any(event.drug_exposures == [] for event in results)
    history.drugs_told = nothing or is_told(therapies)
    _read_results(results, history, as_of)
    history.operations.sort(key=lambda operation: (operation.day, str(operation)))
    history.scans = scans.judged(history.scans, history.operations, on)
    history.done += scans.done(history.scans)
    history.done = in_turn(history.done)
    history.stated.sort(key=_said_when)
    return history


def in_turn(done: Iterable[Done]) -> list[Done]:
    """What was done, by its day; of one day in an order that does not turn on who told it first."""
    days: dict[date, list[Done]] = {}
    for one in done:
        days.setdefault(one.day, []).append(one)
    return [one for day in sorted(days) for one in _of_a_day(days[day])]


def _of_a_day(done: list[Done]) -> list[Done]:
    if len(done) == 1:
        return done
    return sorted(done, key=lambda one: (sorted(one.closes), sorted(one.raised)))


def _noted(stated: Stated) -> date:
    return day_of(stated.noted_on) if stated.noted_on else date.min


def _said_when(stated: Stated) -> tuple[date, datetime, str]:
    """By its day; of one day what has an hour comes by it, after what has none."""
    when = stated.noted_on
    moment = when if isinstance(when, datetime) else datetime.min.replace(tzinfo=UTC)
    return (_noted(stated), moment, stated.state)


def _is_later(when: When, as_of: datetime, history: History) -> bool:
    """Has this not happened yet, as of the moment that is asked about? A day of grace for zones."""
    day = day_of(when)
    if day <= history.on or day - history.on <= A_DAY:
        return False
    history.later += 1
    return True


def _patient(request: PlanRequest) -> Patient:
    """For whom? The patient of the plan, filled up with what the results name."""
    patient = request.patient
    for event in request.history:
        if isinstance(event, Results) and event.patient is not None:
            patient = _fuller(patient, event.patient)
    return patient


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
        laterality=event.laterality,
    )


def _status(disposition: str) -> ObligationStatus:
    return ObligationStatus.DONE if disposition == "DONE" else ObligationStatus.CANCELLED


def _from_exposures(results: Iterable[Results], history: History) -> list[Therapy]:
    found = [drug for event in results for drug in event.drug_exposures or ()]
    asked = [event.drug_exposures for event in results if event.drug_exposures is not None]
    history.medication_stated |= any(  # an empty list says that nothing is taken
        not drugs or any(says_what_is_taken(drug.agent) for drug in drugs) for drugs in asked
    )
    return [
        Therapy(agent=drug.agent, started_on=drug.started_on, stopped_on=drug.stopped_on)
        for drug in found
    ]


def _read_results(results: Sequence[Results], history: History, as_of: datetime) -> None:
    """Each result that stands, at its level; and what each day says."""
    told = reports_of(results)
    history.sent, history.replaced = told.newest, told.replaced
    for sent in told.newest.values():
        if sent.status in NOT_RESULTS:
            continue
        history.numbers[sent.id] = sent.version or 1
        read = believed(sent)
        if told.in_two_ways and (sent.id, sent.version) in told.in_two_ways:
            read = Rejected(observation=sent.id, reason=SENT_TWICE)
        if isinstance(read, Rejected):
            history.rejected.append(read)
        elif not _is_later(read.taken_at or as_of, as_of, history):
            history.observations.append(read)
            if doubts := doubts_of(read, sent.status):
                history.doubts[read.id] = doubts
    history.observations.sort(key=reading_order)
    history.results = ByAnalyte(history.observations)
    ruler = Ruler(history.subject)
    days: dict[date, list[Observation]] = {}
    for one in history.observations:
        history.levels[one.id] = ruler.level_of(one)
        days.setdefault(one.day(history.on), []).append(one)
    history.odd_intervals = ruler.refused
    for drawn in (Drawn(day, taken) for day, taken in days.items()):
        history.samples.append(drawn.sample(history.levels, history.subject, history.doubts))
        history.done.append(drawn.done(history.levels))
