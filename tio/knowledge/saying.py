"""How the knowledge commands speak: exit codes, complaints, and rows written beneath a file."""

import json
import sys
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

DONE, REFUSED, WRONG = 0, 1, 2
WIDTH = 110

HOME = Path(str(files("knowledge")))
"""Where the tables stand that this command reads and writes."""


def complain(code: int, *complaints: str) -> int:
    """Say what is wrong, apart from the answer."""
    for complaint in complaints:
        sys.stderr.write(f"{complaint}\n")
    return code


def append(file: Path, kind: str, rows: list[Mapping[str, Any]]) -> None:
    """Write rows beneath what a file already says; nothing in it is changed."""
    with file.open("a", encoding="utf-8") as opened:
        for row in rows:
            opened.write(f"\n[[{kind}]]\n{toml(row)}")


def toml(row: Mapping[str, Any]) -> str:
    """Words, days, yes or no, and lists of words, as TOML writes them."""
    return "".join(f"{name} = {_written(value)}\n" for name, value in row.items())


def _written(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
