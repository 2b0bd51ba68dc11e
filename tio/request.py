"""One request in, one answer out; or one a line, in order. The same JSON as the API."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

from pydantic import BaseModel, ValidationError

R = TypeVar("R", bound=BaseModel)

DONE, WRONG_INPUT = 0, 2
HERE = "urn:tio:command-line"


class Unreadable(Exception):
    """This is no request; `problem` says where and why, as JSON."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def add_input(parser: argparse.ArgumentParser) -> None:
    """Let a file, or standard input, be named; and one request a line."""
    parser.add_argument("file", nargs="?", default="-", metavar="FILE|-", help="a request as JSON")
    parser.add_argument(
        "--ndjson", action="store_true", help="one request a line in, one answer a line out"
    )


def answer(arguments: argparse.Namespace, model: type[R], verb: Callable[[R], str]) -> int:
    """Read, answer, print. A bad line gives a problem on its line, and the rest go on."""
    try:
        if arguments.ndjson:
            return _answer_lines(_bodies(arguments), model, verb)
        return _answer_one(next(_bodies(arguments)), model, verb)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as refusal:
        sys.stderr.write(f"{arguments.file} cannot be read: {refusal.strerror}\n")
        return WRONG_INPUT


def _answer_lines(bodies: Iterable[bytes], model: type[R], verb: Callable[[R], str]) -> int:
    code = DONE
    for body in bodies:
        try:
            print(verb(_read(body, model)), flush=True)
        except Unreadable as refusal:
            print(refusal.problem, flush=True)
            code = WRONG_INPUT
    return code


def _answer_one(body: bytes, model: type[R], verb: Callable[[R], str]) -> int:
    try:
        print(verb(_read(body, model)))
    except Unreadable as refusal:
        sys.stderr.write(refusal.problem + "\n")
        return WRONG_INPUT
    return DONE


def _bodies(arguments: argparse.Namespace) -> Iterator[bytes]:
    """The whole as one body, or line by line; empty lines are passed over."""
    if arguments.file == "-":
        yield from _parts(sys.stdin.buffer, arguments.ndjson)
        return
    with Path(arguments.file).open("rb") as source:
        yield from _parts(source, arguments.ndjson)


def _parts(source: BinaryIO, by_line: bool) -> Iterator[bytes]:
    return (line for line in source if line.strip()) if by_line else iter([source.read()])


def _read(body: bytes, model: type[R]) -> R:
    """What is asked? Unreadable when nobody can tell."""
    try:
        return model.model_validate_json(body)
    except ValidationError as refusal:
        raise Unreadable(_problem(refusal, body)) from None


def _problem(refusal: ValidationError, body: bytes) -> str:
    # Here, because only who sent something wrong need wait for a server's libraries.
    from services.chassis.errors import not_json, unreadable

    if refusal.errors()[0]["type"] == "json_invalid":
        problem = not_json()
    else:
        problem = unreadable(refusal, json.loads(body))
    return problem.document(HERE).model_dump_json()
