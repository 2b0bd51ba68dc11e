"""What follows on burosumab: begin, the same again, one step up, hold, begin lower, interrupt?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from knowledge.rules import remission
from knowledge.rules.burosumab import TABLE
from knowledge.rules.dose_days import next_dose_day
from knowledge.rules.reference_intervals import Level
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
