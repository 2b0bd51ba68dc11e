"""Whom the audit log means stands beside it; of whoever is erased only the id is left."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
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


def downgrade() -> None:
    """Undo it."""
    op.drop_table("audit_person")
