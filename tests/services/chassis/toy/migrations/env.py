"""The toy's tables, for Alembic."""

from services.chassis.migrations import run_env
from tests.services.chassis.toy.tables import ToyTables

run_env(ToyTables.metadata)
