"""Migrations of coordination's own database."""

from services.chassis.migrations import run_env
from services.coordination import upkeep_tables  # noqa: F401 - its tables belong to the same
from services.coordination.tables import CoordinationTables

run_env(CoordinationTables.metadata)
