"""Migrations of localization's own database."""

from services.chassis.migrations import run_env
from services.localization.tables import LocalizationTables

run_env(LocalizationTables.metadata)
