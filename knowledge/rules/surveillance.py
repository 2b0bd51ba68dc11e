"""After an operation, what is due, and when? The calendar as items with stable keys."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from knowledge.rows import Entry
from knowledge.rules.field_of_view import site_named
from knowledge.rules.imaging import technique
from knowledge.rules.reference_intervals import Level
from knowledge.rules.remission import Course, months_after
from knowledge.tables import Table
from knowledge.terms.obligation import Ladder, ObligationStatus
from knowledge.terms.quantity import Quantity

TABLE = Table.beside(__file__)
LIFELONG = date.max


class Tier(StrEnum):
    """How closely somebody is watched."""

    STANDARD = "STANDARD"
    HIGH = "HIGH"


@dataclass(frozen=True, slots=True)
class Operation:
    """FHIR Procedure: the removal, as far as the risk of recurrence turns on it."""

    day: date
    site: str | None = None
    margin: str | None = None
    tissue: str | None = None
    histology: str | None = None
    procedure: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Something that happened and may close an item: results of analytes, or an act."""

    day: date
    closes: frozenset[str]
    raised: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ended:
    """A person ended an item without a result: not indicated, declined, done elsewhere."""

    day: date
    status: ObligationStatus


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is due. (rule, occurrence) is its key; it does not change while it is open."""

    rule: str
    occurrence: str
    act: str
    due: date
    opens: date
    closes: date
    until: date | None
    ladder: Ladder
    status: ObligationStatus = ObligationStatus.OPEN
    done_on: date | None = None


Endings = Mapping[tuple[str, str], Ended]


def risk_tier(
    operation: Operation, early_fgf23: Iterable[tuple[date, Level]], *, refractory: bool, on: date
) -> tuple[Tier, tuple[str, ...]]:
    """How closely must this patient be watched, and why? A margin nobody states is unknown."""
    why = [
        name
        for name, said in (
            ("margin", operation.margin or "unknown"),
            ("procedure", operation.procedure),
            ("site", operation.site),
            ("tissue", operation.tissue),
            ("bone_site", None if operation.tissue else operation.site),
            ("histology", operation.histology),
        )
        if said is not None and _is_risky(name, said)
    ]
    first, last = TABLE.whole("fgf23_early_from", on), TABLE.whole("fgf23_early_until", on)
    if any(
        level is Level.HIGH and first <= (day - operation.day).days <= last
        for day, level in early_fgf23
    ):
        why.append("fgf23_raised_early")
    if refractory:
        why.append("earlier_recurrence")
    return (Tier.HIGH if why else Tier.STANDARD), tuple(why)


def _is_risky(name: str, said: str) -> bool:
    risky = TABLE.entries["high_risk"][name].fields["values"]
    plain = " ".join(said.lower().replace("_", " ").split())
    site = site_named(said) if name in ("site", "bone_site") else None
    return said in risky or plain in risky or (site is not None and site.code in risky)


def is_malignant(operation: Operation) -> bool:
    """Was malignant tissue removed?"""
    return operation.histology is not None and _is_risky("histology", operation.histology)


def calendar(
    operation: Operation,
    way: Course,
    tier: Tier,
    done: Sequence[Done],
    endings: Endings,
) -> tuple[Item, ...]:
    """What is due after this operation, what was done, and what fell away?

    Of a recurring item only the next occurrence exists. Items of a state that has passed are gone.
    """
    items: list[Item] = []
    for row in TABLE.entries["series"].values():
        items += _series(row, operation, way, done, endings)
    visit = next((item for item in items if item.rule == "FUP-03"), None)
    for row in TABLE.entries["recurring"].values():
        if _concerns(row, operation, way, tier):
            items += _recurring(row, operation, visit, done, endings)
    return tuple(items)


def while_searching(opened: date, done: Sequence[Done], endings: Endings) -> tuple[Item, ...]:
    """What is due while nothing was found that could be removed?"""
    nothing = Operation(opened)
    return tuple(
        item
        for row in TABLE.entries["searching"].values()
        for item in _recurring(row, nothing, None, done, endings)
    )


def acts_of_study(modality: str, tracer: str | None) -> frozenset[str]:
    """Which acts has somebody done with this study?"""
    how = technique(modality, tracer)
    plain = modality.strip().lower().replace("_", " ")
    named = [
        row.fields["act"]
        for row in TABLE.entries["study_acts"].values()
        if plain in (row.key, *row.fields["also"])
    ]
    return frozenset([*named, *([how.act] if how and how.act else [])])


def _concerns(row: Entry, operation: Operation, way: Course, tier: Tier) -> bool:
    states, wanted = row.fields["states"], row.fields["tier"]
    if wanted == "MALIGNANT" and not is_malignant(operation):
        return False
    return wanted in ("any", "MALIGNANT", tier) and (not states or way.state in states)


def _closing(fields: Mapping[str, Any]) -> frozenset[str]:
    return frozenset([*fields["closed_by"], fields["act"]])


def _series(
    row: Entry, operation: Operation, way: Course, done: Sequence[Done], endings: Endings
) -> list[Item]:
    """Fixed days after their trigger."""
    fields = row.fields
    applies = "states" not in fields or way.state in fields["states"]
    if fields["from"] == "last_low":
        repeats = [_planned(row, day, 0) for day in way.suspicions]
        settled = [one for item in repeats for one in _closed_in_order(row, [item], done, endings)]
        return [item for item in settled if applies or item.done_on is not None]
    if not applies:
        return []
    start = operation.day if fields["from"] == "surgery" else way.entered(fields["states"])
    planned = [_planned(row, start, number) for number in range(len(fields["days"]))]
    return _closed_in_order(row, planned, done, endings)


def _planned(row: Entry, start: date, number: int) -> Item:
    fields = row.fields
    days = fields["days"][number]
    due = start + timedelta(days=days)
    fixed = fields["from"] == "surgery"
    return Item(
        rule=row.key,
        occurrence=f"d{days}" if fixed else due.isoformat(),
        act=fields["act"],
        due=due,
        opens=max(start, due - timedelta(days=fields["before"])),
        closes=due + timedelta(days=fields["after"][number]),
        until=start + timedelta(days=fields["days"][-1]),
        ladder=Ladder(fields["ladder"]),
    )


def _closes(done: Done, row: Entry, opens: date, before: date | None) -> bool:
    return (
        done.day >= opens
        and (before is None or done.day < before)
        and bool(done.closes & _closing(row.fields))
    )


def _closed_in_order(
    row: Entry, planned: Sequence[Item], done: Sequence[Done], endings: Endings
) -> list[Item]:
    """Close each by the first result before the next one opens; what was passed over falls away."""
    items: list[Item] = []
    for number, item in enumerate(planned):
        after = planned[number + 1].opens if number + 1 < len(planned) else None
        result = next((d for d in done if _closes(d, row, item.opens, after)), None)
        ended = endings.get((item.rule, item.occurrence))
        if result is not None:
            item = replace(item, status=ObligationStatus.DONE, done_on=result.day)
        elif ended is not None:
            item = replace(item, status=ended.status, done_on=ended.day)
        items.append(item)
        if row.fields.get("while_raised") and not (
            result is not None and result.raised & _closing(row.fields)
        ):
            break
    last_done = max(
        (n for n, item in enumerate(items) if item.status is ObligationStatus.DONE), default=-1
    )
    return [
        replace(item, status=ObligationStatus.CANCELLED)
        if n < last_done and item.status is ObligationStatus.OPEN
        else item
        for n, item in enumerate(items)
    ]


def _recurring(
    row: Entry,
    operation: Operation,
    visit: Item | None,
    done: Sequence[Done],
    endings: Endings,
) -> list[Item]:
    """One after another: each counts from the day on which the one before was really done."""
    fields = row.fields
    if "after_rule" in fields:
        if visit is None or (visit.done_on is None and not fields.get("planned_ahead")):
            return []
        anchor = visit.done_on or visit.due
        due = _next_due(fields, operation.day, anchor)
    else:
        anchor = operation.day
        due = operation.day + timedelta(days=fields["first"])
    items: list[Item] = []
    while due is not None:
        item = _occurrence(row, operation, anchor, due)
        result = next((d for d in done if _closes(d, row, item.opens, None)), None)
        ended = endings.get((item.rule, item.occurrence))
        if result is None and ended is None:
            return [*items, item]
        if result is not None:
            item = replace(item, status=ObligationStatus.DONE, done_on=result.day)
            anchor = result.day
        else:
            assert ended is not None
            item = replace(item, status=ended.status, done_on=ended.day)
            anchor = max(ended.day, due)
        items.append(item)
        due = _next_due(fields, operation.day, anchor)
    return items


def _occurrence(row: Entry, operation: Operation, anchor: date, due: date) -> Item:
    window = timedelta(days=row.fields["window"])
    last = row.fields["phases"][-1].get("until")
    return Item(
        rule=row.key,
        occurrence=due.isoformat(),
        act=row.fields["act"],
        due=due,
        opens=max(anchor + timedelta(days=1), due - window),
        closes=due + timedelta(days=row.fields.get("after", window.days)),
        until=None if last is None else months_after(operation.day, last),
        ladder=Ladder(row.fields["ladder"]),
    )


def _next_due(fields: Mapping[str, Any], operated: date, anchor: date) -> date | None:
    """When next, counted from the day it was last done? None after the last phase."""
    for phase in fields["phases"]:
        until = months_after(operated, phase["until"]) if "until" in phase else LIFELONG
        if anchor < until:
            due = anchor + timedelta(days=phase["days"])
            is_last = phase is fields["phases"][-1]
            return due if not is_last or due <= until else None
    return None


def is_lifelong(operated: date, on: date) -> bool:
    """Has the last phase with an end passed, so that checks are yearly for life (FU-008)?"""
    phases = TABLE.entries["recurring"]["FUP-04"].fields["phases"]
    return on >= months_after(operated, max(phase.get("until", 0) for phase in phases))


def is_urgently_low(phosphate: Quantity, on: date) -> bool:
    """Must somebody be called today (MON-02)?"""
    return phosphate.below(TABLE.value("urgent_phosphate", on)) is True


def is_hungry_bone(calcium: Quantity, on: date) -> bool:
    """Does calcium say that the bone takes too much (MON-07)?"""
    return calcium.below(TABLE.value("low_calcium", on)) is True


def fallback_phosphate(on: date) -> tuple[Quantity, Quantity]:
    """Between which limits is phosphate normal, where nothing better is known?"""
    return TABLE.value("fallback_phosphate_low", on), TABLE.value("fallback_phosphate_high", on)
