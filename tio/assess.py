"""`tio assess [FILE|-]`: one request in, one answer out; the same JSON as the API, no server."""

import argparse
from datetime import UTC, datetime

from pydantic import TypeAdapter

from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest
from tio import request

ANSWER: TypeAdapter[Assessment] = TypeAdapter(Assessment)


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser("assess", help="does this person have TIO, and what is next?")
    request.add_input(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Answer as `POST /assessment/v1/evaluate` does; no server is needed."""
    return request.answer(arguments, EvaluateRequest, _answer)


def _answer(asked: EvaluateRequest) -> str:
    concluded = assess(asked, now=datetime.now(UTC))
    return ANSWER.dump_json(concluded, by_alias=True).decode()
