"""Whom the audit log means stands beside it; of whoever is erased only the id is left."""

import sqlalchemy as sa
from alembic import op

from services.chassis.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whom the audit log means stands beside it; of whoever is erased only the id is left."""
    op.create_table(
        "audit_person",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("patient", sa.String(), nullable=False),
        sa.Column("stands_for", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "patient", name=op.f("pk_audit_person")),
        sa.UniqueConstraint("stands_for", name=op.f("uq_audit_person_stands_for")),
    )
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.add_column(sa.Column("erased_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.drop_column("erased_at")

    op.drop_table("audit_person")
