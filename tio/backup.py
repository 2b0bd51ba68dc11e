"""`tio backup`, `tio restore`: the data folder of `tio up`, copied while it works, and back."""

import argparse
import asyncio
import sys
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from deploy.backup import CannotBackUp, make
from deploy.data_folder import DataFolder
from deploy.restore import CannotRestore, Restored, forget_again, restore
from tio.databases import address_of, cannot_be_used, not_said

REFUSED, WRONG = 1, 2


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    backing = commands.add_parser("backup", help="copy the data folder, also while it is in use")
    backing.add_argument("into", type=Path, help="folder to make; it must not be there")
    backing.add_argument("--data", type=Path, default=Path("data"), help="data folder of `tio up`")
    keys = backing.add_mutually_exclusive_group(required=True)
    keys.add_argument("--passphrase-file", type=Path, help="seal the keys with what is in it")
    keys.add_argument(
        "--without-keys", action="store_true", help="the keys are kept elsewhere already"
    )
    backing.set_defaults(run=run_backup)
    restoring = commands.add_parser("restore", help="make a data folder from a backup")
    restoring.add_argument("backup", type=Path)
    restoring.add_argument("--data", type=Path, default=Path("data"), help="an empty folder")
    restoring.add_argument("--passphrase-file", type=Path, help="opens the keys")
    restoring.add_argument("--keys", type=Path, help="folder with the keys, kept elsewhere")
    restoring.add_argument(
        "--erasures", type=Path, action="append", default=[], help="who was forgotten since then"
    )
    restoring.set_defaults(run=run_restore)
    forgetting = commands.add_parser(
        "forget-again", help="after a restore on PostgreSQL: repeat the erasures since then"
    )
    forgetting.add_argument("erasures", type=Path, nargs="+", help="coordination's erasure logs")
    forgetting.set_defaults(run=run_forget_again)


def run_backup(arguments: argparse.Namespace) -> int:
    """Make a backup, and say what it holds."""
    try:
        passphrase = _passphrase(arguments.passphrase_file)
        made = make(DataFolder(arguments.data), arguments.into, passphrase)
    except (CannotBackUp, OSError) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return REFUSED
    size = sum(kept.bytes for kept in made.files.values()) / 1e6
    keys = "keys sealed" if made.keys else "without keys"
    print(f"{arguments.into}: {len(made.files)} files, {size:.1f} MB, {keys}, {made.began_at}")
    print("It holds patients' records in the clear: keep it as you keep them.")
    return 0


def run_restore(arguments: argparse.Namespace) -> int:
    """Restore, and say what was done and what is to be done next."""
    try:
        done = restore(
            arguments.backup,
            arguments.data,
            passphrase=_passphrase(arguments.passphrase_file),
            keys=arguments.keys,
            erasures=arguments.erasures,
        )
    except (CannotRestore, OSError) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return REFUSED
    for line in _said(done, arguments.data):
        print(line)
    return 0


def run_forget_again(arguments: argparse.Namespace) -> int:
    """Ask once more to forget whom these lists name; coordination does it when it is up."""
    url = address_of("coordination")
    if url is None:
        sys.stderr.write(f"{not_said('coordination')}\n")
        return WRONG
    try:
        counted = asyncio.run(forget_again(url, arguments.erasures))
    except CannotRestore as refusal:
        sys.stderr.write(f"{refusal}\n")
        return REFUSED
    except DBAPIError as error:
        return cannot_be_used(error)
    print(", ".join(f"{number} {what}" for what, number in counted.items()))
    return 0


def _said(done: Restored, data: Path) -> list[str]:
    lines = [f"{data}: as everything stood on {done.began_at}; what came after is not in it"]
    if done.erasures is None:
        lines.append(
            "No list of erasures was given: whoever was forgotten since then is known again. "
            "Ask for their erasure once more, or restore with --erasures."
        )
    else:
        counted = ", ".join(f"{number} {what}" for what, number in done.erasures.items())
        lines.append(f"Erasures on the list: {counted}; repeated ones are done once it is up.")
    lines.append(f"Next: tio up --data {data}, then tio journeys reconcile --data {data}")
    return lines


def _passphrase(file: Path | None) -> str | None:
    if file is None:
        return None
    said = file.read_text().strip()
    if not said:
        raise OSError(f"{file} is empty")
    return said
