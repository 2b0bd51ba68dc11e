"""Migrations of followup's own database."""

from services.chassis.migrations import run_env
from services.followup.tables import FollowupTables

run_env(FollowupTables.metadata)
