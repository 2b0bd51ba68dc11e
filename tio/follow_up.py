"""`tio follow-up FILE|-`: a history in; state, calendar and alerts out."""

import argparse
from datetime import UTC, datetime

from services.followup.contract import PlanRequest
from services.followup.follow_up import follow_up
from tio import request


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser("follow-up", help="is it gone, what is due, what alarms?")
    request.add_input(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Answer as `POST /followup/v1/evaluate` does; no server is needed."""
    return request.answer(arguments, PlanRequest, _answer)


def _answer(asked: PlanRequest) -> str:
    return follow_up(asked, asked.as_of or datetime.now(UTC)).model_dump_json()
