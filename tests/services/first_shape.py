"""A database as the first edition of a service made it, and rows as that edition wrote them."""

from typing import Any

import sqlalchemy as sa
from alembic.runtime.environment import EnvironmentContext

from services.chassis import migrations
from services.chassis.database import Database


async def at_the_first_shape(database: Database, service: str) -> None:
    """Only the first migration of this service has run."""
    config, script = migrations._script(service)
    with migrations._alone(database, service) as connection:
        config.attributes["connection"] = connection

        def only_the_first(revision: Any, _context: Any) -> Any:
            return script._upgrade_revs("0001", revision)

        with EnvironmentContext(config, script, fn=only_the_first):
            script.run_env()


async def put(database: Database, table: str, **values: Any) -> None:
    """A row, in columns that today's code may no longer know."""
    insert = sa.table(table, *(sa.column(name) for name in values)).insert()
    async with database.across.transaction() as session:
        connection = await session.connection()
        await connection.execute(insert, values)
