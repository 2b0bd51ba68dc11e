"""What somebody may be asked to do, and how it is said to people: no diagnosis in it."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files

ACTS: Mapping[str, str] = tomllib.loads(
    files("knowledge.terms").joinpath("acts.toml").read_text("utf-8")
)
