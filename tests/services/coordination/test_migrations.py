"""The tables of coordination and its migrations agree, on both databases."""

from services.chassis import migrations
from services.chassis.database import Database
from tests.postgres import owner_of


async def test_migrating_makes_the_tables_that_the_code_expects(database_url: str) -> None:
    database = Database(database_url, owner_of(database_url))
    await migrations.migrate(database, "coordination")

    assert await migrations.differences(database, "coordination") == []
    await database.close()
