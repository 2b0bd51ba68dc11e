"""Results in versions, marks, and conclusions drawn again."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from services.chassis.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


RECORD = sa.table(
    "record", sa.column("organisation"), sa.column("id", sa.Uuid()), sa.column("patient")
)
FACTS = sa.table(
    "facts",
    sa.column("organisation"),
    sa.column("record", sa.Uuid()),
    sa.column("id", sa.Uuid()),
    sa.column("number"),
    sa.column("body", sa.JSON()),
    sa.column("stored_at", UtcDateTime()),
)
ASSESSMENT = sa.table(
    "assessment",
    sa.column("organisation"),
    sa.column("id", sa.Uuid()),
    sa.column("record", sa.Uuid()),
    sa.column("patient"),
    sa.column("as_of", UtcDateTime()),
    sa.column("request", sa.JSON()),
    sa.column("answer", sa.JSON()),
    sa.column("tio_class"),
    sa.column("concluded_at", UtcDateTime()),
    sa.column("inputs", sa.JSON()),
    sa.column("because", sa.JSON()),
    sa.column("changes", sa.JSON()),
    sa.column("affected", sa.JSON()),
)
VERSION = sa.table(
    "observation_version",
    sa.column("organisation"),
    sa.column("patient"),
    sa.column("observation"),
    sa.column("version"),
    sa.column("specimen"),
    sa.column("status"),
    sa.column("body", sa.JSON()),
    sa.column("sender"),
    sa.column("source", sa.Uuid()),
    sa.column("received_at", UtcDateTime()),
)


def upgrade() -> None:
    """Results in versions, marks, and conclusions drawn again."""
    op.create_table(
        "assessment_mark",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("assessment", sa.Uuid(), nullable=False),
        sa.Column("observation", sa.String(), nullable=False),
        sa.Column("to_version", sa.Integer(), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("analyte", sa.String(), nullable=True),
        sa.Column("source", sa.Uuid(), nullable=False),
        sa.Column("marked_at", UtcDateTime(), nullable=False),
        sa.Column("redrawn", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint(
            "organisation",
            "assessment",
            "observation",
            "to_version",
            name=op.f("pk_assessment_mark"),
        ),
    )
    op.create_table(
        "message",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_message")),
    )
    op.create_table(
        "observation_version",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("patient", sa.String(), nullable=False),
        sa.Column("observation", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("specimen", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("source", sa.Uuid(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "organisation", "patient", "observation", "version", name=op.f("pk_observation_version")
        ),
    )
    op.create_table(
        "patient",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_patient")),
    )
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tio_class", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("concluded_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("inputs", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("supersedes", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("rests_on", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("because", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("changes", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("affected", sa.JSON(), nullable=True))
        batch_op.create_index(
            "ix_assessment_patient_class", ["organisation", "patient", "tio_class"], unique=False
        )
        batch_op.create_index(
            "ix_assessment_record", ["organisation", "record", "concluded_at"], unique=False
        )

    with op.batch_alter_table("asked_step", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("cancelled", sa.Boolean(), nullable=False, server_default=sa.false())
        )

    with op.batch_alter_table("facts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answer", sa.JSON(), nullable=True))

    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("patient", sa.String(), nullable=True))
        batch_op.create_index("ix_record_patient", ["organisation", "patient"], unique=False)

    _number_what_is_there(op.get_bind())
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.alter_column("tio_class", existing_type=sa.String(), nullable=False)
        batch_op.alter_column("concluded_at", existing_type=UtcDateTime(), nullable=False)
        for name in ("inputs", "because", "changes", "affected"):
            batch_op.alter_column(name, existing_type=sa.JSON(), nullable=False)


def _number_what_is_there(connection: sa.Connection) -> None:
    """Every result that was ever told becomes a version; every conclusion names those it used."""
    versions = _Versions(connection)
    whose: dict[Any, str] = {}
    told = FACTS.select().order_by(FACTS.c.organisation, FACTS.c.record, FACTS.c.number)
    for row in connection.execute(told).mappings().all():
        journey = (row["organisation"], row["record"])
        named = (row["body"].get("patient") or {}).get("id")
        if named and journey not in whose:
            whose[journey] = named
            connection.execute(
                RECORD.update()
                .where(RECORD.c.organisation == journey[0], RECORD.c.id == journey[1])
                .values(patient=named)
            )
    for row in connection.execute(told).mappings().all():
        patient = whose.get((row["organisation"], row["record"]), str(row["record"]))
        for result in row["body"].get("observations", ()):
            versions.receive(row["organisation"], patient, result, row["id"], row["stored_at"])
    drawn = ASSESSMENT.select().order_by(ASSESSMENT.c.as_of, ASSESSMENT.c.id)
    for row in connection.execute(drawn).mappings().all():
        journey = (row["organisation"], row["record"])
        patient = whose.get(journey) or row["patient"] or str(row["record"] or row["id"])
        inputs = {
            result["id"]: versions.receive(
                row["organisation"], patient, result, row["id"], row["as_of"]
            )
            for result in row["request"].get("observations", ())
        }
        connection.execute(
            ASSESSMENT.update()
            .where(ASSESSMENT.c.organisation == row["organisation"], ASSESSMENT.c.id == row["id"])
            .values(
                tio_class=row["answer"]["class"],
                concluded_at=row["as_of"],
                inputs=inputs,
                because=[],
                changes=[],
                affected=[],
            )
        )


class _Versions:
    """Numbers results as they come: other content under the same id is the next version."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str, str], list[dict[str, Any]]] = {}

    def receive(
        self, organisation: str, patient: str, result: dict[str, Any], source: Any, at: Any
    ) -> int:
        """Which version is this? A new one is kept."""
        known = self._known.setdefault((organisation, patient, result["id"]), [])
        for number, one in enumerate(known, 1):
            if one == result:
                return number
        known.append(result)
        same = [
            n for n, one in enumerate(known, 1) if one.get("taken_at") == result.get("taken_at")
        ]
        self._connection.execute(
            VERSION.insert().values(
                organisation=organisation,
                patient=patient,
                observation=result["id"],
                version=len(known),
                specimen=same[0],
                status=result.get("status", "final"),
                body=result,
                sender="",
                source=source,
                received_at=at,
            )
        )
        return len(known)


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_index("ix_record_patient")
        batch_op.drop_column("patient")

    with op.batch_alter_table("asked_step", schema=None) as batch_op:
        batch_op.drop_column("cancelled")

    with op.batch_alter_table("facts", schema=None) as batch_op:
        batch_op.drop_column("answer")

    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.drop_index("ix_assessment_record")
        batch_op.drop_index("ix_assessment_patient_class")
        batch_op.drop_column("affected")
        batch_op.drop_column("changes")
        batch_op.drop_column("because")
        batch_op.drop_column("rests_on")
        batch_op.drop_column("supersedes")
        batch_op.drop_column("inputs")
        batch_op.drop_column("concluded_at")
        batch_op.drop_column("tio_class")

    op.drop_table("patient")
    op.drop_table("observation_version")
    op.drop_table("message")
    op.drop_table("assessment_mark")
