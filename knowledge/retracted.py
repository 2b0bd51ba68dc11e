"""Which editions were retracted, since when and why?"""

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

BESIDE = "retracted.toml"


@dataclass(frozen=True, slots=True)
class Retraction:
    """One edition that must not be relied on any more."""

    version: str
    on: date
    reason: str

    def concerns(self, version: str) -> bool:
        """Is this one meant? A name alone means every edition that was called so."""
        return self.version in (version, version.split("+")[0])


def read(text: str) -> tuple[Retraction, ...]:
    """What `retracted.toml` says."""
    rows = tomllib.loads(text).get("retracted", ())
    return tuple(Retraction(row["version"], row["on"], row["reason"]) for row in rows)


RETRACTED = read(files("knowledge").joinpath(BESIDE).read_text("utf-8"))


def reason_against(version: str) -> str | None:
    """Why must this edition not be relied on? None when it may."""
    for retraction in RETRACTED:
        if retraction.concerns(version):
            return retraction.reason
    return None
