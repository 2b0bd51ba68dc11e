"""Keys of journeys, erasures, ended runs, who is stuck; when a journey looks again."""

import sqlalchemy as sa
from alembic import op

from services.chassis.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keys of journeys, erasures, ended runs, who is stuck; when a journey looks again."""
    op.create_table(
        "ended_run",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("journey", sa.Uuid(), nullable=False),
        sa.Column("run", sa.Uuid(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.Column("ended", sa.String(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("history", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "journey", "run", name=op.f("pk_ended_run")),
    )
    with op.batch_alter_table("ended_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ended_run_ended_at"), ["ended_at"], unique=False)

    op.create_table(
        "erasure",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("journey", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("run_ended_at", UtcDateTime(), nullable=True),
        sa.Column("assessment_at", UtcDateTime(), nullable=True),
        sa.Column("localization_at", UtcDateTime(), nullable=True),
        sa.Column("followup_at", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "journey", name=op.f("pk_erasure")),
    )
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasure_next_try_at"), ["next_try_at"], unique=False)

    op.create_table(
        "journey_key",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("journey", sa.Uuid(), nullable=False),
        sa.Column("ring_key", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("destroyed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("organisation", "journey", name=op.f("pk_journey_key")),
    )
    op.create_table(
        "stuck_journey",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("journey", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("repairs", sa.Integer(), nullable=False),
        sa.Column("repaired_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("organisation", "journey", "reason", name=op.f("pk_stuck_journey")),
    )
    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_wake", UtcDateTime(), nullable=True))
        batch_op.add_column(
            sa.Column("progress_hash", sa.String(), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("edition", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_journey_next_wake"), ["next_wake"], unique=False)


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_journey_next_wake"))
        batch_op.drop_column("edition")
        batch_op.drop_column("progress_hash")
        batch_op.drop_column("next_wake")

    op.drop_table("stuck_journey")
    op.drop_table("journey_key")
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erasure_next_try_at"))

    op.drop_table("erasure")
    with op.batch_alter_table("ended_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ended_run_ended_at"))

    op.drop_table("ended_run")
