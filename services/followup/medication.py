"""Which drug was taken from when to when, as the safety rules read a history."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from knowledge.rules import follow_up_safety as safety
from knowledge.rules.beside_burosumab import kind_of
from knowledge.rules.follow_up_safety import Period
from knowledge.terms.contents import Contents
from knowledge.terms.sent import When
from services.followup.contract import Therapy
from services.followup.history import day_of

TREATMENTS = (safety.BUROSUMAB, *safety.CONVENTIONAL)
"""The kinds of drugs that treat the disease."""

Kinds = Mapping[str, str | None]
"""The kind of each drug that was told, by its name."""


def periods(therapies: Iterable[Therapy], on: date) -> tuple[Period, ...]:
    """What was taken when? A stop ends what was begun before it; a drug ordered counts as begun."""
    told = sorted(therapies, key=_turn)
    kinds = kinds_of(told)
    taken = _begun_and_stopped(told, kinds)
    return (*taken, *_doses(told, taken, kinds, on))


def kinds_of(told: Iterable[Therapy]) -> dict[str, str | None]:
    """Which kind is each of these drugs, by its name, else by what was said of it last?"""
    said: dict[str, Contents | None] = {}
    for therapy in told:
        agent = therapy.agent.strip().lower()
        said[agent] = therapy.contains or said.get(agent)
    return {agent: kind_of(agent, contents) for agent, contents in said.items()}


def is_undated(therapy: Therapy) -> bool:
    """Is it only told that it is taken? Then it is, and since when is not known."""
    begun = therapy.started_on is not None or therapy.ordered_on is not None
    return not begun and therapy.given_on is None and therapy.stopped_on is None


def _begun_and_stopped(told: Iterable[Therapy], kinds: Kinds) -> list[Period]:
    running: dict[str, Period] = {}
    ended: list[Period] = []
    for therapy in told:
        agent = therapy.agent.strip().lower()
        kind = kinds[agent]
        if kind is None:
            continue
        begun = _day(therapy.started_on or therapy.ordered_on)
        if therapy.stopped_on is not None:
            known = running.pop(agent, None)
            start = begun or (known.started if known else None)
            ended.append(Period(agent, kind, start, day_of(therapy.stopped_on)))
        elif begun is not None or is_undated(therapy):
            # Another dose of a drug that is taken already begins nothing new.
            running.setdefault(agent, Period(agent, kind, begun, None))
    return [*ended, *running.values()]


def _doses(told: Iterable[Therapy], taken: list[Period], kinds: Kinds, on: date) -> list[Period]:
    """Single doses of which nobody told a beginning; one after another they are one treatment."""
    found: dict[str, list[Period]] = {}
    for therapy in told:
        if therapy.given_on is None:
            continue
        agent = therapy.agent.strip().lower()
        kind = kinds[agent]
        if kind is None:
            continue
        given = day_of(therapy.given_on)
        if taken and any(p.agent == agent and p.covers(given) for p in taken):
            continue
        last = given + safety.dose_lasts(therapy.every_days, on)
        doses = found.setdefault(agent, [])
        if doses and doses[-1].covers(given):
            doses[-1].stopped = last
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


def since_when(treatments: Iterable[Period], day: date) -> date | None:
    """Since when is disease treated that is treated on this day? None: it is not, or unknown."""
    begun = [
        period.started for period in treatments if period.started is not None and period.covers(day)
    ]
    return min(begun, default=None)


def after(day: date | None) -> date | None:
    """The first day on which it is over."""
    return None if day is None else day + timedelta(days=1)
