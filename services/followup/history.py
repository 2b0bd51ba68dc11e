"""The noun of follow-up: a history as the rules read it, and when something in it was."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from knowledge.rules import remission
from knowledge.rules.masking import Masks
from knowledge.rules.reference_intervals import Level
from knowledge.rules.remission import Exposure, Sample
from knowledge.rules.surveillance import Operation
from knowledge.rules.surveillance_calendar import Done, Ended
from knowledge.terms.observation import Observation
from knowledge.terms.person import Person, Subject
from knowledge.terms.sent import When
from services.followup import contract
from services.followup.by_analyte import ByAnalyte
from services.followup.by_kind import ByKind
from services.followup.contract import (
    DispositionOf,
    Examined,
    MeasureTaken,
    Opinion,
    Performed,
    Planned,
    Rejected,
    Results,
    Scanned,
    Stated,
    Surgery,
    Symptoms,
    Therapy,
)
from services.followup.samples import Drawn
from services.followup.scans import Scan

NOBODY = Person()
A_DAY = timedelta(days=1)


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
    read_as_one: list[date] = field(default_factory=list)
    """On which days is an operation of which more than one report tells?"""
    exposures: list[Exposure] = field(default_factory=list)
    masks: Masks = field(default_factory=lambda: Masks((), date.min))
    """The same, to be asked whether a result is masked."""
    observations: list[Observation] = field(default_factory=list)
    results: ByAnalyte = field(default_factory=ByAnalyte)
    """The same by what they measure."""
    levels: dict[str, Level] = field(default_factory=dict)
    drawn: list[Drawn] = field(default_factory=list)
    """The same by the day on which they were drawn."""
    samples: list[Sample] = field(default_factory=list)
    """What the results of each day say together of an operation that went before."""
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
    """How much of it is dated after the day that is asked about."""

    def is_later(self, when: When) -> bool:
        """Has this not happened yet? It is counted. A day of grace for zones."""
        day = day_of(when)
        if day <= self.on or day - self.on <= A_DAY:
            return False
        self.later += 1
        return True


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
        case DispositionOf() | Stated() | Opinion() | Symptoms():
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
