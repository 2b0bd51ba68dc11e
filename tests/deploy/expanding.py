"""What does a migration take away from the version before it? Seen in what it makes of a database.

While an installation is upgraded the version before still runs on the new shape: it reads the
columns it knows and writes rows without the new ones (docs/upgrading.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script
from sqlalchemy import Connection, inspect

from services.chassis import migrations
from services.chassis.database import Database


@dataclass(frozen=True)
class Table:
    """What who writes a row of it has to know."""

    columns: dict[str, str] = field(default_factory=dict)
    demanded: frozenset[str] = frozenset()
    """Columns without which no row is taken."""
    unique: frozenset[tuple[str, ...]] = frozenset()


Shape = dict[str, Table]


def shape_of(connection: Connection) -> Shape:
    """Every table as it stands now."""
    seen = inspect(connection)
    return {name: _table(seen, name) for name in seen.get_table_names() if name != BOOKKEEPING}


BOOKKEEPING = "alembic_version"


def _table(seen: Any, name: str) -> Table:
    columns = seen.get_columns(name)
    key = seen.get_pk_constraint(name)["constrained_columns"]
    counted = {key[0]} if len(key) == 1 else set()
    unique = [one["column_names"] for one in seen.get_unique_constraints(name)]
    unique += [one["column_names"] for one in seen.get_indexes(name) if one["unique"]]
    return Table(
        {one["name"]: str(one["type"]) for one in columns},
        frozenset(
            one["name"]
            for one in columns
            if not one["nullable"] and one["default"] is None and one["name"] not in counted
        ),
        frozenset(tuple(sorted(one)) for one in [*unique, key] if one),
    )


def taken_away(before: Shape, after: Shape) -> Iterator[str]:
    """What did the version before have, or could do, that is no more?"""
    for name, was in before.items():
        now = after.get(name)
        if now is None:
            yield f"table {name} is gone"
            continue
        for column in was.columns.keys() - now.columns.keys():
            yield f"{name}.{column} is gone"
        for column, kind in was.columns.items():
            if now.columns.get(column, kind) != kind:
                yield f"{name}.{column} was {kind} and is {now.columns[column]}"
        for column in now.demanded - was.demanded:
            yield f"{name}.{column} is demanded of every row"
        for columns in now.unique - was.unique:
            yield f"{name}: two rows of one {', '.join(columns)} are refused"


def steps_of(database: Database, service: str) -> Iterator[tuple[Script, list[str]]]:
    """Each migration of a service on an empty database, and what it takes away."""
    config, script = migrations._script(service)
    chain = list(script.walk_revisions())[::-1]
    for step in chain:
        with migrations._alone(database, service) as connection:
            config.attributes["connection"] = connection
            before = shape_of(connection)

            def only_this(revision: Any, _context: Any, to: str = step.revision) -> Any:
                return script._upgrade_revs(to, revision)

            with EnvironmentContext(config, script, fn=only_this):
                script.run_env()
            yield step, sorted(taken_away(before, shape_of(connection)))
