"""Reports in versions, people's words, marks, and conclusions drawn again."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from services.chassis.database import UtcDateTime

revision = "0002"
down_revision = "0001"
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


def upgrade() -> None:
    """Reports in versions, people's words, marks, and conclusions drawn again."""
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
        batch_op.add_column(sa.Column("versions", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("said", sa.JSON(), nullable=True))
        batch_op.add_column(
            sa.Column("heard", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("supersedes", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("because", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("changes", sa.JSON(), nullable=True))
        batch_op.create_index(
            "ix_conclusion_order", ["organisation", "plan", "concluded_at"], unique=False
        )

    _number_what_is_there(op.get_bind())
    with op.batch_alter_table("conclusion", schema=None) as batch_op:
        batch_op.alter_column("concluded_at", existing_type=UtcDateTime(), nullable=False)
        for name in ("versions", "said", "because", "changes"):
            batch_op.alter_column(name, existing_type=sa.JSON(), nullable=False)
    op.drop_table("entry")


def _number_what_is_there(connection: sa.Connection) -> None:
    """Everything told becomes a first version; old conclusions name the studies they used.

    Their examinations had been laid together, and cannot be told apart any more.
    """
    studies: set[tuple[Any, ...]] = set()
    for row in connection.execute(ENTRY.select()).mappings().all():
        body = row["body"]
        connection.execute(
            VERSION.insert().values(
                organisation=row["organisation"],
                plan=row["plan"],
                kind=row["kind"],
                id=row["id"],
                version=1,
                status=body.get("status", "final"),
                body=body,
                told_by=NOT_NOTED,
                by=NOT_NOTED,
                received_at=row["stored_at"],
            )
        )
        if row["kind"] == "study":
            studies.add((row["organisation"], row["plan"], str(row["id"])))
    for row in connection.execute(CONCLUSION.select()).mappings().all():
        whose, used = (row["organisation"], row["plan"]), row["inputs"].get("studies", ())
        kept = [one["id"] for one in used if (*whose, one.get("id")) in studies]
        connection.execute(
            CONCLUSION.update()
            .where(
                CONCLUSION.c.organisation == whose[0],
                CONCLUSION.c.plan == whose[1],
                CONCLUSION.c.id == row["id"],
            )
            .values(
                concluded_at=row["as_of"],
                versions={f"study/{id}": 1 for id in kept},
                said=row["inputs"] | {"studies": [s for s in used if s.get("id") not in kept]},
                heard=True,
                because=[],
                changes=[],
            )
        )


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
    kept = VERSION.select().where(VERSION.c.kind.in_(("examination", "study")))
    for row in connection.execute(kept.order_by(VERSION.c.version)).mappings().all():
        standing[row["organisation"], row["plan"], row["kind"], row["id"]] = row
    for key, row in standing.items():
        values = dict(zip(("organisation", "plan", "kind", "id"), key, strict=True))
        connection.execute(
            ENTRY.insert().values(**values, body=row["body"], stored_at=row["received_at"])
        )
    with op.batch_alter_table("conclusion", schema=None) as batch_op:
        batch_op.drop_index("ix_conclusion_order")
        for name in (
            *("changes", "because", "supersedes", "heard", "said", "versions", "concluded_at"),
        ):
            batch_op.drop_column(name)
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.drop_column("received_at")
    op.drop_table("entry_version")
    with op.batch_alter_table("conclusion_mark", schema=None) as batch_op:
        batch_op.drop_index("ix_conclusion_mark_entry")
    op.drop_table("conclusion_mark")
