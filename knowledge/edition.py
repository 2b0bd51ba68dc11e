"""Which knowledge answered? Name and fingerprint of the edition, stored with each conclusion."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

NAME = "2026.11"


def _table_files() -> Iterator[Traversable]:
    root = files("knowledge")
    for folder in (root, root / "terms", root / "rules"):
        for entry in folder.iterdir():
            if entry.name.endswith(".toml"):
                yield entry


def fingerprint() -> str:
    """The same for the same tables on any machine; another when any byte of a table changes."""
    digest = hashlib.sha256()
    for entry in sorted(_table_files(), key=lambda entry: entry.name):
        digest.update(entry.name.encode() + b"\0" + entry.read_bytes() + b"\0")
    return digest.hexdigest()


KNOWLEDGE_VERSION = f"{NAME}+{fingerprint()[:12]}"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The knowledge a conclusion was drawn with."""

    version: str = KNOWLEDGE_VERSION


CURRENT = Knowledge()
