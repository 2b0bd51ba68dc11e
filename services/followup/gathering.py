"""From what was told to a history: who it is of, what was done, taken and stated."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from knowledge.rules import remission, search, surveillance, treatment_choice
from knowledge.rules.masking import Masks
from knowledge.rules.surveillance import Operation
from knowledge.rules.surveillance_calendar import Done, Ended
from knowledge.terms.obligation import ObligationStatus
from knowledge.terms.person import Person, Sex, Subject
from services.followup import scans
from services.followup.by_kind import ByKind
from services.followup.contract import (
    DispositionOf,
    Examined,
    MeasureTaken,
    Patient,
    Performed,
    PlanRequest,
    Results,
    Scanned,
    Stated,
    Surgery,
    Symptoms,
    Therapy,
)
from services.followup.days import day_there
from services.followup.history import History, day_of, in_turn
from services.followup.laboratory import take_in
from services.followup.taken import exposures_of, is_told, says_what_is_taken
from services.followup.weight import weight_of

STATES = frozenset({*remission.State, *search.State, *treatment_choice.TABLE.entries["states"]})
"""Which words of a state are known: of the search, and of the time after an operation."""


def history_of(request: PlanRequest, as_of: datetime) -> History:
    """What does this history say, in the words of the rules, as of this moment?"""
    on, told = day_there(as_of, request.zone), ByKind(request.history)
    results, therapies = told.of(Results), told.of(Therapy)
    patient = _patient(request.patient, results)
    person = Person(Sex(patient.sex), patient.birth_date, patient.age_years)
    subject = Subject(on, person.sex, person.age_on(on), request.profile)
    history = History(on, subject, person, weight_of(request, on) or patient.weight_kg)
    history.told = told
    history.medication_stated = any(says_what_is_taken(one.agent) for one in therapies)
    for event in request.history:
        match event:
            case Results() | Therapy():
                pass
            case Performed() if not history.is_later(event.performed_at):
                act = frozenset([event.act])
                history.performed.append(event)
                named = {} if event.id is None else {event.act: event.id}
                history.done.append(Done(day_of(event.performed_at), act, ids=named))
            case Surgery() if not history.is_later(event.performed_at):
                history.operations.append(_operation(event))
            case Symptoms() if not history.is_later(event.noted_on):
                history.symptoms.append(event)
            case MeasureTaken() if not history.is_later(event.measured_on):
                history.measures.append(event)
            case Scanned() if event.performed_at and not history.is_later(event.performed_at):
                day, covered = day_of(event.performed_at), event.coverage or ()
                history.scans += scans.acts_of(day, event.modality, event.tracer, covered, event.id)
            case Examined() if event.examined_at and not history.is_later(event.examined_at):
                examined = frozenset(["examination"])
                history.done.append(Done(day_of(event.examined_at), examined))
            case DispositionOf() if not history.is_later(event.noted_on):
                status = _status(event.disposition)
                ended = Ended(day_of(event.noted_on), status, event.disposition, event.reason)
                history.endings.setdefault((event.rule, event.occurrence), ended)
            case Stated() if event.state not in STATES:
                history.unknown_states.append(event.state)
            case Stated() if not history.is_later(event.noted_on or as_of):
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
    take_in(history, results)
    told_of = [operation.day for operation in history.operations]
    history.read_as_one = sorted({day for day in told_of if told_of.count(day) > 1})
    history.operations = surveillance.of_each_day(history.operations)
    history.scans = scans.judged(history.scans, history.operations, on)
    history.done += scans.done(history.scans)
    history.done = in_turn(history.done)
    history.stated.sort(key=_said_when)
    return history


def _noted(stated: Stated) -> date:
    return day_of(stated.noted_on) if stated.noted_on else date.min


def _said_when(stated: Stated) -> tuple[date, datetime, str]:
    """By its day; of one day what has an hour comes by it, after what has none."""
    when = stated.noted_on
    moment = when if isinstance(when, datetime) else datetime.min.replace(tzinfo=UTC)
    return (_noted(stated), moment, stated.state)


def _patient(patient: Patient, results: Iterable[Results]) -> Patient:
    """For whom? The patient of the plan, filled up with what the results name."""
    for event in results:
        if event.patient is not None:
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
