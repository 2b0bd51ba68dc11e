"""Whose drug labels count where a journey runs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whose drug labels count where a journey runs."""
    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.add_column(sa.Column("label_profile", sa.String(), nullable=True))


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("journey", schema=None) as batch_op:
        batch_op.drop_column("label_profile")
