"""What somebody may be asked to do, and how it is shown to people."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files

ACTS: Mapping[str, str] = tomllib.loads(
    files("knowledge.terms").joinpath("acts.toml").read_text("utf-8")
)


def display(act: str) -> str:
    """How is this act called on a page? A code without a name is shown as it is."""
    return ACTS.get(act, act)
