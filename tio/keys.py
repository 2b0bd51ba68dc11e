"""`tio keys FOLDER`: the keys that a deployment's processes share, made once."""

import argparse
from pathlib import Path

from services.chassis.tokens import SigningKey
from workflows.codec import KeyRing


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser("keys", help="make the keys of a deployment, once")
    parser.add_argument("folder", type=Path)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make what is missing; what is there stays as it is."""
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    KeyRing.create(folder / "payload-keys.json")
    SigningKey.create_or_read(folder / "signing-key.json").publish(folder / "jwks.json")
    print(f"{folder}: payload-keys.json, signing-key.json (both secret), jwks.json (public)")
    return 0
