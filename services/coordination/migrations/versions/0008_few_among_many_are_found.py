"""What few journeys among many are asked for: those by one rule, and those who are lost."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What few journeys among many are asked for: those by one rule, and those who are lost."""
    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.create_index("ix_obligation_rule", ["rule", "status"], unique=False)
    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.create_index("ix_journey_lost", ["lost_since"], unique=False)


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.drop_index("ix_journey_lost")
    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.drop_index("ix_obligation_rule")
