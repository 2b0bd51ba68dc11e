"""Migrations of assessment's own database."""

from services.assessment.tables import AssessmentTables
from services.chassis.migrations import run_env

run_env(AssessmentTables.metadata)
