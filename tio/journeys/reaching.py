"""How the running system is reached: on this machine by its data folder, elsewhere by address."""

import argparse
import sys
from pathlib import Path
from typing import Any

import httpx2

from deploy.data_folder import DataFolder

USUAL = "http://127.0.0.1:8080"
PATIENCE_SECONDS = 60


class CannotReach(Exception):
    """It was not said where the system is, or with what right to ask; says what is missing."""


def complain(code: int, *lines: str) -> int:
    """Say what is wrong; the code is the command's."""
    sys.stderr.writelines(f"{line}\n" for line in lines)
    return code


def add_place(parser: argparse.ArgumentParser) -> None:
    """Let the system be named."""
    parser.add_argument("--url", default=USUAL, help=f"where it is; usually {USUAL}")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--data", type=Path, metavar="DIR", help="data folder of `tio up`")
    who.add_argument("--token-file", type=Path, metavar="FILE", help="a token to ask with")


def folder_of(arguments: argparse.Namespace) -> DataFolder | None:
    """The data folder, if one was named."""
    if arguments.data is None:
        return None
    if not arguments.data.is_dir():
        raise CannotReach(f"{arguments.data} is no data folder")
    return DataFolder(arguments.data)


def client(arguments: argparse.Namespace, *scopes: str) -> httpx2.Client:
    """A client that may ask. On this machine it is given these scopes by name besides."""
    folder = folder_of(arguments)
    try:
        if folder is None:
            token = arguments.token_file.read_text().strip()
        elif scopes:
            token = folder.mint().mint("operator", "local", ("system/*.cruds", *scopes))
        else:
            token = folder.api_token.read_text().strip()
    except OSError as wrong:
        raise CannotReach(f"there is no token to ask with: {wrong.strerror}") from None
    return httpx2.Client(
        base_url=f"{arguments.url}/coordination/v1",
        headers={"Authorization": f"Bearer {token}"},
        timeout=PATIENCE_SECONDS,
    )


def answer(response: httpx2.Response) -> Any:
    """What was answered; a refusal is raised."""
    return response.raise_for_status().json()
