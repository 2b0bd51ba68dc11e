"""Make a data folder from a backup: whole and unchanged, or not at all.

What is restored knows nothing of what came after. So whoever was forgotten since then is forgotten
again, from the list that coordination keeps of erasures (`TIO_COORDINATION_ERASURE_LOG`); and the
first thing to do with it, once it is up, is `tio journeys reconcile`.
"""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from deploy.backup import FORMAT, MANIFEST, PART, SEALED_KEYS, Manifest, services_in
from deploy.data_folder import DataFolder
from deploy.databases import verify_audit
from deploy.sealing import DoesNotOpen, unseal
from services.chassis import migrations
from services.chassis.database import Database
from services.coordination.erased_before import Outcome, repeat
from services.coordination.erasure_log import AskedBefore


class CannotRestore(Exception):
    """Nothing was restored; the text says why."""


class Restored(BaseModel):
    """What was done, and what cannot be known."""

    began_at: datetime
    """When the oldest part of the backup stood so: everything until then is in it."""

    restored_at: datetime
    erasures: dict[str, int] | None
    """How many erasures were repeated, known already, or of journeys that are not in it."""


def read_manifest(backup: Path) -> Manifest:
    """What this backup says it holds; checked against every byte of it."""
    try:
        manifest = Manifest.model_validate_json((backup / MANIFEST).read_bytes())
    except OSError as error:
        raise CannotRestore(f"{backup} is no backup: {error.strerror}") from None
    except ValidationError:
        raise CannotRestore(f"the manifest of {backup} cannot be read") from None
    if manifest.format > FORMAT:
        raise CannotRestore(f"this backup was made by version {manifest.version}, a newer one")
    for name, kept in manifest.files.items():
        if not (backup / name).is_file():
            raise CannotRestore(f"{name} is missing from the backup")
        with (backup / name).open("rb") as held:
            if hashlib.file_digest(held, "sha256").hexdigest() != kept.sha256:
                raise CannotRestore(f"{name} is not as it was when the backup was made")
    return manifest


def restore(
    backup: Path,
    into: Path,
    *,
    passphrase: str | None = None,
    keys: Path | None = None,
    erasures: Sequence[Path] = (),
) -> Restored:
    """Restore into an empty folder. `keys`: a folder with the keys, for a backup without them."""
    into = into.resolve()
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise CannotRestore(f"{into} is not empty; what is in it would be lost")
    manifest = read_manifest(backup)
    asked = [one for path in erasures for one in _read(path)]
    part = into.with_name(into.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    try:
        _put_back(backup, part, manifest, _keys(backup, manifest, passphrase, keys))
        outcomes = asyncio.run(_checked(part, manifest, asked))
        counted = {one.value: outcomes.count(one) for one in Outcome} if erasures else None
        done = Restored(began_at=manifest.began_at, restored_at=datetime.now(UTC), erasures=counted)
        folder = DataFolder(part)
        folder.restored.write_text(done.model_dump_json())
        if asked:
            folder.erasure_log.write_text("".join(f"{one.model_dump_json()}\n" for one in asked))
        if into.exists():
            into.rmdir()
        part.rename(into)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return done


async def forget_again(url: str, files: Sequence[Path]) -> dict[str, int]:
    """The same for a restored database that is no file: what is on these lists is asked again."""
    asked = [one for path in files for one in _read(path)]
    database = Database(url)
    try:
        outcomes = [await repeat(database, one) for one in asked]
    finally:
        await database.close()
    return {one.value: outcomes.count(one) for one in Outcome}


def _put_back(backup: Path, part: Path, manifest: Manifest, keys: dict[str, bytes]) -> None:
    for name in manifest.files:
        if name != SEALED_KEYS:
            shutil.copyfile(backup / name, part / name)
    for name, held in keys.items():
        (part / name).touch(mode=0o600)
        (part / name).write_bytes(held)


def _keys(
    backup: Path, manifest: Manifest, passphrase: str | None, folder: Path | None
) -> dict[str, bytes]:
    wanted = [path.name for path in DataFolder(backup).secrets]
    if folder is not None:
        try:
            return {name: (folder / name).read_bytes() for name in wanted}
        except OSError as error:
            raise CannotRestore(f"{error.filename}: {error.strerror}") from None
    if not manifest.keys:
        raise CannotRestore(f"this backup holds no keys; say where {' and '.join(wanted)} are")
    if passphrase is None:
        raise CannotRestore("the keys of this backup are sealed; their passphrase is needed")
    try:
        return unseal((backup / SEALED_KEYS).read_bytes(), passphrase)
    except DoesNotOpen as refusal:
        raise CannotRestore(str(refusal)) from None


async def _checked(part: Path, manifest: Manifest, asked: Sequence[AskedBefore]) -> list[Outcome]:
    """Bring the databases to this version's shape, look at their logs, and forget again."""
    for service, report in await verify_audit(services_in(part)):
        if not report.intact or report.entries != manifest.files[f"{service}.db"].entries:
            raise CannotRestore(f"the audit log of {service} is not what the manifest says")
    outcomes: list[Outcome] = []
    for service, url in services_in(part):
        database = Database(url)
        try:
            if await migrations.at(database) > str(migrations.newest(service)):
                raise CannotRestore(f"{service} is from a newer version: {manifest.version}")
            await migrations.migrate(database, service)
            if service == "coordination":
                outcomes = [await repeat(database, one) for one in asked]
        finally:
            await database.close()
    return outcomes


def _read(path: Path) -> list[AskedBefore]:
    """The list of erasures in this file. The last line may be half written, no other one."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise CannotRestore(f"{path}: {error.strerror}") from None
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(AskedBefore.model_validate(json.loads(line)))
        except ValueError:
            if number < len(lines):
                raise CannotRestore(f"line {number} of {path} is no erasure") from None
    return list({(one.organisation, one.journey): one for one in found}.values())
