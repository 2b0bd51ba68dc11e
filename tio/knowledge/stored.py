"""What was asked so far: stored decisions of a data folder or database, or requests of a file."""

import argparse
import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.reference_cases import reference_cases

if TYPE_CHECKING:
    from services.assessment.look_back import Decision


class CannotLookBack(Exception):
    """The stored decisions cannot be read; says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, and which decision it was for: ids only, nothing that names a person."""

    id: str
    request: dict[str, Any]
    organisation: str | None = None
    record: str | None = None
    site: str | None = None
    """What the organisation had laid over the tables, as JSON."""
    answered: tuple[str, str] | None = None
    """The class that was stored, and by which edition."""


def add_sources(parser: argparse.ArgumentParser, *, also_requests: bool) -> None:
    """Let stored decisions be named."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--data", type=Path, metavar="DIR", help="data folder of `tio up`")
    where.add_argument("--database", metavar="URL", help="database of the assessment service")
    if also_requests:
        where.add_argument(
            "--requests", type=Path, metavar="FILE", help="one request a line, as for `tio assess`"
        )


def database_url(arguments: argparse.Namespace) -> str | None:
    """Which database is meant, if one is?"""
    if arguments.data is None:
        return arguments.database  # type: ignore[no-any-return]
    from deploy.data_folder import DataFolder

    if not (arguments.data / "assessment.db").is_file():
        raise FileNotFoundError(f"{arguments.data} is no data folder")
    return DataFolder(arguments.data).database_url("assessment")


def asked(arguments: argparse.Namespace) -> list[Asked]:
    """The requests that are meant; the reference cases when none is named."""
    url = database_url(arguments)
    if url is not None:
        return _of_database(url)
    if arguments.requests is not None:
        return list(_of_file(arguments.requests))
    return [Asked(case.id, case.request) for case in reference_cases()]


def _of_file(file: Path) -> Iterator[Asked]:
    """Each line of the file; who names no moment is asked as of one and the same."""
    now = datetime.now(UTC).isoformat()
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if line.strip():
            yield Asked(f"line {number}", {"as_of": now, **_object(line)})


def _object(line: str) -> dict[str, Any]:
    """A line that is no request stays one that nobody can answer, and the rest go on."""
    try:
        said = json.loads(line)
    except json.JSONDecodeError:
        said = None
    return said if isinstance(said, dict) else {"unreadable": line}


def _of_database(url: str) -> list[Asked]:
    return [
        Asked(
            str(one.drawn.id),
            one.request,
            one.drawn.organisation,
            str(one.drawn.record) if one.drawn.record else None,
            one.site.model_dump_json() if one.site else None,
            (one.drawn.tio_class, one.drawn.knowledge_version),
        )
        for one in decisions_in(url)
    ]


def decisions_in(url: str) -> "list[Decision]":
    """Every decision of this database; CannotLookBack says why it cannot be read."""
    from sqlalchemy.exc import SQLAlchemyError

    from services.assessment.look_back import NotMigrated, decisions

    async def read() -> "list[Decision]":
        return [one async for one in decisions(url)]

    try:
        return asyncio.run(read())
    except NotMigrated as wrong:
        raise CannotLookBack(str(wrong)) from None
    except (SQLAlchemyError, ValueError) as wrong:
        raise CannotLookBack(f"the database cannot be read: {type(wrong).__name__}") from None
