"""Where a journey stands in the queue by risk, and who changed who looks after it."""

import sqlalchemy as sa
from alembic import op

from services.chassis.database import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Where a journey stands in the queue by risk, and who changed who looks after it."""
    op.create_table(
        "assignment",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("journey", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "journey", "version", name=op.f("pk_assignment")),
    )
    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.add_column(sa.Column("priority_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("priority_ladder", sa.String(), nullable=True))
    # Until a journey reports again, it stands where its lateness alone puts it.
    op.execute("UPDATE journey SET priority_at = rank_at")
    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.alter_column("priority_at", existing_type=UtcDateTime(), nullable=False)
        batch_op.create_index(
            "ix_journey_priority", ["organisation", "priority_at", "id"], unique=False
        )


def downgrade() -> None:
    """Back to before."""
    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.drop_index("ix_journey_priority")
        batch_op.drop_column("priority_ladder")
        batch_op.drop_column("priority_at")
    op.drop_table("assignment")
