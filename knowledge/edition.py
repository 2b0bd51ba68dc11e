"""Which knowledge answered? Name and fingerprint of the edition, stored with each conclusion."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable

from knowledge.retracted import reason_against

FOLDERS = ("", "terms", "rules")
ABOUT_EDITIONS = frozenset(("sign_off.toml", "retracted.toml"))
"""What is said about tables, not in them: a signature or a retraction changes no fingerprint."""

NAMED_IN = "edition.toml"
DIGITS = 12


@dataclass(frozen=True)
class Edition:
    """All tables of one edition, by their place in `knowledge/`."""

    tables: Mapping[str, bytes]

    @cached_property
    def name(self) -> str:
        """How people call it."""
        return str(tomllib.loads(self.tables[NAMED_IN].decode())["name"])

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same tables on any machine; another when any byte of one changes."""
        digest = hashlib.sha256()
        for place in sorted(self.tables):
            digest.update(place.encode() + b"\0" + self.tables[place] + b"\0")
        return digest.hexdigest()

    @cached_property
    def version(self) -> str:
        """Name and fingerprint, as they are stored with each conclusion."""
        return f"{self.name}+{self.fingerprint[:DIGITS]}"


def edition_in(root: Traversable) -> Edition:
    """Which edition stands in this folder?"""
    tables = {}
    for folder in FOLDERS:
        place = root / folder if folder else root
        for entry in place.iterdir():
            if entry.name.endswith(".toml") and entry.name not in ABOUT_EDITIONS:
                tables[f"{folder}/{entry.name}".lstrip("/")] = entry.read_bytes()
    return Edition(tables)


KNOWLEDGE_VERSION = edition_in(files("knowledge")).version


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The knowledge a conclusion is drawn with, and why it was retracted, if it was."""

    version: str = KNOWLEDGE_VERSION
    retracted: str | None = None


CURRENT = Knowledge(retracted=reason_against(KNOWLEDGE_VERSION))
