"""One request in, one answer out; or one a line, in order. The same JSON as the API."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO, TypeVar

from pydantic import BaseModel, ValidationError

from services.chassis.errors import FieldProblem, ProblemDocument, field_problems

R = TypeVar("R", bound=BaseModel)

DONE, WRONG_INPUT = 0, 2


class Unreadable(Exception):
    """This is no request; the problem says where and why."""

    def __init__(self, problem: ProblemDocument) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def add_input(parser: argparse.ArgumentParser) -> None:
    """Let a file, or standard input, be named; and one request a line."""
    parser.add_argument("file", nargs="?", default="-", metavar="FILE|-", help="a request as JSON")
    parser.add_argument(
        "--ndjson", action="store_true", help="one request a line in, one answer a line out"
    )


def answer(
    arguments: argparse.Namespace, model: type[R], verb: Callable[[R, datetime], BaseModel]
) -> int:
    """Read, answer, print. A bad line gives a problem on its line, and the rest go on."""
    try:
        if arguments.ndjson:
            return _answer_lines(_lines(arguments), model, verb)
        return _answer_one(next(_lines(arguments)), model, verb)
    except (FileNotFoundError, IsADirectoryError, PermissionError, UnicodeDecodeError) as refusal:
        sys.stderr.write(f"{arguments.file} cannot be read: {type(refusal).__name__}\n")
        return WRONG_INPUT


def _answer_lines(
    lines: Iterable[str], model: type[R], verb: Callable[[R, datetime], BaseModel]
) -> int:
    code = DONE
    for line in lines:
        try:
            print(verb(*_read(line, model)).model_dump_json(), flush=True)
        except Unreadable as refusal:
            print(refusal.problem.model_dump_json(), flush=True)
            code = WRONG_INPUT
    return code


def _answer_one(text: str, model: type[R], verb: Callable[[R, datetime], BaseModel]) -> int:
    try:
        print(verb(*_read(text, model)).model_dump_json())
    except Unreadable as refusal:
        sys.stderr.write(refusal.problem.model_dump_json() + "\n")
        return WRONG_INPUT
    return DONE


def _lines(arguments: argparse.Namespace) -> Iterator[str]:
    """The whole as one text, or line by line; empty lines are passed over."""
    if arguments.file == "-":
        yield from _parts(sys.stdin, arguments.ndjson)
        return
    with Path(arguments.file).open(encoding="utf-8") as source:
        yield from _parts(source, arguments.ndjson)


def _parts(source: TextIO, by_line: bool) -> Iterator[str]:
    return (line for line in source if line.strip()) if by_line else iter([source.read()])


def _read(text: str, model: type[R]) -> tuple[R, datetime]:
    """The request, and the moment as of which it asks: its own, else now."""
    try:
        body = json.loads(text)
    except ValueError:
        place = FieldProblem(pointer="", code="json_invalid", detail="this is not JSON")
        raise Unreadable(_problem(400, "Bad Request", "the body is not JSON", [place])) from None
    try:
        request = model.model_validate(body)
    except ValidationError as refusal:
        errors = [{**error, "loc": ("body", *error["loc"])} for error in refusal.errors()]
        places = field_problems(errors, body)
        detail = f"{len(errors)} value{'s' if len(errors) != 1 else ''} cannot be accepted"
        raise Unreadable(_problem(422, "Unprocessable Entity", detail, places)) from None
    return request, getattr(request, "as_of", None) or datetime.now(UTC)


def _problem(status: int, title: str, detail: str, errors: list[FieldProblem]) -> ProblemDocument:
    kind = title.lower().replace(" ", "-")
    return ProblemDocument(
        type=f"urn:tio:problem:{kind}",
        title=title,
        status=status,
        detail=detail,
        instance="urn:tio:command-line",
        errors=errors,
    )
