"""Migrations of coordination's own database."""

from services.chassis.migrations import run_env
from services.coordination import (
    assignment_tables,  # noqa: F401
    merge_tables,  # noqa: F401 - their tables belong to the same
    upkeep_tables,  # noqa: F401
)
from services.coordination.tables import CoordinationTables

run_env(CoordinationTables.metadata)
