"""`tio knowledge release NAME` and `diff A B`: editions kept, and what differs between two."""

import argparse
import json
from dataclasses import asdict

from knowledge import archive
from knowledge.difference import Change, Difference, difference
from knowledge.edition import NAMED_IN
from knowledge.ledger import shown
from tio.knowledge import checking
from tio.knowledge.saying import DONE, HOME, REFUSED, WRONG, complain

SIGN = {"added": "+", "removed": "-", "changed": "~"}


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    releasing = verbs.add_parser("release", help="keep the present tables as an edition for good")
    releasing.add_argument("name", help=f"its name, as {NAMED_IN} says it")
    releasing.set_defaults(run=run_release)
    differing = verbs.add_parser("diff", help="what differs between two editions, row by row")
    add_editions(differing)
    differing.set_defaults(run=run_diff)


def add_editions(parser: argparse.ArgumentParser) -> None:
    """Let two editions be named."""
    for name in ("a", "b"):
        parser.add_argument(
            name,
            metavar=name.upper(),
            help="`current`, a released edition (NAME or NAME+fingerprint), a folder or a file",
        )
    parser.add_argument("--json", action="store_true", help="the same for a program")


def run_release(arguments: argparse.Namespace) -> int:
    """Write the present tables to knowledge/editions/; refused while anything is wrong."""
    edition = archive.find(archive.CURRENT)
    if arguments.name != edition.name:
        return complain(WRONG, f"{NAMED_IN} calls these tables {edition.name}")
    wrong = checking.problems()
    if wrong:
        return complain(REFUSED, *wrong)
    file = HOME / archive.SHELF / f"{edition.name}{archive.SUFFIX}"
    if file.exists():
        print(f"{edition.version} was released before, as it stands")
        return DONE
    archive.keep(edition, file)
    print(f"{edition.version} is released as {archive.SHELF}/{file.name}")
    return DONE


def run_diff(arguments: argparse.Namespace) -> int:
    """Row by row: what was added, removed, changed."""
    found = difference(archive.find(arguments.a), archive.find(arguments.b))
    if arguments.json:
        print(json.dumps(as_json(found), ensure_ascii=False, indent=2))
        return DONE
    print(f"{found.old} -> {found.new}")
    for change in found.changes:
        _print(change)
    for place in found.only_layout:
        print(f"  {place}: only comments or layout")
    counts = {what: sum(change.what == what for change in found.changes) for what in SIGN}
    if any(counts.values()):
        print(", ".join(f"{count} {what}" for what, count in counts.items()))
    else:
        print("no row differs")
    return DONE


def as_json(found: Difference) -> dict[str, object]:
    """The difference for a program."""
    written = asdict(found)
    del written["rules_of_table"]
    return written


def _print(change: Change) -> None:
    print(f"{SIGN[change.what]} {change.id}  ({change.kind} in {change.table}.toml)")
    for one in change.fields:
        if change.what == "changed":
            print(f"    {one.name}: {_said(one.old)} -> {_said(one.new)}")
        else:
            print(f"    {one.name}: {_said(one.new if change.what == 'added' else one.old)}")


def _said(value: object) -> str:
    return "nothing" if value is None else shown(value)
