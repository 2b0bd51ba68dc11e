"""How much burosumab does which label give? By weight, step and ceiling; every cell is cited."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from knowledge.rows import Entry
from knowledge.tables import Table
from knowledge.terms.finding import ReadStatus
from knowledge.vouching import STRENGTH

TABLE = Table.beside(__file__)
NO_PROFILE = "none"
ADULT = "adult"
NOUGHT = "a dose: by weight and rounding none is left"


@dataclass(frozen=True, slots=True)
class Label:
    """What one region's label says for one person. `unknown` says why it says nothing."""

    region: str
    who: str
    unknown: str = ""

    def cell(self, name: str) -> Entry | None:
        """The cell of this name; None where nobody has read it."""
        entry = TABLE.entry("cells", f"{self.region} {self.who} {name}")
        return entry if entry is not None and entry.fields["known"] else None

    def number(self, name: str) -> Decimal | None:
        """The same as a number."""
        entry = self.cell(name)
        return None if entry is None else Decimal(entry.fields["value"])

    def ceiling(self, name: str) -> tuple[Decimal, Entry]:
        """The most of this: what the label allows, and never above what anybody may be given."""
        anybody = TABLE.entries["ceilings"]["anybody"]
        own, most = self.cell(name), Decimal(anybody.fields[name])
        if own is None or Decimal(own.fields["value"]) > most:
            return most, anybody
        return Decimal(own.fields["value"]), own

    @property
    def read_status(self) -> ReadStatus | None:
        """How far was read what it says of a course? None: as far as the rule."""
        if self.unknown:
            return ReadStatus.UNVERIFIED
        row = TABLE.entry("courses", self.region)
        return None if row is None else row.citation.read_status


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose and how it was worked out. `mg` is None where something is missing."""

    mg: Decimal | None
    every_days: int | None
    per_kg: Decimal | None = None
    arithmetic: tuple[str, ...] = ()
    cells: tuple[Entry, ...] = ()
    missing: tuple[str, ...] = ()
    capped: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the cells stand that were used."""
        return tuple(dict.fromkeys(s for cell in self.cells for s in cell.citation.source))

    @property
    def read_status(self) -> ReadStatus:
        """How far was the least read of them read?"""
        found = [STRENGTH.index(cell.citation.read_status) for cell in self.cells]
        return STRENGTH[max(found)] if found else ReadStatus.UNVERIFIED

    @property
    def rate(self) -> Decimal:
        """How much a day, to compare doses of other intervals."""
        return (self.mg or Decimal(0)) / Decimal(self.every_days or 1)


def label_for(profile: str | None, age: Decimal | None) -> Label:
    """Which label counts for this person? An unknown one is said to be unknown."""
    asked = (profile or NO_PROFILE).strip()
    row = next((row for row in TABLE.entries["profiles"].values() if _is_named(row, asked)), None)
    if row is None:
        return Label(asked, "", f"no label of {asked!r} is known here: ask locally")
    if not row.fields["known"]:
        return Label(row.key, "", f"label {row.key}: {row.citation.note}")
    if age is None:
        return Label(row.key, "", "the age is not known, and with it who the label speaks of")
    for person in TABLE.entries["people"].values():
        region, who = person.key.split(" ")
        if region == row.key and person.fields["from"] <= age < person.fields["below"]:
            return Label(region, who)
    return Label(row.key, "", f"label {row.key} does not begin at this age")


def _is_named(row: Entry, asked: str) -> bool:
    return asked.casefold() in (row.key.casefold(), *(one.casefold() for one in row.fields["also"]))


def starting_dose(label: Label, kg: Decimal | None) -> Dose:
    """With how much does this label begin?"""
    if label.unknown:
        return Dose(None, None, missing=(label.unknown,))
    cell = TABLE.entries["cells"][f"{label.region} {label.who} start"]
    if not cell.fields["known"]:
        return Dose(None, None, cells=(cell,), missing=(_unread(label, cell),))
    return _by_weight(label, Decimal(cell.fields["value"]), cell.fields["every"], kg, cell)


def next_steps(label: Label, mg: Decimal, every_days: int, kg: Decimal | None) -> tuple[Dose, ...]:
    """What comes after this dose: first what is proposed, then other ways. Nothing at the top."""
    if label.unknown:
        return (Dose(None, None, missing=(label.unknown,)),)
    cell = TABLE.entries["cells"][f"{label.region} {label.who} steps"]
    if not cell.fields["known"]:
        return (Dose(None, None, cells=(cell,), missing=(_unread(label, cell),)),)
    if kg is None:
        return (Dose(None, None, cells=(cell,), missing=("weight_kg",)),)
    now = Dose(mg, every_days)
    if "steps" in cell.fields:
        steps = [
            [_by_weight(label, Decimal(per_kg), int(every), kg, cell) for per_kg, every in ways]
            for ways in cell.fields["steps"]
        ]
        return _next_of(steps, now)
    start = starting_dose(label, kg)
    first, later = (Decimal(step) for step in cell.fields["add"])
    for per_kg in _levels(start.per_kg or Decimal(0), first, later):
        dose = _by_weight(label, per_kg, start.every_days or every_days, kg, cell)
        if dose.rate > now.rate:
            return (dose,)
        if dose.capped:
            return ()
    return ()


def _next_of(steps: Sequence[Sequence[Dose]], now: Dose) -> tuple[Dose, ...]:
    """The step after the highest that is reached; the present interval goes first."""
    reached = [place for place, ways in enumerate(steps) if _least(ways) <= now.rate]
    for ways in steps[(reached[-1] + 1 if reached else 0) :]:
        higher = [dose for dose in ways if dose.rate > now.rate]
        if higher:
            return tuple(sorted(higher, key=lambda dose: dose.every_days != now.every_days))
    return ()


def _least(ways: Sequence[Dose]) -> Decimal:
    """How much a day is this step at least? A dose cut by its ceiling is not the whole step."""
    whole = [dose.rate for dose in ways if not dose.capped]
    return min(whole or [dose.rate for dose in ways])


def _levels(start: Decimal, first: Decimal, later: Decimal) -> Iterator[Decimal]:
    yield start
    level = start + first
    while True:
        yield level
        level += later


def restart_dose(label: Label, mg: Decimal, every_days: int) -> Dose:
    """With how much is it begun again after a hold? Lower than before."""
    if label.unknown:
        return Dose(None, every_days, missing=(label.unknown,))
    known = TABLE.entry("restarts", f"{mg.normalize():f}")
    if known is not None:
        to = Decimal(known.fields["to"])
        said = (
            f"after {mg.normalize():f} mg an example of X-linked hypophosphatemia goes on with "
            f"{to} mg; the table for this disease was not read"
        )
        return Dose(to, every_days, arithmetic=(said,), cells=(known,))
    row = TABLE.values["restart_share"].newest
    by = label.number("rounding") or Decimal(1)
    to = (mg * row.number / by).to_integral_value(ROUND_DOWN) * by
    part = (mg * row.number).normalize()
    said = f"{mg.normalize():f} mg × {row.number} = {part:f} mg, down to {by} mg: {to:f}"
    cells = (Entry("restart_share", {}, row.citation),)
    if to <= 0:
        missing = ("a lower dose than this one: the prescriber says",)
        return Dose(None, every_days, arithmetic=(said,), cells=cells, missing=missing)
    return Dose(to, every_days, arithmetic=(said,), cells=cells)


def _by_weight(label: Label, per_kg: Decimal, every: int, kg: Decimal | None, cell: Entry) -> Dose:
    """Weight, rounding, ceilings: line by line."""
    if kg is None:
        return Dose(None, every, per_kg, cells=(cell,), missing=("weight_kg",))
    exact = per_kg * kg
    lines = [f"{per_kg:f} mg/kg × {kg.normalize():f} kg = {exact.normalize():f} mg"]
    cells = [cell]
    dose = Dose(exact, every, per_kg)
    rounding = label.cell("rounding")
    if rounding is not None:
        by = Decimal(rounding.fields["value"])
        mg = (exact / by).to_integral_value(ROUND_HALF_UP) * by
        lines.append(f"rounded to {by:f} mg: {mg.normalize():f} mg")
        cells.append(rounding)
        most = _under(label, mg, by, kg, lines, cells)
        dose = replace(dose, mg=most, capped=most < mg)
        if most <= 0:
            dose = replace(dose, mg=None, missing=(NOUGHT,))
    return replace(dose, arithmetic=tuple(lines), cells=tuple(cells))


def _under(
    label: Label, mg: Decimal, by: Decimal, kg: Decimal, lines: list[str], cells: list[Entry]
) -> Decimal:
    """Not above what is the most: per weight, and at all."""
    for name, factor in (("per_kg_max", kg), ("dose_max", Decimal(1))):
        ceiling, cell = label.ceiling(name)
        most = ceiling * factor
        cells.append(cell)
        what = f"{most.normalize():f} mg"
        if label.cell(name) is None:
            what += f" ({name.replace('_', ' ')} not known for this label: nobody goes above)"
        if mg > most:
            mg = (most / by).to_integral_value(ROUND_DOWN) * by
            lines.append(f"not above {what}: {mg.normalize():f} mg")
        else:
            lines.append(f"not above {what}: kept")
    return mg


def _unread(label: Label, cell: Entry) -> str:
    return f"label {label.region}, {cell.key.split(' ', 1)[1]}: {cell.citation.note}"
