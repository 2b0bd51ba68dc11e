"""`tio localize FILE|-`: examinations and scans in; where the search stands out."""

import argparse
from datetime import UTC, datetime

from services.localization.answer import ANSWER
from services.localization.contract import PlanRequest
from services.localization.localize import localize
from tio import request


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser("localize", help="where is the tumor, and which scan is next?")
    request.add_input(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Answer as `POST /localization/v1/evaluate` does; no server is needed."""
    return request.answer(arguments, PlanRequest, _answer)


def _answer(asked: PlanRequest) -> str:
    return ANSWER.dump_json(localize(asked, asked.as_of or datetime.now(UTC))).decode()
