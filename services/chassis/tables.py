"""The tables that every service keeps besides its own: its audit log and its kept answers."""

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)
from sqlalchemy.orm import registry
from sqlalchemy.types import JSON

from services.chassis.database import UtcDateTime

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""A constraint without a name cannot be changed later on every database."""

_CHASSIS = MetaData(naming_convention=NAMES)

AUDIT_ENTRY = Table(
    "audit_entry",
    _CHASSIS,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("subject", String, nullable=False),
    Column("organisation", String, nullable=False),
    Column("action", String(16), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("record_id", String, nullable=True),
    Column("patient", String, nullable=True, index=True),
    Column("request_id", String(36), nullable=False),
    Column("address", String, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
"""Who read or changed what about whom. Rows are only ever added."""

AUDIT_HEAD = Table(
    "audit_head",
    _CHASSIS,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("entries", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""One row: how long the log is and how it ends, so that a cut tail is seen."""

AUDIT_PERSON = Table(
    "audit_person",
    _CHASSIS,
    Column("organisation", String, primary_key=True),
    Column("patient", String, primary_key=True),
    Column("stands_for", String(36), nullable=False, unique=True),
)
"""Whom the log means: it names an id that we drew. Without the row it means nobody any more."""

KEPT_ANSWER = Table(
    "kept_answer",
    _CHASSIS,
    Column("organisation", String, primary_key=True),
    Column("route", String, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False, index=True),
)
"""What was answered to a POST with an Idempotency-Key."""


def service_registry() -> registry:
    """What one service's own base is made with; the chassis' tables are already in it.

    `class AssessmentTables(SQLModel, registry=service_registry()): …`
    """
    metadata = MetaData(naming_convention=NAMES)
    for table in _CHASSIS.sorted_tables:
        table.to_metadata(metadata)
    return registry(metadata=metadata)


def has_chassis_tables(metadata: MetaData) -> bool:
    """Are they part of it?"""
    return all(name in metadata.tables for name in _CHASSIS.tables)
