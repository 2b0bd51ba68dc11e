"""Which drug was taken from when to when, as the safety rules read a history."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from knowledge.rules import follow_up_safety as safety
from knowledge.rules.follow_up_safety import Period
from knowledge.terms.sent import When
from services.followup.contract import Therapy
from services.followup.history import day_of


def periods(therapies: Iterable[Therapy], on: date) -> tuple[Period, ...]:
    """What was taken when? A stop ends what was begun before it; a drug ordered counts as begun."""
    told = sorted(therapies, key=_turn)
    taken = _begun_and_stopped(told)
    return (*taken, *_doses(told, taken, on))


def _begun_and_stopped(told: Iterable[Therapy]) -> list[Period]:
    running: dict[str, Period] = {}
    ended: list[Period] = []
    for therapy in told:
        kind, agent = safety.kind_of(therapy.agent), therapy.agent.strip().lower()
        if kind is None:
            continue
        begun = _day(therapy.started_on or therapy.ordered_on)
        if therapy.stopped_on is not None:
            known = running.pop(agent, None)
            start = begun or (known.started if known else None)
            ended.append(Period(agent, kind, start, day_of(therapy.stopped_on)))
        elif begun is not None:
            # Another dose of a drug that is taken already begins nothing new.
            running.setdefault(agent, Period(agent, kind, begun, None))
    return [*ended, *running.values()]


def _doses(told: Iterable[Therapy], taken: list[Period], on: date) -> list[Period]:
    """Single doses of which nobody told a beginning; one after another they are one treatment."""
    found: dict[str, list[Period]] = {}
    for therapy in told:
        kind, agent = safety.kind_of(therapy.agent), therapy.agent.strip().lower()
        if kind is None or therapy.given_on is None:
            continue
        given = day_of(therapy.given_on)
        if any(p.agent == agent and p.covers(given) for p in taken):
            continue
        last = given + safety.dose_lasts(therapy.every_days, on)
        doses = found.setdefault(agent, [])
        if doses and doses[-1].covers(given):
            doses[-1] = Period(agent, kind, doses[-1].started, last)
        else:
            doses.append(Period(agent, kind, given, last))
    return [period for doses in found.values() for period in doses]


def _turn(therapy: Therapy) -> tuple[date, bool, str, Decimal]:
    """By its day; of one day what ends goes before what begins, whichever was told first."""
    when = therapy.given_on or therapy.stopped_on or therapy.started_on or therapy.ordered_on
    begins = therapy.stopped_on is None and therapy.given_on is None
    return _day(when) or date.min, begins, therapy.agent, therapy.dose or Decimal()


def _day(when: When | None) -> date | None:
    return None if when is None else day_of(when)


def since_when(taken: Iterable[Period], day: date) -> date | None:
    """Since when is disease treated that is treated on this day? None: it is not, or unknown."""
    kinds = (safety.BUROSUMAB, *safety.CONVENTIONAL)
    begun = [
        period.started
        for period in taken
        if period.kind in kinds and period.covers(day) and period.started is not None
    ]
    return min(begun, default=None)


def after(day: date | None) -> date | None:
    """The first day on which it is over."""
    return None if day is None else day + timedelta(days=1)
