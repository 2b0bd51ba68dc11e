"""Since when phosphate is low."""

import sqlalchemy as sa
from alembic import op

from services.chassis.database import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Since when phosphate is low."""
    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.add_column(sa.Column("first_low_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.drop_column("first_low_at")
