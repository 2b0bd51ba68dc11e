"""A list of who asked to be forgotten, beside the database: a backup does not know of it.

One line for each erasure, written and on the disk before anything is erased: ids and the moment,
nothing that says who it is.
"""

import fcntl
import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel

from services.coordination.upkeep_tables import ErasureRow


class AskedBefore(BaseModel):
    """An erasure that was asked for."""

    organisation: str
    journey: UUID
    event: UUID
    asked_at: datetime


def note(log: Path, row: ErasureRow) -> None:
    """Write it down, for good; twice does no harm.

    Half a line, as a full disk leaves, gives way: nothing was erased for it, and it comes again.
    """
    asked = AskedBefore.model_validate(row.model_dump(include=set(AskedBefore.model_fields)))
    with log.open("a+b") as out:
        fcntl.flock(out, fcntl.LOCK_EX)  # who had the relay before may still be writing
        out.seek(0)
        out.truncate(out.read().rfind(b"\n") + 1)
        out.write(asked.model_dump_json().encode() + b"\n")
        out.flush()
        os.fsync(out.fileno())
