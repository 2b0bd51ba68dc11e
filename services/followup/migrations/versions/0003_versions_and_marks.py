"""Events in versions, marks, and conclusions drawn again."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid5

import sqlalchemy as sa
from alembic import op

from services.chassis.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


ENTRY = sa.table(
    "entry",
    sa.column("organisation"),
    sa.column("plan", sa.Uuid()),
    sa.column("kind"),
    sa.column("id", sa.Uuid()),
    sa.column("body", sa.JSON()),
    sa.column("stored_at", UtcDateTime()),
)
VERSION = sa.table(
    "entry_version",
    sa.column("organisation"),
    sa.column("plan", sa.Uuid()),
    sa.column("kind"),
    sa.column("id", sa.Uuid()),
    sa.column("version"),
    sa.column("status"),
    sa.column("body", sa.JSON()),
    sa.column("told_as"),
    sa.column("told_by"),
    sa.column("by"),
    sa.column("received_at", UtcDateTime()),
)
CONCLUSION = sa.table(
    "conclusion",
    sa.column("organisation"),
    sa.column("plan", sa.Uuid()),
    sa.column("id", sa.Uuid()),
    sa.column("as_of", UtcDateTime()),
    sa.column("inputs", sa.JSON()),
    sa.column("concluded_at", UtcDateTime()),
    sa.column("versions", sa.JSON()),
    sa.column("said", sa.JSON()),
    sa.column("heard", sa.Boolean()),
    sa.column("because", sa.JSON()),
    sa.column("changes", sa.JSON()),
)
NOT_NOTED = "not noted then"
NEW_COLUMNS = ("versions", "said", "because", "changes")


def upgrade() -> None:
    """Events in versions, marks, and conclusions drawn again."""
    op.create_table(
        "conclusion_mark",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("plan", sa.Uuid(), nullable=False),
        sa.Column("conclusion", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("entry", sa.Uuid(), nullable=False),
        sa.Column("to_version", sa.Integer(), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("marked_at", UtcDateTime(), nullable=False),
        sa.Column("redrawn", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint(
            "organisation",
            "plan",
            "conclusion",
            "kind",
            "entry",
            "to_version",
            name=op.f("pk_conclusion_mark"),
        ),
    )
    with op.batch_alter_table("conclusion_mark", schema=None) as batch_op:
        batch_op.create_index(
            "ix_conclusion_mark_entry",
            ["organisation", "plan", "kind", "entry", "to_version"],
            unique=False,
        )
    op.create_table(
        "entry_version",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("plan", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("told_as", sa.String(), nullable=True),
        sa.Column("told_by", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "organisation", "plan", "kind", "id", "version", name=op.f("pk_entry_version")
        ),
    )
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.add_column(sa.Column("received_at", UtcDateTime(), nullable=True))
    with op.batch_alter_table("conclusion", schema=None) as batch_op:
        batch_op.add_column(sa.Column("concluded_at", UtcDateTime(), nullable=True))
        for name in NEW_COLUMNS:
            batch_op.add_column(sa.Column(name, sa.JSON(), nullable=True))
        batch_op.add_column(
            sa.Column("heard", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("supersedes", sa.Uuid(), nullable=True))
        batch_op.create_index(
            "ix_conclusion_order", ["organisation", "plan", "concluded_at"], unique=False
        )
    _number_what_is_there(op.get_bind())
    with op.batch_alter_table("conclusion", schema=None) as batch_op:
        batch_op.alter_column("concluded_at", existing_type=UtcDateTime(), nullable=False)
        for name in NEW_COLUMNS:
            batch_op.alter_column(name, existing_type=sa.JSON(), nullable=False)
    op.drop_table("entry")


def _number_what_is_there(connection: sa.Connection) -> None:
    """Everything told becomes a first version; old conclusions name the events they were drawn of.

    What an old conclusion was drawn of stands in it as it was read: an event is found again there.
    """
    told: dict[tuple[Any, Any], list[tuple[str, Mapping[str, Any]]]] = {}
    for row in connection.execute(ENTRY.select().order_by(ENTRY.c.stored_at)).mappings().all():
        kind = str(row["body"].get("kind", row["kind"]))
        told.setdefault((row["organisation"], row["plan"]), []).append(
            (f"{kind}/{row['id']}", row["body"])
        )
        connection.execute(
            VERSION.insert().values(
                organisation=row["organisation"],
                plan=row["plan"],
                kind=kind,
                id=row["id"],
                version=1,
                status=row["body"].get("status", "final"),
                body=row["body"],
                told_as=row["body"].get("id"),
                told_by=NOT_NOTED,
                by=NOT_NOTED,
                received_at=row["stored_at"],
            )
        )
    for row in connection.execute(CONCLUSION.select()).mappings().all():
        whose = (row["organisation"], row["plan"])
        history = list(row["inputs"].get("history", ()))
        versions: dict[str, int] = {}
        for key, body in told.get(whose, ()):
            same = next((one for one in history if _says(one, body)), None)
            if same is not None:
                history.remove(same)
                versions |= {key: 1} | _results(row["plan"], body)
        connection.execute(
            CONCLUSION.update()
            .where(
                CONCLUSION.c.organisation == whose[0],
                CONCLUSION.c.plan == whose[1],
                CONCLUSION.c.id == row["id"],
            )
            .values(
                concluded_at=row["as_of"],
                versions=versions,
                said=row["inputs"] | {"history": history},
                heard=True,
                because=[],
                changes=[],
            )
        )


def _says(read: Any, told: Any) -> bool:
    """Does an event as it was read say what was told? Reading added what is the default."""
    if isinstance(told, Mapping):
        return isinstance(read, Mapping) and all(_says(read.get(k), v) for k, v in told.items())
    if isinstance(told, list):
        same = isinstance(read, list) and len(read) == len(told)
        return same and all(_says(one, other) for one, other in zip(read, told, strict=True))
    return bool(read == told)


def _results(plan: Any, body: Mapping[str, Any]) -> dict[str, int]:
    return {
        f"observation/{uuid5(plan, 'observation/' + str(one['id']))}": one.get("version") or 1
        for one in body.get("observations") or ()
    }


def downgrade() -> None:
    """Undo it; of what was told, the version that stands is kept."""
    op.create_table(
        "entry",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("plan", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("stored_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "plan", "kind", "id", name=op.f("pk_entry")),
    )
    connection = op.get_bind()
    standing = {}
    for row in connection.execute(VERSION.select().order_by(VERSION.c.version)).mappings().all():
        standing[row["organisation"], row["plan"], row["kind"], row["id"]] = row
    for (organisation, plan, kind, id), row in standing.items():
        connection.execute(
            ENTRY.insert().values(
                organisation=organisation,
                plan=plan,
                kind="disposition" if kind == "disposition" else "result",
                id=id,
                body=row["body"],
                stored_at=row["received_at"],
            )
        )
    with op.batch_alter_table("conclusion", schema=None) as batch_op:
        batch_op.drop_index("ix_conclusion_order")
        for name in (*NEW_COLUMNS, "supersedes", "heard", "concluded_at"):
            batch_op.drop_column(name)
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.drop_column("received_at")
    op.drop_table("entry_version")
    with op.batch_alter_table("conclusion_mark", schema=None) as batch_op:
        batch_op.drop_index("ix_conclusion_mark_entry")
    op.drop_table("conclusion_mark")
