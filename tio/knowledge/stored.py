"""What was asked so far: stored decisions of a data folder or database, or requests of a file."""

import argparse
import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from knowledge.reference_cases import reference_cases


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
            yield Asked(f"line {number}", {"as_of": now, **json.loads(line)})


def _of_database(url: str) -> list[Asked]:
    from services.assessment.look_back import decisions

    async def read() -> list[Asked]:
        return [
            Asked(
                str(one.drawn.id),
                one.request,
                one.drawn.organisation,
                str(one.drawn.record) if one.drawn.record else None,
                one.site.model_dump_json() if one.site else None,
                (one.drawn.tio_class, one.drawn.knowledge_version),
            )
            async for one in decisions(url)
        ]

    return asyncio.run(read())
