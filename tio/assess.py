"""`tio assess [FILE|-]`: one request in, one answer out; the same JSON as the API, no server."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest

ANSWER: TypeAdapter[Assessment] = TypeAdapter(Assessment)
WRONG = 2


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser("assess", help="assess one request, or one a line")
    parser.add_argument("file", nargs="?", default="-", help="a JSON file, or - for standard input")
    parser.add_argument(
        "--ndjson", action="store_true", help="one request a line, one answer a line"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Answer on standard output; what is wrong goes to standard error, or on its own line."""
    try:
        lines = _read(arguments.file, arguments.ndjson)
        if arguments.ndjson:
            return _answer_lines(lines)
        return _answer_one(next(iter(lines)))
    except OSError as unreadable:
        reason = unreadable.strerror or "unreadable"
        sys.stderr.write(_written(_problem("the input cannot be read", reason)) + "\n")
        return WRONG


def _answer_one(body: bytes) -> int:
    answer, wrong = answer_to(body)
    (sys.stderr if wrong else sys.stdout).write(answer + "\n")
    return WRONG if wrong else 0


def _answer_lines(lines: Iterable[bytes]) -> int:
    any_wrong = False
    for line in lines:
        if not line.strip():
            continue
        answer, wrong = answer_to(line)
        any_wrong = any_wrong or wrong
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
    return WRONG if any_wrong else 0


def answer_to(body: bytes) -> tuple[str, bool]:
    """The answer to one request as JSON, and whether it is a problem instead."""
    try:
        request = EvaluateRequest.model_validate_json(body)
    except ValidationError as refusal:
        return _written(_refused(refusal)), True
    answer = assess(request, now=datetime.now(UTC))
    return ANSWER.dump_json(answer, by_alias=True).decode(), False


def _read(file: str, by_line: bool) -> Iterator[bytes]:
    if file == "-":
        yield from sys.stdin.buffer if by_line else [sys.stdin.buffer.read()]
        return
    with Path(file).open("rb") as stream:
        yield from stream if by_line else [stream.read()]


def _refused(refusal: ValidationError) -> dict[str, Any]:
    """Where in the request each mistake stands; the values themselves are not repeated."""
    errors = [
        {
            "pointer": "".join(f"/{part}" for part in error["loc"]),
            "code": error["type"],
            "detail": "this is not JSON" if error["type"] == "json_invalid" else error["msg"],
        }
        for error in refusal.errors(include_input=False, include_url=False, include_context=False)
    ]
    return _problem(
        "Unprocessable Content", f"{len(errors)} value(s) cannot be accepted; see errors", errors
    )


def _problem(title: str, detail: str, errors: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": title,
        "status": 422,
        "detail": detail,
        "errors": errors or [],
    }


def _written(problem: dict[str, Any]) -> str:
    return to_json(problem).decode()
