"""Released editions, one file each: what a conclusion of years ago was drawn from can be read."""

import zipfile
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from knowledge.edition import FOLDERS, NAMED_IN, Edition, edition_in

CURRENT = "current"
SHELF = "editions"
SUFFIX = ".zip"
NO_DAY = (1980, 1, 1, 0, 0, 0)
"""The earliest a zip can say; when something was released is known to the version control."""


class NoSuchEdition(Exception):
    """There is no edition of this name, or what stands there is none."""


def keep(edition: Edition, file: Path) -> None:
    """Write an edition as one file; the same tables give the same file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for place in sorted(edition.tables):
            entry = ZipInfo(place, NO_DAY)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, edition.tables[place])


def kept_in(file: Traversable | Path) -> Edition:
    """The edition in this file."""
    try:
        with file.open("rb") as opened, ZipFile(opened) as archive:
            return _whole(Edition({name: archive.read(name) for name in archive.namelist()}), file)
    except (OSError, zipfile.BadZipFile) as wrong:
        raise NoSuchEdition(f"{file.name} holds no edition: {wrong}") from None


def released(root: Traversable | None = None) -> Iterator[Edition]:
    """Every edition that was released, by name."""
    shelf = (root or files("knowledge")) / SHELF
    if not shelf.is_dir():
        return
    for file in sorted(shelf.iterdir(), key=lambda file: file.name):
        if file.name.endswith(SUFFIX):
            yield kept_in(file)


def released_as(name: str, root: Traversable | None = None) -> Edition | None:
    """The edition that was released under this name, or name and fingerprint."""
    for edition in released(root):
        if name in (edition.name, edition.version):
            return edition
    return None


def find(said: str, root: Traversable | None = None) -> Edition:
    """`current`, a released edition by name or version, or a path to a folder or a file."""
    tables = root or files("knowledge")
    if said == CURRENT:
        return edition_in(tables)
    known = released_as(said, root)
    if known is not None:
        return known
    now = edition_in(tables)
    if said == now.version:
        return now
    place = Path(said)
    if (place / NAMED_IN).is_file():
        return edition_in(place)
    if (place / "knowledge" / NAMED_IN).is_file():
        return edition_in(place / "knowledge")
    if place.is_file():
        return kept_in(place)
    names = ", ".join(edition.version for edition in released(root)) or "none"
    raise NoSuchEdition(
        f"{said} is neither `current` nor a released edition ({names}) nor a folder or file of one"
    )


def _whole(edition: Edition, file: Traversable | Path) -> Edition:
    if NAMED_IN not in edition.tables:
        raise NoSuchEdition(f"{file.name} holds no edition: {NAMED_IN} is missing")
    for place in edition.tables:
        folder, _, name = place.rpartition("/")
        if folder not in FOLDERS or not name.endswith(".toml"):
            raise NoSuchEdition(f"{file.name} holds no edition: {place} is no table of one")
    return edition
