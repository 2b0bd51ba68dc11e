"""What people answer to proposals."""

import sqlalchemy as sa
from alembic import op

from services.chassis.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What people answer to proposals."""
    op.create_table(
        "proposal_decision",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("plan", sa.Uuid(), nullable=False),
        sa.Column("proposal", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_by_name", sa.String(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("overridden", sa.JSON(), nullable=False),
        sa.Column("proposed", sa.JSON(), nullable=False),
        sa.Column("knowledge_version", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint(
            "organisation", "plan", "proposal", "number", name=op.f("pk_proposal_decision")
        ),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("proposal_decision")
