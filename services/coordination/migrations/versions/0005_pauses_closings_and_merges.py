"""Pauses, closings that can be taken back, sites, and merges of two journeys."""

import sqlalchemy as sa
from alembic import op

from services.chassis.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Pauses, closings that can be taken back, sites, and merges of two journeys."""
    op.create_table(
        "merge",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("event", sa.Uuid(), nullable=False),
        sa.Column("survivor", sa.Uuid(), nullable=False),
        sa.Column("other", sa.Uuid(), nullable=False),
        sa.Column("record", sa.Uuid(), nullable=False),
        sa.Column("prior", sa.JSON(), nullable=False),
        sa.Column("merged_at", UtcDateTime(), nullable=False),
        sa.Column("merged_by", sa.String(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("organisation", "event", name=op.f("pk_merge")),
    )
    with op.batch_alter_table("merge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_merge_survivor"), ["survivor"], unique=False)
        batch_op.create_index(batch_op.f("ix_merge_other"), ["other"], unique=False)

    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.add_column(sa.Column("site", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("paused_since", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("closed_because", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("carried", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("record", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_journey_record"), ["record"], unique=False)

    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("taken_from", sa.Uuid(), nullable=True))

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("anew", sa.Uuid(), nullable=True))
        batch_op.add_column(
            sa.Column("reopens", sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_column("reopens")
        batch_op.drop_column("anew")

    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_column("taken_from")

    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_journey_record"))
        batch_op.drop_column("record")
        batch_op.drop_column("merged_into")
        batch_op.drop_column("carried")
        batch_op.drop_column("closed_because")
        batch_op.drop_column("paused_since")
        batch_op.drop_column("site")

    op.drop_table("merge")
