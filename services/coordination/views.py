"""What the pages show, put into words and order. Nothing here reads a database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.coordination import wording
from services.coordination.contract import OwedObligation, Reminder, ReminderStatus, WorklistRow
from services.coordination.tables import EventRow, JourneyRow
from services.coordination.worklist import Urgency, today, urgency


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A row of the worklist with the reason for its place."""

    row: WorklistRow
    urgency: Urgency
    why: str


def queue_entry(row: WorklistRow, journey: JourneyRow, now: datetime) -> QueueEntry:
    """Why does this journey stand where it stands?"""
    on = today(journey.zone, journey.clock_ahead_seconds, now)
    pressing = urgency(row.next_due, on)
    why = when_due(row.next_due, on)
    if row.overdue > 1:
        why += f", and {row.overdue - 1} more"
    return QueueEntry(row, pressing, why)


def when_due(due: date | None, on: date) -> str:
    """How far away is it, in words?"""
    if due is None:
        return "Nothing is due"
    days = (due - on).days
    if days < 0:
        return f"{wording.days(-days)} overdue"
    if days == 0:
        return "Due today"
    return "Due tomorrow" if days == 1 else f"Due in {wording.days(days)}"


@dataclass(frozen=True, slots=True)
class Step:
    """One phase in the row of phases."""

    code: str
    words: str
    is_current: bool


def steps(phase: str) -> list[Step]:
    """The phases, and where the journey stands."""
    return [Step(code, words, code == phase) for code, words in wording.PHASES.items()]


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
    """What is open, the most pressing first, and what has ended, the latest first."""
    said: dict[tuple[str, str], list[Reminder]] = {}
    for reminder in reminders:
        if reminder.status is not ReminderStatus.OVERTAKEN:
            said.setdefault((reminder.rule, reminder.occurrence), []).append(reminder)
    is_open = [
        Due(
            one,
            urgency(one.due, on),
            when_due(one.due, on),
            said.get((one.rule, one.occurrence), []),
        )
        for one in owed
        if one.status == "open"
    ]
    return is_open, [one for one in reversed(owed) if one.status != "open"]


@dataclass(frozen=True, slots=True)
class Told:
    """An event as the page shows it."""

    id: UUID
    what: str
    occurred_at: datetime
    told_by: str
    source: str
    outcome: str
    reason: str
    gist: list[str]


def told(event: EventRow) -> Told:
    """What was told, by whom, and what became of it?"""
    return Told(
        id=event.id,
        what=wording.KINDS.get(event.kind, wording.title(event.kind)),
        occurred_at=event.occurred_at,
        told_by=event.told_by,
        source=event.source or "",
        outcome=event.outcome,
        reason=event.reason,
        gist=_gist(event.kind, event.payload),
    )


def _gist(kind: str, payload: Mapping[str, Any]) -> list[str]:
    """The few words that tell one event of a kind from another."""
    if kind == "decision":
        answer = str(payload.get("answer", ""))
        return [
            f"{wording.ANSWERS.get(answer, wording.title(answer))}: {payload.get('reason', '')}"
        ]
    if kind == "observations":
        said = payload.get("observations")
        return (
            [_value(one) for one in said if isinstance(one, dict)] if isinstance(said, list) else []
        )
    if kind in ("study", "order"):
        words = (
            payload.get("act") and wording.act_in_words(str(payload["act"])),
            payload.get("modality"),
            payload.get("tracer"),
            payload.get("status") if kind == "order" else None,
        )
        return [wording.title(" ".join(str(word) for word in words if word))]
    if kind in ("disposition", "acknowledgement"):
        ended = wording.DISPOSITIONS.get(str(payload.get("disposition")), "Seen")
        return [f"{ended} {payload.get('reason', '')}".strip()]
    return []


def _value(said: Mapping[str, Any]) -> str:
    name = wording.act_in_words(str(said.get("analyte") or said.get("loinc") or "?"))
    amount = (
        f"{said.get('comparator') or ''}{said.get('value', '')} {said.get('unit') or '(no unit)'}"
    )
    return f"{name} {amount}"


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what it says."""

    label: str
    words: str


def _born(patient: Mapping[str, Any]) -> Fact:
    """As exactly as it was told."""
    born, age = patient.get("birth_date"), patient.get("age_years")
    if born:
        return Fact("Born", wording.day(date.fromisoformat(born)))
    return Fact("Age", "not said" if age is None else f"{age:g} years")


def facts(journey: JourneyRow) -> list[Fact]:
    """The few things to know about a journey at a glance."""
    patient = journey.patient
    return [
        Fact("Sex", wording.sentence(str(patient.get("sex", "unknown")))),
        _born(patient),
        Fact("Reference profile", wording.plain(journey.profile)),
        Fact("Assigned to", journey.assignee or "nobody"),
        Fact("Time zone", journey.zone),
        Fact("Started", wording.day(journey.started_at.astimezone(UTC).date())),
    ]


def list_of(answer: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A list of things in an answer of another service; anything else is an empty list."""
    found = answer.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
