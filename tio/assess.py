"""`tio assess [FILE|-]`: one request in, one answer out; the same JSON as the API, no server."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from knowledge.site import Site
from services.assessment.assess import assess
from services.assessment.contract import Assessment, EvaluateRequest
from tio import request
from tio.site import NotUsable, read_site

ANSWER: TypeAdapter[Assessment] = TypeAdapter(Assessment)


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser("assess", help="does this person have TIO, and what is next?")
    request.add_input(parser)
    parser.add_argument(
        "--site", type=Path, metavar="FILE", help="a site's own settings, as TOML or JSON"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Answer as `POST /assessment/v1/evaluate` does; no server is needed."""
    try:
        site = None if arguments.site is None else read_site(arguments.site)
    except NotUsable as refusal:
        sys.stderr.write(f"{refusal}\n")
        return request.WRONG_INPUT
    return request.answer(arguments, EvaluateRequest, lambda asked: _answer(asked, site))


def _answer(asked: EvaluateRequest, site: Site | None) -> str:
    concluded = assess(asked, now=datetime.now(UTC), site=site)
    return ANSWER.dump_json(concluded, by_alias=True).decode()
