"""Which tests tell the causes apart that are still open?"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import combinations

from knowledge.tables import Table

TABLE = Table.beside(__file__)
COLUMNS = TABLE.entries["columns"]
STEP_OF: Mapping[str, str] = {key: entry.fields["step"] for key, entry in COLUMNS.items()}
ANALYTES: Mapping[str, tuple[str, ...]] = {
    key: tuple(entry.fields["order"]) for key, entry in COLUMNS.items()
}
DECIDERS: Mapping[str, frozenset[str]] = {
    key: frozenset(entry.fields["causes"]) for key, entry in TABLE.entries["deciders"].items()
}


def _results() -> dict[str, dict[str, frozenset[str]]]:
    """How each test may lie in each disorder, as far as it is stated."""
    results: dict[str, dict[str, frozenset[str]]] = {}
    for name in ("matrix", "rules_say"):
        for entry in TABLE.entries[name].values():
            known = results.setdefault(entry.key, {})
            for column in COLUMNS:
                if column in entry.fields:
                    known[column] = frozenset(entry.fields[column])
    return results


RESULTS = _results()


@lru_cache(maxsize=1024)
def apart(one: str, other: str) -> frozenset[str]:
    """By which tests are these two told apart: no result fits both?"""
    first, second = RESULTS.get(one, {}), RESULTS.get(other, {})
    return frozenset(
        column
        for column in first.keys() & second.keys()
        if first[column].isdisjoint(second[column])
    )


@lru_cache(maxsize=4096)
def smallest_set(causes: tuple[str, ...], offered: tuple[str, ...]) -> tuple[str, ...]:
    """Which few of the tests on offer tell apart all pairs that can be told apart?

    Greedy: the test that separates most of what is still together, then the next. On a tie, the
    one that stands first in the table.
    """
    on_offer = frozenset(offered)
    together = [apart(*pair) & on_offer for pair in combinations(causes, 2)]
    together = [columns for columns in together if columns]
    chosen: list[str] = []
    while together:
        best = max(COLUMNS, key=lambda column: sum(column in columns for columns in together))
        chosen.append(best)
        together = [columns for columns in together if best not in columns]
    return tuple(chosen)


@lru_cache(maxsize=4096)
def separated(causes: tuple[str, ...], columns: frozenset[str], step: str) -> tuple[str, ...]:
    """Which of these causes are told apart by these tests, or by what this step decides?"""
    decided = DECIDERS.get(step, frozenset())
    if not columns and not decided:
        return ()
    found: set[str] = set()
    for one, other in combinations(causes, 2):
        settled = (one in decided) is not (other in decided)
        if settled or not columns.isdisjoint(apart(one, other)):
            found.update((one, other))
    return tuple(cause for cause in causes if cause in found)


def columns_of(order: Iterable[str], measured: frozenset[str]) -> frozenset[str]:
    """Which tests does this order make complete, given what is measured already?"""
    there = measured.union(order)
    ordered = set(order)
    return frozenset(
        column
        for column, needs in ANALYTES.items()
        if there.issuperset(needs) and not ordered.isdisjoint(needs)
    )
