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
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from knowledge.archive import SHELF
from knowledge.edition import Edition, edition_in
from knowledge.ledger import current_rows, rows_of
from tio.knowledge.saying import HOME
from tio.knowledge.stored import Asked

CODE = Path(__file__).parents[2]
"""Where this program's other packages stand."""


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


def answers_under(edition: Edition, asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """What does each request answer under this edition? In order; a problem where it is none.

    Those of one site are asked together, with what that site had laid over the tables.
    """
    answers: list[dict[str, Any]] = [{}] * len(asked)
    with todays_code_with(edition) as place:
        for site in dict.fromkeys(one.site for one in asked):
            numbers = [number for number, one in enumerate(asked) if one.site == site]
            given = _answer(edition, place, site, [asked[number].request for number in numbers])
            for number, answer in zip(numbers, given, strict=True):
                answers[number] = answer
    return answers


def _answer(
    edition: Edition, place: Path, site: str | None, requests: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tio", "assess", "--ndjson"]
    if site is not None:
        (place / "site.json").write_text(site, "utf-8")
        command += ["--site", str(place / "site.json")]
    done = subprocess.run(
        command,
        cwd=place,
        env={**os.environ, "PYTHONPATH": f"{place}{os.pathsep}{CODE}"},
        input="".join(json.dumps(request) + "\n" for request in requests),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if "Traceback" in done.stderr:
        why = _why(edition, done.stderr)
        raise CannotBeRead(f"{edition.version} cannot be read by today's code: {why}")
    if site is not None and not done.stdout and done.stderr:
        raise CannotBeRead(f"what a site laid over {edition.version} cannot be: {done.stderr}")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in answers:
        if answer.get("knowledge_version", edition.version) != edition.version:
            raise CannotBeRead(f"{edition.version} was asked, {answer['knowledge_version']} spoke")
    return answers


def _why(edition: Edition, complaint: str) -> str:
    """What its tables lack, from the last words of a process that stopped."""
    last = complaint.strip().splitlines()[-1]
    asked_for = re.fullmatch(r"KeyError: '(.+)'", last)
    if asked_for:
        name, there = asked_for[1], rows_of(edition)
        lacking = [id for id in current_rows() if id.endswith(f".{name}") or id == name]
        lacking = [id for id in lacking if id not in there]
        return f"it has no row {' or '.join(lacking) or name}, which the rules ask for"
    if last.startswith("FileNotFoundError"):
        return f"it has no table {last.rstrip(chr(39)).rsplit('/', 1)[-1]}, which the rules ask for"
    return last.removeprefix("knowledge.vouching.KnowledgeError: ")
