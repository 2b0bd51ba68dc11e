"""How does SQLite find what it is asked for: by what is asked about, or among everybody's rows?

Without statistics SQLite takes one index for as good as another, and may take the one that finds
all that is open anywhere. With ten journeys nobody notices.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

Plans = dict[str, list[str]]
"""By statement: what is looked at for it, table by table."""

FINDS_TOO_MANY = {"organisation", "status", "outcome", "phase", "gathered"}
"""Of these nearly all rows may say the same."""

STAYS_SMALL = (
    *("sqlite_master", "sqlite_temp_master", "alembic_version", "audit_head", "lease", "outbox"),
    *("site_settings", "subscription", "working_time"),
)
"""A row for each process, place, receiver or version; and what is under way at the moment."""

NO_TABLES = ("anon_1", "CONSTANT")

LOOKS = re.compile(r"(?:SEARCH|SCAN) (\w+)(?: USING .*?\((?P<by>.*)\))?")


_listening: list[tuple[Plans, Callable[[], object]]] = []


@contextmanager
def asked(counts: Callable[[], object] = lambda: True) -> Iterator[Plans]:
    """Everything that any SQLite of this process is asked meanwhile, each statement once; of that
    what `counts` when it is asked.
    """
    plans: Plans = {}
    _listening.append((plans, counts))
    try:
        yield plans
    finally:
        _listening.pop()


# For good: taken away, it could be missed by who is just being asked.
@event.listens_for(Engine, "before_cursor_execute")
def _heard(to: Connection, cursor: Any, statement: str, values: Any, _how: Any, many: bool) -> None:
    asks = to.dialect.name == "sqlite" and statement.startswith(("SELECT", "UPDATE", "DELETE"))
    if not _listening or not asks or many:
        return
    plans, counts = _listening[-1]
    if statement not in plans and counts():
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        plans[statement] = [row[3] for row in cursor.fetchall()]


def go_through_all(plans: Plans) -> Plans:
    """Which of these look through what belongs to others as well, and where?"""
    found = {statement: list(_too_widely(plan)) for statement, plan in plans.items()}
    return {statement: lines for statement, lines in found.items() if lines}


def _too_widely(plan: Sequence[str]) -> Iterator[str]:
    for line in plan:
        look = LOOKS.match(line)
        if look is None or look[1] in NO_TABLES or look[1] in STAYS_SMALL:
            continue
        if set(re.findall(r"\w+(?=[=<>])", look["by"] or "")) <= FINDS_TOO_MANY:
            yield line
