"""Migrations of coordination's own database."""

from services.chassis.migrations import run_env
from services.coordination.tables import CoordinationTables

run_env(CoordinationTables.metadata)
