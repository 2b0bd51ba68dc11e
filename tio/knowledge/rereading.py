"""Today's code with the tables of another edition: a copy of `knowledge/`, first on the path.

The rules read their tables once, when they are imported. Instead of a setting that would let a
service read other tables, a process of its own is started in a folder in which the package stands
with that edition's tables. Nothing in production knows of it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from knowledge.archive import SHELF
from knowledge.edition import Edition, edition_in
from tio.knowledge.saying import HOME

CODE = HOME.parent


class CannotBeRead(Exception):
    """Today's code cannot read this edition; says which row it asked for."""


@contextmanager
def todays_code_with(edition: Edition) -> Iterator[Path]:
    """A folder in which today's code finds this edition's tables."""
    own = edition_in(HOME).tables
    with tempfile.TemporaryDirectory(prefix="tio-edition-") as made:
        place = Path(made)

        def leave_out(folder: str, names: list[str]) -> list[str]:
            here = Path(folder).relative_to(HOME)
            return [n for n in names if n in ("__pycache__", SHELF) or str(here / n) in own]

        shutil.copytree(HOME, place / "knowledge", ignore=leave_out)
        for name, content in edition.tables.items():
            (place / "knowledge" / name).write_bytes(content)
        yield place


def answers_under(edition: Edition, requests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What does each request answer under this edition? In order; a problem where it is none."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    with todays_code_with(edition) as place:
        done = subprocess.run(
            [sys.executable, "-m", "tio", "assess", "--ndjson"],
            cwd=place,
            env={**os.environ, "PYTHONPATH": f"{place}{os.pathsep}{CODE}"},
            input=lines,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    if "Traceback" in done.stderr:
        raise CannotBeRead(f"{edition.version} cannot be read by today's code: {_why(done.stderr)}")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in answers:
        if answer.get("knowledge_version", edition.version) != edition.version:
            raise CannotBeRead(f"{edition.version} was asked, {answer['knowledge_version']} spoke")
    return answers


def _why(complaint: str) -> str:
    """What a table lacked, in the last words of a process that stopped."""
    last = complaint.strip().splitlines()[-1]
    missing = re.fullmatch(r"KeyError: (.+)", last)
    askers = re.findall(r"knowledge/(?:rules/)?(\w+)\.py\", line", complaint)
    asker = next((name for name in reversed(askers) if name not in ("tables", "rows")), None)
    if missing and asker:
        return f"{asker}.toml has no row {missing[1]}, which the rules ask for"
    return last.removeprefix("knowledge.tables.KnowledgeError: ")
