"""Was a tumor ever confirmed in this patient."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


PATIENT = sa.table(
    "patient",
    sa.column("organisation"),
    sa.column("id"),
    sa.column("confirmed", sa.Boolean()),
)
ASSESSMENT = sa.table(
    "assessment",
    sa.column("organisation"),
    sa.column("patient"),
    sa.column("record", sa.Uuid()),
    sa.column("tio_class"),
)


def upgrade() -> None:
    """Was a tumor ever confirmed in this patient."""
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("confirmed", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
    _remember_who_was_confirmed(op.get_bind())


def _remember_who_was_confirmed(connection: sa.Connection) -> None:
    """Whoever was judged before patients had rows gets one, if a tumor was confirmed."""
    wanted = sa.select(ASSESSMENT.c.organisation, ASSESSMENT.c.patient, ASSESSMENT.c.record)
    wanted = wanted.where(ASSESSMENT.c.tio_class == "TIO_CONFIRMED").distinct()
    known = {
        tuple(row) for row in connection.execute(sa.select(PATIENT.c.organisation, PATIENT.c.id))
    }
    told = {
        (row.organisation, row.patient or str(row.record)) for row in connection.execute(wanted)
    }
    new = [{"organisation": who[0], "id": who[1], "confirmed": True} for who in told - known]
    if new:
        connection.execute(PATIENT.insert(), new)


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.drop_column("confirmed")
