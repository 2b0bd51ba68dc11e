"""When may an SSTR scan be made after a somatostatin analogue?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from knowledge.rows import Entry
from knowledge.rules.imaging import by_name, plain
from knowledge.tables import Table

TABLE = Table.beside(__file__)
LONG, SHORT = "long_acting", "short_acting"


@dataclass(frozen=True, slots=True)
class AnalogueDose:
    """One dose: which agent or form, and when. `next_on` where the next one is planned."""

    agent: str | None
    form: str | None
    given: datetime | date | None
    next_on: date | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Until when an SSTR scan waits. `now`: it need not, but is best just before the next dose."""

    rule: str
    until: date | None
    waits: bool
    because: str


@cache
def _agents() -> Mapping[str, Entry]:
    return by_name(TABLE.entries["agents"].values())


def form_of(dose: AnalogueDose) -> str | None:
    """Is it long- or short-acting? None: nobody said, and the agent is not in the table."""
    if dose.form is not None:
        return dose.form
    known = _agents().get(plain(dose.agent)) if dose.agent else None
    return None if known is None else str(known.fields["form"])


def holds(doses: Iterable[AnalogueDose], at: datetime) -> list[Hold]:
    """What do the last doses of each form mean for an SSTR scan asked for now?"""
    last: dict[str, AnalogueDose] = {}
    for dose in doses:
        form = form_of(dose) or LONG
        if form not in last or _moment(dose, at) > _moment(last[form], at):
            last[form] = dose
    found = []
    if LONG in last:
        found.append(_long_acting(last[LONG], at))
    if SHORT in last:
        found += _short_acting(last[SHORT], at)
    return found


def _long_acting(dose: AnalogueDose, at: datetime) -> Hold:
    if dose.given is None:
        because = "long-acting analogue, its last dose not known: ask, and book before the next"
        return Hold("LOC-031", dose.next_on, True, because)
    given = dose.given.date() if isinstance(dose.given, datetime) else dose.given
    interval = timedelta(days=TABLE.whole("long_acting_interval", at.date()))
    until = dose.next_on or given + interval
    waits = at.date() < given + interval and at.date() < until
    because = f"long-acting analogue on {given}: just before the next dose, {until}"
    return Hold("LOC-031", until, waits, because)


def _short_acting(dose: AnalogueDose, at: datetime) -> list[Hold]:
    hold = timedelta(hours=TABLE.whole("short_acting_hold", at.date()))
    until = _moment(dose, at) + hold
    if at >= until:
        return []
    because = "short-acting analogue: hold it for 24 h before the scan"
    return [Hold("LOC-032", until.date(), True, because)]


def _moment(dose: AnalogueDose, at: datetime) -> datetime:
    """When it was given; a day counts until its end, and an unknown day as today."""
    if isinstance(dose.given, datetime):
        return dose.given
    return datetime.combine(dose.given or at.date(), time.max, at.tzinfo)
