"""What may be due: the rows of the calendar as they stand in its table, and their items."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from knowledge.rows import Entry
from knowledge.rules.imaging import technique
from knowledge.tables import Table
from knowledge.terms.obligation import Ladder, ObligationStatus

TABLE = Table.beside(__file__)
LIFELONG = date.max


@dataclass(slots=True)
class Done:
    """Something that happened and may close an item: results of analytes, or an act.

    Nobody changes one; it is not frozen because so many are made.
    """

    day: date
    closes: frozenset[str]
    raised: frozenset[str] = frozenset()
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """A person ended an item without a result: not indicated, declined, done elsewhere."""

    day: date
    status: ObligationStatus
    disposition: str = ""
    reason: str = ""


Endings = Mapping[tuple[str, str], Ended]


@dataclass(slots=True)
class Item:
    """One thing that is due. (rule, occurrence) is its key; it does not change while it is open.

    It ends once: done, cancelled or missed, on `ended_on`, with one disposition and its reason.
    While it is open, `lapses` is the day on which nobody asks for it any more. Only the scheduler
    changes one, while it makes it.
    """

    rule: str
    occurrence: str
    act: str
    due: date
    opens: date
    closes: date
    until: date | None
    ladder: Ladder
    critical: bool = False
    radionuclide: bool = False
    tied: bool = False
    status: ObligationStatus = ObligationStatus.OPEN
    done_on: date | None = None
    ended_on: date | None = None
    disposition: str | None = None
    reason: str = ""
    closed_by: tuple[str, ...] = ()
    not_measured: tuple[str, ...] = ()
    lapses: date | None = None
    may_wait_until: date | None = None
    """Until when a clinician may let it wait, as far as the specification allows that."""

    @property
    def is_open(self) -> bool:
        """Does somebody still have to do it?"""
        return self.status is ObligationStatus.OPEN


@dataclass(frozen=True, slots=True)
class Phase:
    """An interval in days, and until when after the trigger it counts, if not for good."""

    days: int
    until_months: int | None
    until_days: int | None


@dataclass(frozen=True, slots=True)
class Longer:
    """An interval that a clinician may choose while these rules are known not to hold."""

    days: int
    normal: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of the calendar. Each is made once, so it is known by being itself."""

    key: str
    rule: str
    tag: str
    act: str
    counts_from: str
    ladder: Ladder
    closing: frozenset[str]
    measures: tuple[tuple[str, ...], ...]
    states: frozenset[str]
    tier: str
    therapy: str
    critical: bool
    radionuclide: bool
    days: tuple[int, ...]
    before: int
    after: tuple[int, ...]
    chased: int | None
    while_raised: bool
    leads_to: tuple[str, ...]
    raised_by: frozenset[str]
    profiles: frozenset[str]
    not_profiles: frozenset[str]
    within: int | None
    first: int | None
    phases: tuple[Phase, ...]
    after_rule: str | None
    planned_ahead: bool
    unsettled_by: frozenset[str]
    after_dose: int | None
    apart: int | None
    tied: bool
    allowed: Longer | None

    @property
    def after_operation(self) -> bool:
        """Does it count from an operation, or from a state or a suspicion after one?"""
        return self.counts_from in ("surgery", "state", "low") and not self.therapy

    def is_for(self, label: str) -> bool:
        """Is this the row of that label's region?"""
        return (not self.profiles or label in self.profiles) and label not in self.not_profiles


@lru_cache
def series() -> tuple[Row, ...]:
    """Every row of fixed days."""
    return tuple(_row(entry) for entry in TABLE.entries["series"].values())


@lru_cache
def recurring() -> tuple[Row, ...]:
    """Every row that comes again."""
    return tuple(_row(entry) for entry in TABLE.entries["recurring"].values())


@lru_cache(maxsize=512)
def concerning(
    kinds: frozenset[str], label: str, *, operated: bool
) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Which series, and which rows that come again, may speak of who was treated so?

    The rows of other drugs, of other labels, and those after an operation nobody had, are left out.
    """

    def may_speak(row: Row) -> bool:
        treated = row.therapy in kinds if row.therapy else operated or not row.after_operation
        return treated and row.is_for(label)

    return tuple(filter(may_speak, series())), tuple(filter(may_speak, recurring()))


@lru_cache(maxsize=512)
def may_be_longer(kinds: frozenset[str]) -> tuple[str, ...]:
    """On which rules does it turn whether somebody treated so may wait longer for anything?"""
    asked = [one.allowed.normal for one in recurring() if one.allowed and one.therapy in kinds]
    return tuple(sorted(frozenset().union(*asked)))


@lru_cache(maxsize=512)
def following(row: Row) -> tuple[Row, ...]:
    """Which rows take over from this one, where nobody met it?"""
    return tuple(one for one in recurring() if one.key in row.leads_to)


def _row(entry: Entry) -> Row:
    fields: Mapping[str, Any] = entry.fields
    window = fields.get("window", 0)
    after = fields.get("after", window)
    return Row(
        key=entry.key,
        rule=fields.get("rule", entry.key),
        tag=fields.get("tag", ""),
        act=fields["act"],
        counts_from=fields["from"],
        ladder=Ladder(fields["ladder"]),
        closing=frozenset([*fields["closed_by"], fields["act"]]),
        measures=tuple(tuple(one.split("|")) for one in fields.get("measures", ())),
        states=frozenset(fields.get("states", ())),
        tier=fields.get("tier", "any"),
        therapy=fields.get("therapy", ""),
        critical=fields.get("critical", False),
        radionuclide=fields.get("radionuclide", False),
        days=tuple(fields.get("days", ())),
        before=fields.get("before", window),
        after=tuple(after) if isinstance(after, list) else (after,),
        chased=fields.get("chased"),
        while_raised=fields.get("while_raised", False),
        leads_to=tuple(fields.get("leads_to", ())),
        raised_by=frozenset(fields.get("raised_by", ())),
        profiles=frozenset(fields.get("profiles", ())),
        not_profiles=frozenset(fields.get("not_profiles", ())),
        within=fields.get("within"),
        first=fields.get("first"),
        phases=tuple(
            Phase(phase["days"], phase.get("until"), phase.get("until_days"))
            for phase in fields.get("phases", ())
        ),
        after_rule=fields.get("after_rule"),
        planned_ahead=fields.get("planned_ahead", False),
        unsettled_by=frozenset(fields.get("unsettled_by", ())),
        after_dose=fields.get("after_dose"),
        apart=fields.get("apart"),
        tied=fields.get("tied", False),
        allowed=_longer(fields["allowed"]) if "allowed" in fields else None,
    )


def _longer(said: Mapping[str, Any]) -> Longer:
    return Longer(said["days"], frozenset(said["normal"]))


def acts_of_study(modality: str, tracer: str | None) -> frozenset[str]:
    """Which acts has somebody done with this study?"""
    how = technique(modality, tracer)
    plain = modality.strip().lower().replace("_", " ")
    named = [
        row.fields["act"]
        for row in TABLE.entries["study_acts"].values()
        if plain in (row.key.replace("_", " "), *row.fields["also"])
    ]
    return frozenset([*named, *([how.act] if how and how.act else [])])


def ends_search(state: str) -> bool:
    """Has the tumor been found, by this state of the search?"""
    return state in TABLE.entries["search_ends"]


def found_nothing(state: str) -> bool:
    """Has a search found nothing that could be removed, by this state of it?"""
    return state in TABLE.entries["search_goes_on"]


@lru_cache
def looked_for_again() -> frozenset[str]:
    """In which states is a tumor looked for after an operation?"""
    return frozenset(TABLE.entries["looked_for_again"])


def owner_of_missed() -> str:
    """Who has to look after what nobody did in time?"""
    return str(TABLE.entries["owners"]["missed"].fields["owner"])


def days_apart() -> int:
    """How many days are two radionuclide scans kept apart?"""
    return int(TABLE.entries["apart"]["radionuclide"].fields["days"])


def days_from_due() -> int:
    """How many days from its due day may something be done for the sake of a common visit?"""
    return int(TABLE.entries["gathered"]["visit"].fields["days"])


def is_told(item: Item, on: date) -> bool:
    """Does a journey have to hear of this item: is it open, or did it end not long ago?"""
    kept = int(TABLE.entries["retold"]["ended"].fields["days"])
    return item.ended_on is None or (on - item.ended_on).days <= kept
