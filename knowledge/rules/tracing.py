"""When is a patient lost, and who looks for them, step by step?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from knowledge.tables import Table
from knowledge.terms.obligation import Ladder, Obligation

TABLE = Table.beside(__file__)
DETAILS = "TRACE-1"
"""The step that a wrong number or address asks for at once."""


class Reach(StrEnum):
    """Can this patient be reached?"""

    REACHED = "reached"
    UNANSWERED = "unanswered"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody tried to reach the patient: when, by what, and what came of it."""

    at: datetime
    means: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How the attempts stand: since the last answer, in the order in which they were made."""

    reach: Reach
    unanswered: int = 0
    lost_since: datetime | None = None
    wrong: tuple[str, ...] = ()
    """Means whose number or address turned out to be wrong since the patient was reached last."""


def standing(attempts: Iterable[Attempt], on: date) -> Standing:
    """Can the patient be reached, by what was tried so far? The order of telling does not count."""
    open_ones: list[Attempt] = []
    lost_since: datetime | None = None
    for attempt in sorted(attempts, key=lambda one: (one.at, one.means, one.outcome)):
        if TABLE.entries["outcomes"][attempt.outcome].fields["answered"]:
            open_ones, lost_since = [], None
            continue
        open_ones.append(attempt)
        if lost_since is None and _is_lost(open_ones, on):
            lost_since = attempt.at
    if not open_ones:
        return Standing(Reach.REACHED)
    wrong = [one.means for one in open_ones if _is_wrong(one)]
    reach = Reach.UNANSWERED if lost_since is None else Reach.LOST
    return Standing(reach, len(open_ones), lost_since, tuple(dict.fromkeys(wrong)))


def _is_wrong(attempt: Attempt) -> bool:
    return bool(TABLE.entries["outcomes"][attempt.outcome].fields["wrong"])


def _is_lost(unanswered: list[Attempt], on: date) -> bool:
    """Often enough, for long enough, by enough different means?"""
    lasted = unanswered[-1].at - unanswered[0].at
    return (
        len(unanswered) >= TABLE.whole("unanswered_attempts", on)
        and lasted >= timedelta(days=TABLE.whole("unanswered_days", on))
        and len({one.means for one in unanswered}) >= TABLE.whole("unanswered_means", on)
    )


def steps(since: date) -> tuple[Obligation, ...]:
    """What is to be done about somebody lost since this day, by whom and when?"""
    return tuple(_step(rule, since) for rule in TABLE.entries["steps"])


def check_details(since: date) -> Obligation:
    """What is to be done at once about a wrong number or address?"""
    return _step(DETAILS, since)


def _step(rule: str, since: date) -> Obligation:
    fields = TABLE.entries["steps"][rule].fields
    due = since + timedelta(days=int(fields["offset"]))
    return Obligation(
        rule=rule,
        occurrence=since.isoformat(),
        act=fields["act"],
        due=due,
        opens=due,
        ladder=Ladder(fields["ladder"]),
        because=TABLE.rules[rule].condition,
    )
