"""Every sentence that the pages can say, collected from where it is written."""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from babel.messages.extract import extract
from jinja2.ext import babel_extract

from knowledge.terms.acts import ACTS
from knowledge.terms.analyte import ANALYTES
from services.coordination import rendering, views, wording
from services.coordination.pages import (
    answering,
    body,
    history_words,
    letter,
    living,
    operating,
    programme,
    results,
    scanning,
    worklist,
)

HERE = Path(wording.__file__).parent
SAYS = {"say": None, "count": (1, 2)}


def in_templates() -> Iterator[str]:
    """What stands in the templates."""
    keywords: Any = {"_": None, "ngettext": (1, 2)}
    method: Any = babel_extract
    options = {"trim_blocks": "true", "lstrip_blocks": "true"}
    for template in sorted((HERE / "templates").rglob("*.html")):
        with template.open("rb") as written:
            found = extract(method, written, keywords=keywords, options=options)
            for _, said, _, _ in found:
                yield from (said,) if isinstance(said, str) else said[:1]


def in_code() -> Iterator[str]:
    """What stands in the modules: the first argument of `say` and `count`, and both of a choice."""
    for module in sorted(HERE.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in SAYS and node.args:
                yield from _texts(node.args[0])


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def in_tables() -> Iterator[str]:
    """What stands in tables of words: here, and in the terms of the knowledge that pages name."""
    for name in dir(wording):
        table = getattr(wording, name)
        its_own = name.isupper() and name not in ("ACTS", "ANALYTES", "REFERENCES")
        if its_own and isinstance(table, Mapping):
            yield from table.values()
    yield from wording.CODES
    yield from ACTS.values()
    for analyte in ANALYTES.values():
        name, _, specimen = analyte.name.partition(", ")
        yield f"{specimen} {name}" if specimen else name
    yield from answering.WHAT_IS_MISSING.values()
    yield from results.SHEETS
    yield from body.AREAS.values()
    yield from (words for _, words, _ in body.PARTS)
    yield from body.REGIONS.values()
    yield from (name for name, _ in body._places())
    yield from scanning.UPTAKES.values()
    yield from scanning.MIMICS.values()
    for group, things in history_words.ASKED.items():
        yield from (group, *things.values())
    yield from (words for words, _, _ in history_words.AMOUNTS.values())
    for table in (history_words.IRON, history_words.ACUTE, history_words.GENE_RESULTS):
        yield from table.values()
    for choices in operating.CHOICES.values():
        yield from choices.values()
    yield from letter.PURPOSES.values()
    yield from rendering.HEADINGS.values()
    yield from programme.STEPS.values()
    yield from (words for words, _ in worklist.VIEWS.values())
    yield from living.CHANGES.values()
    yield from living.MEANING.values()
    yield from views.RISKS.values()


FOLLOWED_BY = ("surveillance_calendar", "treatment_choice", "follow_up_safety", "tracing")
"""The rules whose own sentences stand on the page of every patient who is followed."""


def in_rules() -> Iterator[str]:
    """What these rules conclude, as what is due says it."""
    folder = files("knowledge.rules")
    for name in FOLLOWED_BY:
        table = tomllib.loads(folder.joinpath(f"{name}.toml").read_text("utf-8"))
        for rule in table["rules"].values():
            yield rule["conclusion"]


def everything() -> list[str]:
    """Every sentence once, in the order in which it is found."""
    found = [*in_templates(), *in_code(), *in_tables(), *in_rules()]
    return [text for text in dict.fromkeys(found) if text and any(c.isalpha() for c in text)]
