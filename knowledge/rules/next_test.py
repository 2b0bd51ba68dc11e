"""Which test would settle most, and when?"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from knowledge.rules.classification import Classification
from knowledge.rules.genetics import TABLE as GENES
from knowledge.rules.picture import Picture
from knowledge.rules.telling_apart import (
    ANALYTES,
    columns_of,
    separated,
    smallest_set,
)
from knowledge.rules.work_up import known, needed, wanted
from knowledge.tables import Table

TABLE = Table.beside(__file__)
STEPS = TABLE.entries["steps"]
PLACES = {id: place for place, id in enumerate(STEPS)}
FIRST = "first"
PAIR = frozenset(ANALYTES["fepo4"])
"""Blood and urine of one collection: a pair is drawn whole, whatever is known already."""
FIRST_VISIT = frozenset({"M-00", "M-01", "M-02", "M-03", "M-04", "M-05"})


@dataclass(slots=True)
class Step:
    """One thing to order: what, within how many days, and why. `act` names it as an obligation.

    Nobody changes one once its visit is known.
    """

    id: str
    act: str
    order: tuple[str, ...]
    within_days: int
    because: str
    visit: int = 1
    separates: tuple[str, ...] = ()


def next_tests(
    picture: Picture, classed: Classification, causes: Iterable[str] = ()
) -> tuple[Step, ...]:
    """What should be done next, most pressing first?

    As little as settles most: of each step only what is missing, and needed by a rule or to tell
    apart the `causes` that are still open.
    """
    ids = frozenset(wanted(picture, classed))
    if not ids:
        return ()
    asked_for = frozenset(needed(picture)) if not ids.isdisjoint(FIRST_VISIT) else frozenset()
    return _steps(ids, tuple(causes), picture.severe, asked_for, known(picture))


@lru_cache(maxsize=8192)
def _steps(
    ids: frozenset[str],
    causes: tuple[str, ...],
    severe: bool,
    asked_for: frozenset[str],
    there: frozenset[str],
) -> tuple[Step, ...]:
    chosen = set(ids)
    telling: frozenset[str] = frozenset()
    if asked_for:
        offered = tuple(
            column
            for column, order in ANALYTES.items()
            if not there.issuperset(order) and (column != "fgf23" or "M-05" in ids)
        )
        columns = smallest_set(causes, offered)
        telling = frozenset(analyte for column in columns for analyte in ANALYTES[column])
        if "tubular" in columns and "M-00" not in ids:
            chosen.add("M-03")
    steps = []
    drawn: frozenset[str] = frozenset()
    for id in sorted(chosen, key=PLACES.__getitem__):
        step = _step(id, severe, asked_for | telling, there, drawn, causes)
        if step is None:
            continue
        steps.append(step)
        if STEPS[id].fields["visit"] == FIRST:
            drawn = drawn.union(step.order)
    return _in_visits(steps)


def _step(
    id: str,
    severe: bool,
    asked_for: frozenset[str],
    there: frozenset[str],
    drawn: frozenset[str],
    causes: tuple[str, ...],
) -> Step | None:
    """This step, with what is still missing. None when nothing of it is.

    `drawn` is what an earlier step draws at the first visit: nothing is drawn twice there.
    """
    fields = STEPS[id].fields
    order = tuple(fields["order"])
    if fields["visit"] == FIRST:
        order = tuple(analyte for analyte in order if analyte not in drawn)
    if not fields.get("again", False):
        again = PAIR if id == "M-00" else frozenset()
        order = tuple(one for one in order if one in again or one not in there)
        if id in FIRST_VISIT and id != "M-00":
            order = tuple(analyte for analyte in order if analyte in asked_for)
        if not order and fields["order"]:
            return None
    days = fields.get("sooner", fields["within_days"]) if severe else fields["within_days"]
    because = fields["because"] + (PANEL if id == "M-08" else "")
    told = separated(causes, columns_of(order, there | drawn), id)
    return Step(id, fields["act"], order, int(days), because, separates=told)


def _panel() -> str:
    germline = GENES.entries["panels"]["germline"].fields
    lesional = GENES.entries["panels"]["lesional"].fields
    genes, see = ", ".join(germline["genes"]), " and ".join(germline["must_see"])
    lesion = ", ".join(lesional["genes"])
    return f" It holds {genes}, and must see {see}; in tissue of a lesion {lesion}."


PANEL = _panel()


def _in_visits(steps: list[Step]) -> tuple[Step, ...]:
    """The same steps, numbered so that what can be done at one visit shares its number."""
    due: dict[str, int] = {}
    for step in steps:
        visit = STEPS[step.id].fields["visit"]
        due[visit] = min(step.within_days, due.get(visit, step.within_days))
    numbers = {visit: n for n, visit in enumerate(sorted(due, key=lambda v: due[v]), 1)}
    for step in steps:
        step.visit = numbers[STEPS[step.id].fields["visit"]]
    return tuple(steps)
