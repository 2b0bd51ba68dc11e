"""Every rule, endpoint and public function says what it is for."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge import shelf

ROOT = Path(__file__).parents[2]
ROOMS = ("knowledge", "services", "workflows", "tio", "deploy")


def sources() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "versions" not in path.parts:
                yield path


def undocumented(path: Path) -> list[str]:
    tree = ast.parse(path.read_text("utf-8"))
    missing = [] if ast.get_docstring(tree) or not tree.body else [path.name]
    scopes: list[ast.Module | ast.ClassDef] = [tree]
    while scopes:
        for node in scopes.pop().body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if node.name.startswith("_"):
                continue
            if ast.get_docstring(node) is None:
                missing.append(node.name)
            if isinstance(node, ast.ClassDef):
                scopes.append(node)
    return missing


@pytest.mark.parametrize(
    "path", list(sources()), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_everything_public_says_what_it_is_for(path: Path) -> None:
    assert undocumented(path) == []


def test_every_rule_says_when_it_applies_and_what_follows() -> None:
    for rule in shelf.rules().values():
        assert rule.condition
        assert rule.conclusion
        assert rule.strength
        assert rule.sources


def test_every_table_asks_a_question() -> None:
    for name, table in shelf.tables().items():
        assert table.question.endswith("?"), name
