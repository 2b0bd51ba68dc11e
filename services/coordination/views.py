"""What the pages show, put into words and order. Nothing here reads a database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from knowledge.rules import queue
from knowledge.rules.sending_hours import Hours
from knowledge.terms.obligation import Ladder
from services.coordination import wording
from services.coordination.contract import OwedObligation, Reminder, ReminderStatus, WorklistRow
from services.coordination.language import count, say
from services.coordination.listing import Standing
from services.coordination.planning import climb_of
from services.coordination.reminding import due_of
from services.coordination.tables import JourneyRow, MomentRow, ObligationRow
from services.coordination.worklist import Key, Urgency, today, urgency


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A row of the worklist with the reason for its place."""

    row: WorklistRow
    urgency: Urgency
    why: str
    risk: str = ""
    attention: tuple[str, ...] = ()
    version: int = 0
    changed_by: str | None = None
    is_critical: bool = False
    act: str | None = None
    due: date | None = None
    earliest: str = ""


def queue_entry(row: WorklistRow, standing: Standing, now: datetime) -> QueueEntry:
    """Why does this journey stand where it stands?"""
    journey = standing.journey
    on = today(journey.zone, journey.clock_ahead_seconds, now)
    pressing = urgency(row.next_due, on)
    why = when_due(row.next_due, on)
    if row.overdue > 1:
        why = count("%(why)s, and %(n)s more", "%(why)s, and %(n)s more", row.overdue - 1, why=why)
    risk = say(RISKS[row.risk]) if row.risk in RISKS else ""
    act, due = row.next_act, row.next_due
    earliest = ""
    at = standing.pressing_overdue_at
    if standing.pressing is not None and at is not None:
        until = today(journey.zone, journey.clock_ahead_seconds, at)  # the day after it was due
        act, due = standing.pressing, until - timedelta(days=1)
        if row.next_act is not None and row.next_due is not None and row.next_act != act:
            first = f"{wording.act_in_words(row.next_act)}, {wording.day(row.next_due)}"
            earliest = say("earliest by date: %(what)s", what=first)
    return QueueEntry(
        row,
        pressing,
        why,
        risk,
        _attention(row.attention),
        standing.version,
        standing.changed_by,
        is_critical=row.risk == Ladder.CRITICAL,
        act=act,
        due=due,
        earliest=earliest,
    )


RISKS = {
    "critical": "Cannot wait: a critical result",
    "postoperative": "Stands earlier: just operated",
    "dose": "Stands earlier: a dose is due",
    "decision": "Stands earlier: others wait for it",
}
"""Why something stands before what is overdue for longer."""


def _attention(said: Sequence[str]) -> tuple[str, ...]:
    """What went wrong on a journey, in the language of the page: each is `number what`."""
    found = []
    for one in said:
        number, _, what = one.partition(" ")
        found.append(f"{number} {say(what)}" if number.isdigit() else say(one))
    return tuple(found)


def when_due(due: date | None, on: date) -> str:
    """How far away is it, in words?"""
    if due is None:
        return say("Nothing is due")
    days = (due - on).days
    if days < 0:
        return count("%(n)s day overdue", "%(n)s days overdue", -days)
    if days == 0:
        return say("Due today")
    return (
        say("Due tomorrow") if days == 1 else count("Due in %(n)s day", "Due in %(n)s days", days)
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One phase in the row of phases, and when the journey was in it."""

    code: str
    words: str
    is_current: bool
    entered: date | None
    left: date | None


def steps(journey: JourneyRow, moments: Sequence[MomentRow]) -> list[Step]:
    """The phases, and when the journey came into each last. `moments`: the newest first."""
    moved = [(journey.started_at, "assessment")]
    moved += [
        (moment.at, moment.detail.partition(":")[0])
        for moment in reversed(moments)
        if moment.what == "phase"
    ]
    zone = ZoneInfo(journey.zone)
    entered: dict[str, date] = {}
    left: dict[str, date] = {}
    for number, (at, phase) in enumerate(moved):
        entered[phase] = at.astimezone(zone).date()
        left.pop(phase, None)
        if number + 1 < len(moved):
            left[phase] = moved[number + 1][0].astimezone(zone).date()
    return [
        Step(code, say(words), code == journey.phase, entered.get(code), left.get(code))
        for code, words in wording.PHASES.items()
    ]


@dataclass(frozen=True, slots=True)
class Coming:
    """A reminder that has not been sent yet."""

    at: datetime
    act: str
    rung: str
    recipient: str
    means: str


MOST_COMING = 20


def coming(
    rows: Sequence[ObligationRow],
    said: Sequence[Reminder],
    hours: Hours,
    now: datetime,
    on: date,
) -> list[Coming]:
    """What will be said if nothing happens, by the very ladder that says it."""
    before: dict[Key, dict[str, date]] = {}
    for one in said:
        before.setdefault((one.rule, one.occurrence), {})[one.rung] = one.due
    found = []
    for row in rows:
        if row.status != "open":
            continue
        climb = climb_of(due_of(row), before.get((row.rule, row.occurrence), {}), hours, on)
        for rung in climb.steps:
            if rung.at > now and rung.key not in climb.settled:
                found.append(Coming(rung.at, row.act, rung.key, rung.recipient, rung.channel))
    return sorted(found, key=lambda one: one.at)[:MOST_COMING]


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is due, with what was said about it."""

    owed: OwedObligation
    urgency: Urgency
    when: str
    said: list[Reminder]


def dues(
    owed: Sequence[OwedObligation], reminders: Sequence[Reminder], on: date
) -> tuple[list[Due], list[OwedObligation]]:
    """What is open, in the order of the queue, and what has ended, the latest first.

    A critical result stands before what is overdue for longer and can wait, here as on the
    worklist; what somebody has put off is expected on the day to which it was put off.
    """
    said: dict[tuple[str, str], list[Reminder]] = {}
    for reminder in reminders:
        if reminder.status in (ReminderStatus.SENT, ReminderStatus.LATE):
            said.setdefault((reminder.rule, reminder.occurrence), []).append(reminder)
    places = sorted(
        (expected - timedelta(days=queue.lead_days(one.ladder)), number)
        for number, one in enumerate(owed)
        if one.status == "open"
        for expected in [_expected(one)]
    )
    is_open = [
        Due(
            one,
            urgency(_expected(one), on),
            when_due(_expected(one), on),
            said.get((one.rule, one.occurrence), []),
        )
        for one in (owed[number] for _, number in places)
    ]
    return is_open, [one for one in reversed(owed) if one.status != "open"]


def _expected(one: OwedObligation) -> date:
    return one.due if one.postponed_until is None else max(one.due, one.postponed_until)


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what it says."""

    label: str
    words: str


def _born(patient: Mapping[str, Any]) -> Fact:
    """As exactly as it was told."""
    born, age = patient.get("birth_date"), patient.get("age_years")
    if born:
        return Fact(say("Born"), wording.day(date.fromisoformat(born)))
    words = say("not said") if age is None else count("%(n)s year", "%(n)s years", int(age))
    return Fact(say("Age"), words)


def facts(journey: JourneyRow) -> list[Fact]:
    """The few things to know about a journey at a glance."""
    patient = journey.patient
    return [
        Fact(say("Sex"), wording.sentence(say(str(patient.get("sex", "unknown"))))),
        _born(patient),
        Fact(say("Reference profile"), wording.plain(journey.profile)),
        Fact(say("Assigned to"), journey.assignee or say("nobody")),
        Fact(say("Time zone"), journey.zone),
        Fact(
            say("Started"),
            wording.day(journey.started_at.astimezone(ZoneInfo(journey.zone)).date()),
        ),
    ]


def list_of(answer: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A list of things in an answer of another service; anything else is an empty list."""
    found = answer.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
