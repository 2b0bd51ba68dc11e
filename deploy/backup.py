"""Copy the data folder of one machine while it works, so that it can be restored elsewhere.

Each database is copied as it stands at one instant (`VACUUM INTO`), one after the other. The order
is what makes them fit: the workflow engine first, then coordination, then the services. Who comes
earlier knows less than who comes later, and what a later one knows already it takes as repeated
(docs/decisions/0032).

What a thief has who takes a backup: every patient's record, in the clear. With the keys besides
they could sign tokens that the running system believes; therefore keys leave sealed, or not at all.
"""

import asyncio
import hashlib
import os
import shutil
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel

from deploy.data_folder import DataFolder
from deploy.databases import verify_audit
from deploy.sealing import seal

FORMAT = 1
MANIFEST, SEALED_KEYS, ERASURES = "manifest.json", "keys.sealed", "erasures.jsonl"
ENGINE = "temporal"
IN_ORDER = (ENGINE, "coordination", "followup", "localization", "assessment")
PART = ".part"


class CannotBackUp(Exception):
    """No backup was made; the text says why."""


class Kept(BaseModel):
    """One file of a backup."""

    sha256: str
    bytes: int
    copied_at: datetime
    entries: int | None = None
    """How long the audit log was: a later one that is shorter was cut."""


class Manifest(BaseModel):
    """What a backup holds, and when each part of it stood so."""

    format: int = FORMAT
    version: str
    began_at: datetime
    ended_at: datetime
    files: dict[str, Kept]
    keys: bool


def make(folder: DataFolder, into: Path, passphrase: str | None) -> Manifest:
    """Make a backup in a folder that is not there yet; it has its name only when it is whole."""
    into = into.resolve()
    if into.exists():
        raise CannotBackUp(f"{into} is there already; a backup never writes over another")
    if not folder.database(ENGINE).exists():
        raise CannotBackUp(f"{folder.path} is no data folder: it holds no {ENGINE}.db")
    sealed = None if passphrase is None else seal(_secrets(folder), passphrase)
    part = into.with_name(into.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    try:
        manifest = _filled(part, folder, sealed)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    part.rename(into)
    return manifest


def _secrets(folder: DataFolder) -> dict[str, bytes]:
    """The keys: all of them, because with some of them journeys cannot be read again."""
    try:
        return {path.name: path.read_bytes() for path in folder.secrets}
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        raise CannotBackUp(
            f"{missing} is not in {folder.path}; if it is kept elsewhere, back up without keys"
        ) from None


def _filled(part: Path, folder: DataFolder, sealed: bytes | None) -> Manifest:
    """Everything that a backup holds, and what says so."""
    began = datetime.now(UTC)
    copied = {name: _copy(folder.database(name), part / f"{name}.db") for name in IN_ORDER}
    reports = dict(asyncio.run(verify_audit(services_in(part))))
    for service, report in reports.items():
        if not report.intact:
            raise CannotBackUp(f"the audit log of {service} is broken: {report.because}")
    files = {f"{name}.db": _kept(part / f"{name}.db", at) for name, at in copied.items()}
    for service, report in reports.items():
        files[f"{service}.db"].entries = report.entries
    if sealed is not None:
        files[SEALED_KEYS] = _written(part / SEALED_KEYS, sealed)
    manifest = Manifest(
        version=version("tio-pathway"),
        began_at=began,
        ended_at=datetime.now(UTC),
        files=files,
        keys=sealed is not None,
    )
    _written(part / MANIFEST, manifest.model_dump_json(indent=2).encode())
    return manifest


def services_in(folder: Path) -> list[tuple[str, str]]:
    """The services' databases that lie in this folder."""
    copies = DataFolder(folder)
    return [(name, copies.database_url(name)) for name in IN_ORDER if name != ENGINE]


def _copy(source: Path, target: Path) -> datetime:
    """The database as it stands at this instant, whoever writes to it meanwhile."""
    at = datetime.now(UTC)
    try:
        with sqlite3.connect(f"file:{source}?mode=rw", uri=True, timeout=60) as database:
            database.execute("VACUUM INTO ?", (str(target),))
        database.close()
    except sqlite3.Error as error:
        raise CannotBackUp(f"{source.name} could not be copied: {error}") from None
    return at


def _written(path: Path, content: bytes) -> Kept:
    path.touch(mode=0o600)
    path.write_bytes(content)
    return _kept(path, datetime.now(UTC))


def _kept(path: Path, at: datetime) -> Kept:
    os.chmod(path, 0o600)
    with path.open("rb") as written:
        os.fsync(written.fileno())
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    return Kept(sha256=digest, bytes=path.stat().st_size, copied_at=at)
