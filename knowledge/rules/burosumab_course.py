"""What follows on burosumab: begin, the same again, one step up, hold, begin lower, interrupt?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from knowledge.rules import follow_up_safety, remission
from knowledge.rules.burosumab import TABLE
from knowledge.rules.dose_days import next_dose_day
from knowledge.rules.reference_intervals import Level
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import Quantity
from knowledge.terms.stop import Stop


class Act(StrEnum):
    """What may be proposed next."""

    START = "start"
    SAME = "continue"
    INCREASE = "increase"
    WITHHOLD = "withhold"
    RESTART = "restart"
    INTERRUPT = "interrupt"
    REVIEW = "review"


@dataclass(slots=True)
class Given:
    """One dose that was given, as somebody told it. `mg` None: the amount was not told."""

    day: date
    mg: Decimal | None
    every_days: int | None


@dataclass(slots=True)
class Phosphate:
    """One phosphate: which level, on which day, fasting or not, or nobody says."""

    id: str
    day: date
    level: Level
    fasting: bool | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A drug that may not go with burosumab. Without an end it is still taken."""

    agent: str
    stopped: date | None
    is_known: bool = True
    """If nobody here knows it: whether it may go with burosumab has to be said."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that speaks for or against a dose on this day. None: not known."""

    on: date
    phosphate: Phosphate | None = None
    egfr: Quantity | None = None
    calcium: Observation | None = None
    calcium_level: Level | None = None
    pth_level: Level | None = None
    against: tuple[Taken, ...] = ()
    drugs_stated: bool = True
    burosumab_undated: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """What follows: the act, its rule, when it is due, because of which results."""

    act: Act
    rule: str
    occasion: str
    due: date | None = None
    sample_due: date | None = None
    wash_out_ends: date | None = None
    because: tuple[str, ...] = ()
    stops: tuple[Stop, ...] = ()
    text: str = ""
    opens: date | None = None
    closes: date | None = None


def days(name: str, on: date) -> timedelta:
    """One of the intervals of the table."""
    return timedelta(days=TABLE.whole(name, on))


def wash_out_ends(last: date, on: date) -> date:
    """From which day does FGF23 say something again after the last dose?"""
    return last + timedelta(days=remission.TABLE.whole("burosumab_masks", on))


def stops_at_start(known: Circumstances) -> tuple[Stop, ...]:
    """What stands against beginning (TX-008 to TX-011, TX-021)? What is not known does as well."""
    return (*_phosphate_stops(known), *stops_at_any_dose(known, beginning=True))


def _phosphate_stops(known: Circumstances) -> tuple[Stop, ...]:
    found = known.phosphate
    oldest = known.on - days("phosphate_holds_for", known.on)
    if found is None or found.day < oldest or found.level is Level.UNDETERMINED:
        text = "no recent fasting phosphate is known that is below the lower limit"
        return (Stop("TX-008", "phosphate_not_known", text, hard=True),)
    if found.fasting is False:
        text = "the last phosphate was not taken fasting"
        return (Stop("TX-008", "phosphate_not_fasting", text, hard=True, because=(found.id,)),)
    if found.level is not Level.LOW:
        text = f"phosphate is {found.level}, not below the lower limit"
        return (Stop("TX-008", "phosphate_not_low", text, hard=True, because=(found.id,)),)
    if found.fasting is None:
        text = "nobody says whether the last phosphate was taken fasting"
        return (Stop("TX-008", "fasting_not_stated", text, hard=False, because=(found.id,)),)
    return ()


def stops_at_any_dose(known: Circumstances, *, beginning: bool = False) -> tuple[Stop, ...]:
    """What stands against any dose (TX-009 to TX-011)? Before the first, unknown is a hard stop."""
    stops: list[Stop] = []
    too_low = None
    if known.egfr is not None:
        too_low = follow_up_safety.contraindicates_burosumab(known.egfr, known.on)
    if too_low:
        text = f"eGFR {known.egfr} is too low for burosumab"
        stops.append(Stop("TX-009", "egfr_low", text, hard=True))
    elif too_low is None:
        text = "no recent eGFR is known"
        stops.append(Stop("TX-009", "egfr_not_known", text, hard=beginning))
    stops += _calcium_stops(known, beginning=beginning)
    stops += _drug_stops(known, beginning=beginning)
    return tuple(stops)


def _calcium_stops(known: Circumstances, *, beginning: bool) -> list[Stop]:
    too_high, calcium = None, known.calcium
    if calcium is not None:
        too_high, _ = follow_up_safety.calcium_severity(calcium.printed, calcium.value, known.on)
    if calcium is None or too_high is None:
        text = "no recent adjusted calcium is known"
        return [Stop("TX-011", "calcium_not_known", text, hard=beginning)]
    if too_high:
        text = f"adjusted calcium {calcium.printed}: burosumab is held"
        return [Stop("TX-011", "hypercalcemia", text, hard=True, because=(calcium.id,))]
    if known.calcium_level is Level.HIGH and known.pth_level is Level.HIGH:
        text = "calcium and PTH are both raised: hyperparathyroidism goes first"
        ids = (calcium.id,)
        return [Stop("TX-021", "tertiary_hyperparathyroidism", text, beginning, because=ids)]
    if not beginning:
        return []
    if known.pth_level in (None, Level.UNDETERMINED):
        text = "calcium and PTH are checked before the first dose; no recent PTH is known"
        hard = known.calcium_level is Level.HIGH
        return [Stop("TX-011", "pth_not_known", text, hard=hard)]
    return []


def _drug_stops(known: Circumstances, *, beginning: bool) -> list[Stop]:
    wait = days("wash_out_before_start", known.on)
    stops = []
    if beginning and known.burosumab_undated:
        text = "burosumab is taken already, and nobody has said since when: tell its doses"
        stops.append(Stop("TX-012", "burosumab_undated", text, hard=True))
    for drug in known.against:
        ended = drug.stopped is not None and known.on >= drug.stopped + wait
        if not drug.is_known and not ended:
            text = f"say what {drug.agent} is: phosphate, active vitamin D, or neither of them?"
            stops.append(Stop("TX-010", "drug_not_known", text, hard=beginning))
        elif ended:
            continue
        elif drug.stopped is None or drug.stopped > known.on:
            text = f"{drug.agent} is still taken"
            stops.append(Stop("TX-010", "taken_together", text, hard=True))
        elif known.on < drug.stopped + wait:
            until = drug.stopped + wait
            text = f"{drug.agent} was stopped on {drug.stopped}: not before {until}"
            stops.append(Stop("TX-010", "stopped_lately", text, hard=True, until=until))
    if not known.drugs_stated:
        text = "nobody has stated whether oral phosphate or active vitamin D is taken"
        stops.append(Stop("TX-010", "drugs_not_stated", text, hard=beginning))
    return stops


def run_of(given: Sequence[Given]) -> tuple[Given, ...]:
    """The doses since the last change: as much, as often, without a gap where one was held."""
    run = [given[-1]]
    for dose in reversed(given[:-1]):
        later = run[-1]
        same = (dose.mg, dose.every_days) == (later.mg, later.every_days)
        every = timedelta(days=later.every_days or 0)
        if not same or (every and later.day - dose.day >= 2 * every):
            break
        run.append(dose)
    return tuple(reversed(run))


def what_next(
    given: Sequence[Given],
    phosphates: Sequence[Phosphate],
    every_days: int,
    interrupted_for: date | None,
    on: date,
) -> Next:
    """What follows the doses so far? Phosphate decides, and nothing else (TX-013 to TX-017)."""
    run = run_of(given)
    last, changed = run[-1].day, run[0].day
    window = days("dose_window", on)
    due = next_dose_day([dose.day for dose in given], timedelta(days=every_days), window)
    if interrupted_for is not None and interrupted_for < on:
        return Next(
            Act.REVIEW,
            "TX-017",
            f"{interrupted_for}/not told",
            wash_out_ends=wash_out_ends(last, on),
            text=(
                f"treatment of the tumor was planned for {interrupted_for}, and nobody has told "
                "whether it took place: say so, or that it is off; until then no dose is proposed"
            ),
        )
    if interrupted_for is not None:
        return Next(
            Act.INTERRUPT,
            "TX-017",
            f"{interrupted_for}",
            wash_out_ends=wash_out_ends(last, on),
            text=f"interrupt: no dose on {due}; treatment of the tumor on {interrupted_for}",
        )
    fasting = [one for one in phosphates if one.day > changed and one.fasting is not False]
    fasting = [one for one in fasting if one.level is not Level.UNDETERMINED]
    high = [one for one in fasting if one.level is Level.HIGH and one.day >= last]
    latest = fasting[-1] if fasting else None
    if latest is not None and (high or latest.level is Level.HIGH):
        return _held(latest, (high or [latest])[-1], due, on)
    following = _titrated(run, fasting, due, on)
    since = max(last, latest.day if latest is not None else last)
    unsure = [one for one in phosphates if one.fasting is False and one.level is Level.HIGH]
    unsure = [one for one in unsure if one.day >= since]
    if unsure:
        text = f"the phosphate of {unsure[-1].day} is above its range, but was not taken fasting"
        text += ": repeat it fasting before this dose"
        stop = Stop("TX-015", "high_not_fasting", text, hard=False, because=(unsure[-1].id,))
        following = replace(following, stops=(*following.stops, stop), sample_due=on)
    return replace(following, opens=due - window, closes=due + window)


def is_over(given: Sequence[Given], on: date) -> bool:
    """Has burosumab left the body since the last dose, so that another one begins anew?"""
    return bool(given) and on >= wash_out_ends(given[-1].day, on)


def is_missed(following: Next, on: date) -> bool:
    """Has the window of this dose closed? Then it is given as soon as possible."""
    return following.closes is not None and on > following.closes


def _held(latest: Phosphate, high: Phosphate, due: date, on: date) -> Next:
    """After a high phosphate nothing is given until it is low again (TX-015)."""
    ids = tuple(dict.fromkeys((high.id, latest.id)))
    earliest = high.day + days("recheck_when_held", on)
    if latest.level is Level.LOW and latest.day < earliest - days("recheck_window", on):
        text = f"low again before four weeks are over: withhold; measure phosphate on {earliest}"
        occasion = f"hold/{latest.day}"
        return Next(Act.WITHHOLD, "TX-015", occasion, sample_due=earliest, because=ids, text=text)
    if latest.level is Level.LOW:
        day = max(latest.day, on, earliest)
        sample = day + days("sample_after_dose", on)
        return Next(Act.RESTART, "TX-015", f"restart/{latest.day}", day, sample, because=ids)
    again = latest.day + days("recheck_when_held", on)
    text = f"withhold the dose of {due}; measure phosphate on {again}"
    if latest is not high:
        text = f"in range, not below the lower limit: not yet; measure phosphate on {again}"
    occasion = f"hold/{latest.day}"
    return Next(Act.WITHHOLD, "TX-015", occasion, sample_due=again, because=ids, text=text)


def _titrated(run: Sequence[Given], fasting: Sequence[Phosphate], due: date, on: date) -> Next:
    """The same, or one step up? Only by a phosphate two weeks after a dose of this run."""
    changed, occasion = run[0].day, f"dose/{due}"
    after, window = days("sample_after_dose", on), days("sample_window", on)
    latest = next((one for one in reversed(fasting) if _is_after(one, run, after, window)), None)
    if latest is None:
        planned = [dose.day + after for dose in run]
        sample = next((day for day in planned if day + window >= on), max(due, on) + after)
        text = f"no phosphate two weeks after a dose of this kind is known; it is due on {sample}"
        stop = Stop("TX-014", "phosphate_after_dose_not_known", text, hard=False)
        return Next(Act.SAME, "TX-014", occasion, due, sample, stops=(stop,))
    if latest.level is not Level.LOW:
        return Next(Act.SAME, "TX-014", occasion, due, because=(latest.id,))
    earliest = changed + days("change_apart", on)
    if due < earliest:
        text = f"phosphate is low; the next change is not before {earliest}"
        return Next(Act.SAME, "TX-013", occasion, due, because=(latest.id,), text=text)
    sample = due + after
    return Next(Act.INCREASE, "TX-013", occasion, due, sample, because=(latest.id,))


def _is_after(one: Phosphate, run: Sequence[Given], after: timedelta, window: timedelta) -> bool:
    """Was it drawn two weeks after a dose of this run?"""
    return any(abs(one.day - dose.day - after) <= window for dose in reversed(run))
