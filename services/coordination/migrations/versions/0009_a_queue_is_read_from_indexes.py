"""The worklist of a hundred thousand journeys: what it counts and marks stands in an index."""

from alembic import op
from sqlalchemy import text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CRITICAL = "ladder = 'critical' AND status = 'open'"


def upgrade() -> None:
    """Add them."""
    op.create_index("ix_journey_in_phase_with", "journey", ["organisation", "phase", "assignee"])
    op.create_index("ix_event_settled", "event", ["organisation", "journey", "outcome"])
    op.create_index(
        "ix_obligation_critical",
        "obligation",
        ["organisation", "journey"],
        sqlite_where=text(CRITICAL),
        postgresql_where=text(CRITICAL),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_index("ix_obligation_critical", "obligation")
    op.drop_index("ix_event_settled", "event")
    op.drop_index("ix_journey_in_phase_with", "journey")
