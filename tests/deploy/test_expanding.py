"""A migration only adds, or says for which release it waited: two versions run side by side."""

from pathlib import Path

import pytest
from sqlalchemy import text

from services.chassis import migrations
from services.chassis.database import Database
from tests.deploy.expanding import Shape, Table, steps_of, taken_away
from tests.postgres import owner_of

SERVICES = ("assessment", "localization", "followup", "coordination")

BEFORE_THE_FIRST_RELEASE = {
    ("assessment", "0002"),
    ("localization", "0002"),
    ("followup", "0003"),
    ("coordination", "0006"),
}
"""Nobody ran anything yet that could have minded."""

NOTE = Table({"id": "UUID", "words": "VARCHAR"}, frozenset({"id", "words"}), frozenset({("id",)}))


@pytest.mark.parametrize("service", SERVICES)
def test_a_migration_only_adds_or_says_what_it_waited_for(service: str, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / service}.db")
    guilty = {
        step.revision: taken
        for step, taken in steps_of(database, service)
        if taken
        and (service, step.revision) not in BEFORE_THE_FIRST_RELEASE
        and not getattr(step.module, "waited_for", "")
    }

    assert guilty == {}, "add only, or say `waited_for` (docs/upgrading.md)"


@pytest.mark.parametrize(
    ("after", "taken"),
    [
        ({}, "table note is gone"),
        ({"note": Table({"id": "UUID"}, NOTE.demanded, NOTE.unique)}, "note.words is gone"),
        (
            {"note": Table({**NOTE.columns, "words": "INTEGER"}, NOTE.demanded, NOTE.unique)},
            "note.words was VARCHAR and is INTEGER",
        ),
        (
            {
                "note": Table(
                    NOTE.columns | {"kind": "VARCHAR"}, NOTE.demanded | {"kind"}, NOTE.unique
                )
            },
            "note.kind is demanded of every row",
        ),
        (
            {"note": Table(NOTE.columns, NOTE.demanded, NOTE.unique | {("words",)})},
            "note: two rows of one words are refused",
        ),
    ],
)
def test_whatever_it_takes_away_is_seen(after: Shape, taken: str) -> None:
    assert list(taken_away({"note": NOTE}, after)) == [taken]


def test_what_is_only_added_takes_nothing_away() -> None:
    wider = Table(NOTE.columns | {"kind": "VARCHAR"}, frozenset({"id"}), NOTE.unique)
    new = Table({"id": "UUID"}, frozenset({"id"}), frozenset({("id",)}))

    assert list(taken_away({"note": NOTE}, {"note": wider, "other": new})) == []


async def test_what_a_later_version_has_migrated_the_one_before_leaves_as_it_is(
    database_url: str,
) -> None:
    database = Database(database_url, owner_of(database_url))
    await migrations.migrate(database, "followup")
    by_hand = Database(owner_of(database_url) or database_url)
    for number, fits in (("9999", True), ("from elsewhere", False)):
        async with by_hand.transaction() as session:
            connection = await session.connection()
            await connection.execute(
                text("UPDATE alembic_version SET version_num = :to"), {"to": number}
            )
        if fits:
            assert await migrations.pending(database, "followup") == []
            await migrations.migrate(database, "followup")
        else:
            with pytest.raises(migrations.NotMigrated):
                await migrations.pending(database, "followup")
    for one in (by_hand, database):
        await one.close()
