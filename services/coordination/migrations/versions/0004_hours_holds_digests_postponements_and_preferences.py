"""Hours, holds, digests, postponements and preferences."""

import sqlalchemy as sa
from alembic import op

from services.chassis.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Hours, holds, digests, postponements and preferences."""
    op.create_table(
        "working_time",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("told_by", sa.String(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "site", name=op.f("pk_working_time")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("gathered", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("digest", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_delivery_digest"), ["digest"], unique=False)

    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.add_column(sa.Column("preferences", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("lost_since", UtcDateTime(), nullable=True))

    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("postponed_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("postponed_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("postponed_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("postponed_because", sa.String(), nullable=True))

    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hold_until", UtcDateTime(), nullable=True))

    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.add_column(sa.Column("assignee", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("zone", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("country", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("subdivision", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("language", sa.String(), server_default="en", nullable=False))
        batch_op.add_column(
            sa.Column("digest", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("muted_because", sa.String(), nullable=True))


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_column("muted_because")
        batch_op.drop_column("digest")
        batch_op.drop_column("language")
        batch_op.drop_column("subdivision")
        batch_op.drop_column("country")
        batch_op.drop_column("zone")
        batch_op.drop_column("assignee")

    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.drop_column("hold_until")

    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.drop_column("postponed_because")
        batch_op.drop_column("postponed_by")
        batch_op.drop_column("postponed_at")
        batch_op.drop_column("postponed_until")

    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.drop_column("lost_since")
        batch_op.drop_column("preferences")

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_digest"))
        batch_op.drop_column("digest")
        batch_op.drop_column("gathered")

    op.drop_table("working_time")
