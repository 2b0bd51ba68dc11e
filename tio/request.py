"""One request in, one answer out; or one a line, in order. The same JSON as the API."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from decimal import DecimalException
from pathlib import Path
from typing import BinaryIO, TypeVar

from pydantic import BaseModel

from services.chassis.items import OutOfReach, Unread, read_item

R = TypeVar("R", bound=BaseModel)

DONE, WRONG_INPUT = 0, 2
HERE = "urn:tio:command-line"


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
            print(_answered(body, model, verb), flush=True)
        except Unread as refusal:
            print(_said(refusal), flush=True)
            code = WRONG_INPUT
    return code


def _answer_one(body: bytes, model: type[R], verb: Callable[[R], str]) -> int:
    try:
        print(_answered(body, model, verb))
    except Unread as refusal:
        sys.stderr.write(_said(refusal) + "\n")
        return WRONG_INPUT
    return DONE


def _answered(body: bytes, model: type[R], verb: Callable[[R], str]) -> str:
    try:
        return verb(read_item(body, model))
    except (OverflowError, DecimalException):
        raise OutOfReach from None


def _bodies(arguments: argparse.Namespace) -> Iterator[bytes]:
    """The whole as one body, or line by line; empty lines are passed over."""
    if arguments.file == "-":
        yield from _parts(sys.stdin.buffer, arguments.ndjson)
        return
    with Path(arguments.file).open("rb") as source:
        yield from _parts(source, arguments.ndjson)


def _parts(source: BinaryIO, by_line: bool) -> Iterator[bytes]:
    return (line for line in source if line.strip()) if by_line else iter([source.read()])


def _said(refusal: Unread) -> str:
    return refusal.problem().document(HERE).model_dump_json()
