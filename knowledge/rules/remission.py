"""After removal, is the disease gone, and does it stay gone? Results in order, one state."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from knowledge.rules.reference_intervals import Level
from knowledge.tables import Table
from knowledge.terms.obligation import Proposal

TABLE = Table.beside(__file__)


class State(StrEnum):
    """Where somebody stands after surgery (treatment-followup.md 3.3)."""

    NO_SURGERY = "NO_SURGERY"
    POSTOPERATIVE = "POSTOPERATIVE"
    EARLY_RESPONSE = "EARLY_RESPONSE"
    BIOCHEM_REMISSION_ALP_PENDING = "BIOCHEM_REMISSION_ALP_PENDING"
    REMISSION = "REMISSION"
    PROVISIONAL_PERSISTENT = "PROVISIONAL_PERSISTENT"
    PERSISTENT = "PERSISTENT"
    RECURRENCE_SUSPECTED = "RECURRENCE_SUSPECTED"
    RECURRENT = "RECURRENT"


AFTER_REMISSION = (State.REMISSION, State.RECURRENCE_SUSPECTED, State.RECURRENT)
LOW_WITHOUT_DRUGS = (State.PROVISIONAL_PERSISTENT, State.PERSISTENT)
MASKED = "MASKED"
REFRACTORY = "REFRACTORY"


@dataclass(frozen=True, slots=True)
class Exposure:
    """A drug that may mask a phosphate, and from when to when. No end: it is still taken.

    Of burosumab the end is the day of the last dose.
    """

    agent: str
    kind: str
    started: datetime | date | None
    ended: datetime | date | None


@dataclass(frozen=True, slots=True)
class Sample:
    """The levels of one blood sample. None: not measured."""

    at: datetime
    phosphate: Level | None = None
    alp: Level | None = None
    fgf23: Level | None = None
    tmp_gfr: Level | None = None
    ids: tuple[str, ...] = ()

    @property
    def day(self) -> date:
        """The calendar day where it was drawn."""
        return self.at.date()


@dataclass(frozen=True, slots=True)
class Step:
    """One change of state: when, to what, by which rule, because of which results."""

    day: date
    state: State
    rule: str
    because: tuple[str, ...] = ()


@dataclass(slots=True)
class Course:
    """The way since an operation."""

    operated: date
    state: State = State.POSTOPERATIVE
    since: date = date.min
    steps: list[Step] = field(default_factory=list)
    lows: list[date] = field(default_factory=list)
    suspicions: list[date] = field(default_factory=list)
    masked: list[Sample] = field(default_factory=list)
    alp: Level | None = None
    fgf23: Level | None = None
    confirmed: bool = False

    def entered(self, states: Collection[str]) -> date:
        """Since when without a break in one of these states?"""
        since = self.since
        for step in reversed(self.steps):
            if step.state not in states:
                break
            since = step.day
        return since

    def flags(self) -> tuple[str, ...]:
        """What else is to be said of this state?"""
        row = TABLE.entries["states"].get(self.state)
        refractory = row is not None and row.fields["refractory"]
        return (REFRACTORY,) if refractory else ()


def proposal(state: State) -> Proposal:
    """What does this state propose to do next?"""
    row = TABLE.entries["states"].get(state)
    return Proposal.NONE if row is None else Proposal(row.fields["proposal"])


def masker(agent: str) -> str | None:
    """Does this drug mask a phosphate: as supplement, as burosumab, or not at all?"""
    plain = agent.strip().lower().replace(" ", "_").replace("-", "_")
    for entry in TABLE.entries["maskers"].values():
        if plain in (entry.key, *entry.fields["also"]):
            return str(entry.fields["kind"])
    return None


def mask(at: datetime, exposures: Iterable[Exposure], on: date) -> Exposure | None:
    """Which drug makes a result of this moment look better than it is? None: it may be believed."""
    masking = [drug for drug in exposures if _masks(drug, at, on)]
    return next((drug for drug in masking if drug.kind == "burosumab"), next(iter(masking), None))


def _masks(drug: Exposure, at: datetime, on: date) -> bool:
    if drug.started is not None and _day(drug.started) > at.date():
        return False
    if drug.ended is None:
        return True
    if drug.kind == "burosumab":
        return (at.date() - _day(drug.ended)).days < TABLE.whole("burosumab_masks", on)
    wait = timedelta(hours=TABLE.whole("supplements_mask", on))
    if isinstance(drug.ended, datetime):
        return at - drug.ended < wait
    return timedelta(days=(at.date() - drug.ended).days) < wait


def _day(when: datetime | date) -> date:
    return when.date() if isinstance(when, datetime) else when


def course(
    operated: date, samples: Sequence[Sample], exposures: Sequence[Exposure], on: date
) -> Course:
    """What has become of the disease since this operation?"""
    way = Course(operated, since=operated)
    for sample in sorted(samples, key=lambda sample: sample.at):
        if sample.day <= operated:  # what is drawn that morning is from before
            continue
        covered = mask(sample.at, exposures, on)
        if covered is not None and sample.phosphate is not None:
            way.masked.append(sample)
        _take_in(way, sample, masked=covered, on=on)
    return way


def _take_in(way: Course, sample: Sample, *, masked: Exposure | None, on: date) -> None:
    """One more sample. Supplements change phosphate; only burosumab spoils FGF23."""
    way.alp = sample.alp or way.alp
    fgf23 = None if masked is not None and masked.kind == "burosumab" else sample.fgf23
    way.fgf23 = fgf23 or way.fgf23
    if sample.tmp_gfr is Level.LOW or fgf23 in _speaks_for_disease(way.state):
        way.confirmed = True
    if sample.phosphate is Level.LOW:
        _low(way, sample, masked=masked is not None, on=on)
    elif masked is None and sample.phosphate in (Level.NORMAL, Level.HIGH):
        _not_low(way, sample, on)
    elif masked is None and sample.phosphate is None and way.lows:
        _settle(way, sample, on)


def _speaks_for_disease(state: State) -> tuple[Level, ...]:
    """Which FGF23 beside a low phosphate means disease? After remission a normal one does too."""
    return (Level.NORMAL, Level.HIGH) if state in AFTER_REMISSION else (Level.HIGH,)


def _low(way: Course, sample: Sample, *, masked: bool, on: date) -> None:
    """A low phosphate counts even on drugs once the disease was gone; before, only without."""
    if way.state is State.REMISSION:
        way.lows = [sample.day]
        way.suspicions.append(sample.day)
        way.confirmed = sample.tmp_gfr is Level.LOW or sample.fgf23 in (Level.NORMAL, Level.HIGH)
        _go(way, sample, State.RECURRENCE_SUSPECTED, "FU-005")
    elif way.state is State.RECURRENCE_SUSPECTED:
        way.lows.append(sample.day)
        _settle(way, sample, on)
        if way.state is State.RECURRENCE_SUSPECTED:
            way.suspicions.append(sample.day)
    elif way.state is not State.RECURRENT and not masked:
        days = (sample.day - way.operated).days
        if days < TABLE.whole("persistence_from_day", on):
            if way.state is not State.POSTOPERATIVE:
                _go(way, sample, State.POSTOPERATIVE, "STATE-POSTOPERATIVE")
            return
        way.lows.append(sample.day)
        if way.state not in LOW_WITHOUT_DRUGS:
            way.confirmed = sample.tmp_gfr is Level.LOW or way.fgf23 is Level.HIGH
            _go(way, sample, State.PROVISIONAL_PERSISTENT, "FU-001")
        _settle(way, sample, on)


def _settle(way: Course, sample: Sample, on: date) -> None:
    """Do the low phosphates, with what confirms them, add up to disease?"""
    if not way.confirmed:
        return
    if way.state is State.PROVISIONAL_PERSISTENT:
        if (way.lows[-1] - way.lows[0]).days >= TABLE.whole("persistence_apart", on):
            _go(way, sample, State.PERSISTENT, "STATE-PERSISTENT")
    elif way.state is State.RECURRENCE_SUSPECTED:
        apart, within = TABLE.whole("recurrence_apart", on), TABLE.whole("recurrence_within", on)
        gaps = [(later - day).days for day in way.lows for later in way.lows]
        if any(apart <= gap <= within for gap in gaps):
            _go(way, sample, State.RECURRENT, "FU-006")


def _not_low(way: Course, sample: Sample, on: date) -> None:
    """A phosphate that is not low, without drugs."""
    if way.state is State.RECURRENT:
        return
    was_gone = way.state in AFTER_REMISSION
    way.lows, way.confirmed = [], False
    if sample.phosphate is not Level.NORMAL:
        return
    if way.alp is Level.NORMAL or was_gone:
        _go(way, sample, State.REMISSION, "FU-003")
    elif way.alp is Level.HIGH and way.fgf23 is not Level.HIGH:
        lag = TABLE.whole("alp_may_lag", on)
        if sample.day < months_after(way.operated, lag):
            _go(way, sample, State.BIOCHEM_REMISSION_ALP_PENDING, "FU-002")
        else:
            _go(way, sample, State.EARLY_RESPONSE, "STATE-EARLY-RESPONSE")
    elif way.fgf23 in (Level.NORMAL, Level.LOW):
        _go(way, sample, State.EARLY_RESPONSE, "STATE-EARLY-RESPONSE")
    elif way.state in LOW_WITHOUT_DRUGS:
        _go(way, sample, State.POSTOPERATIVE, "STATE-POSTOPERATIVE")


def _go(way: Course, sample: Sample, state: State, rule: str) -> None:
    if way.state is state:
        return
    way.state, way.since = state, sample.day
    way.steps.append(Step(sample.day, state, rule, sample.ids))


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where that day is missing."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
