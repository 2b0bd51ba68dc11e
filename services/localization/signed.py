"""Whose word is it? A plan's links and overrides are signed by the token they came with. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

WORDS = ("links", "overrides")
"""What people say in a plan as a whole; each names who said it."""


def signed(said: Mapping[str, Any], before: Mapping[str, Any], by: str) -> dict[str, Any]:
    """What was said, in the name of who says it: never in the name that a body gives.

    A word that stood in the plan before stays the word of who said it first.
    """
    named = dict(said)
    for name in WORDS:
        if name in said:
            stood = {_content(word): word["by"] for word in before.get(name, ()) if word.get("by")}
            named[name] = [{**word, "by": stood.get(_content(word), by)} for word in said[name]]
    return named


def _content(word: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    items: Iterable[tuple[str, Any]] = word.items()
    return frozenset((name, value) for name, value in items if name != "by")
