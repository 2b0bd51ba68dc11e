"""Site settings."""

import sqlalchemy as sa
from alembic import op

from services.chassis.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Site settings."""
    op.create_table(
        "site_settings",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("signed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "version", name=op.f("pk_site_settings")),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("site_settings")
