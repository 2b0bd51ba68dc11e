"""What a journey asks for is its own: SQLite takes an index that names more of what is asked."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

WIDENED = {
    "ix_journey_patient_id": ("journey", "patient_id"),
    "ix_journey_record": ("journey", "record"),
    "ix_delivery_journey": ("delivery", "journey"),
    "ix_delivery_digest": ("delivery", "digest"),
}


def upgrade() -> None:
    """The organisation stands before each of these."""
    for name, (table, column) in WIDENED.items():
        op.drop_index(name, table)
        op.create_index(name, table, ["organisation", column])


def downgrade() -> None:
    """Undo it."""
    for name, (table, column) in WIDENED.items():
        op.drop_index(name, table)
        op.create_index(name, table, [column])
