"""A number from a guideline lives in knowledge/, dated and cited; never in code."""

import ast
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERBS = (
    "services/assessment",
    "services/localization",
    "services/followup",
    "knowledge/rules",
    "workflows",
)
"""Where clinical content could slip in; coordination and the chassis weigh no such quantity."""

ORDINARY = {-1, 0, 1, 2}
"""Counting, places in a list, 'none' and 'more than one'."""

NOT_CLINICAL = {
    "knowledge/rules/renal_phosphate.py": {1000: "umol in a mmol", 100: "per cent"},
    "knowledge/rules/exposures.py": {12: "months in a year"},
    "knowledge/rules/surveillance_dues.py": {12: "months in a year"},
    "knowledge/rules/remission.py": dict.fromkeys((12, 28, 29, 30), "months, and their last days"),
    "services/assessment/notes.py": {6: "figures of a computed number that are shown"},
    "knowledge/rules/sending_hours.py": dict.fromkeys((8, 64), "bytes and bits of a hash"),
    "knowledge/rules/working_calendar.py": {400: "days to look ahead for an open one"},
    "knowledge/rules/scan_yield.py": {10: "a chance in words: so many in ten"},
}
"""Numbers of arithmetic and the calendar, which no edition changes."""

TECHNICAL = (
    "settings.py",
    "contract.py",
    "sent.py",
    "told.py",
    "routes.py",
    "policies.py",
    "worker.py",
    "codec.py",
    "asked_keys.py",
    "journey_keys.py",
    "tending.py",
)
TECHNICAL_PARTS = (
    "migrations",
    "metrics.py",
    "app.py",
    "client.py",
    "__main__.py",
    "workflows/activities/",
    "_routes.py",
    "services/followup/events.py",
    "services/followup/reported.py",
    "services/assessment/batch.py",
    "services/assessment/look_back.py",
    "services/assessment/site_settings.py",
)
"""Lengths of fields, sizes of pages, patience with the network: no rule is evaluated there."""


def modules() -> Iterator[Path]:
    for folder in VERBS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            technical = path.name in TECHNICAL or any(p in str(path) for p in TECHNICAL_PARTS)
            if not technical:
                yield path


def numbers(tree: ast.AST) -> Iterator[tuple[int, Decimal]]:
    """Every number that is written down: literals, and words handed to Decimal."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            if not isinstance(node.value, bool):
                yield node.lineno, Decimal(repr(node.value))
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", "") == "Decimal"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            try:
                yield node.lineno, Decimal(node.args[0].value)
            except InvalidOperation:
                continue


def offences(path: Path) -> list[str]:
    allowed = ORDINARY | NOT_CLINICAL.get(path.relative_to(ROOT).as_posix(), {}).keys()
    tree = ast.parse(path.read_text("utf-8"))
    caches = {
        keyword.value.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "lru_cache"
        for keyword in node.keywords
    }
    return [
        f"{path.relative_to(ROOT)}:{line}: {number}"
        for line, number in numbers(tree)
        if number not in allowed and line not in caches
    ]


@pytest.mark.parametrize(
    "path", list(modules()), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_no_clinical_number_stands_in_code(path: Path) -> None:
    assert offences(path) == []


def test_a_threshold_slipped_into_code_is_found() -> None:
    for code in ("wasting = tmp < 0.70", 'LIMIT = Decimal("0.80")', "if fepo4 >= 15: pass"):
        found = [number for _, number in numbers(ast.parse(code)) if number not in ORDINARY]
        assert found, code
