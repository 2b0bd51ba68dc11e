"""`tio knowledge list|show|check`: every number with its source and how far that was read."""

import argparse
import sys
import textwrap
from collections.abc import Iterable

from knowledge import shelf
from knowledge.edition import KNOWLEDGE_VERSION
from knowledge.references import REFERENCES
from knowledge.tables import KnowledgeError

REFUSED, WRONG = 1, 2
WIDTH = 110


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = commands.add_parser("knowledge", help="the clinical knowledge and its sources")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="every rule and number with its read status")
    listing.add_argument("--table", help="only this table")
    listing.add_argument("--read-status", help="only what was read so far")
    showing = verbs.add_parser("show", help="one rule, number or source with everything behind it")
    showing.add_argument("id", help="such as R-02, fgf23.repeat_after or payne-1998")
    verbs.add_parser("check", help="load everything; say file, row and reason of what is wrong")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what was typed; 1 when the knowledge is refused, 2 when there is no such id."""
    if arguments.verb == "check":
        return check()
    try:
        if arguments.verb == "list":
            return list_items(arguments.table, arguments.read_status)
        return show(arguments.id)
    except KnowledgeError as wrong:
        sys.stderr.write(f"{wrong}\n")
        return REFUSED


def check() -> int:
    """Is every table sound, and does every rule that is named stand somewhere?"""
    found = shelf.problems()
    for problem in found:
        sys.stderr.write(f"{problem}\n")
    if found:
        return REFUSED
    count = sum(1 for _ in shelf.items())
    tables = len(shelf.tables())
    print(f"{KNOWLEDGE_VERSION}: {count} rules and numbers in {tables} tables, all sound")
    return 0


def list_items(table: str | None, read_status: str | None) -> int:
    """Every rule and number, one a line."""
    for item in shelf.items():
        if table in (None, item.table) and read_status in (None, item.read_status):
            says = textwrap.shorten(item.says, WIDTH, placeholder=" …")
            print(f"{item.id:42} {item.read_status:11} {says}")
    return 0


def show(id: str) -> int:
    """One id with its numbers, its sources and how far each was read."""
    if id in REFERENCES:
        reference = REFERENCES[id]
        print(f"{reference.id}\n  {reference.citation}")
        if reference.identifier:
            print(f"  {reference.identifier}")
        print(f"  read: {reference.read_status}, recorded {reference.recorded}")
        users = [item.id for item in shelf.items() if id in item.sources]
        print(f"  used by: {', '.join(users) or 'nothing'}")
        return 0
    wanted = [item for item in shelf.items() if id == item.id or item.id.startswith(f"{id}.")]
    if not wanted:
        sys.stderr.write(f"there is no {id} in the knowledge; try: tio knowledge list\n")
        return WRONG
    _show(wanted)
    return 0


def _show(items: Iterable[shelf.Item]) -> None:
    for item in items:
        print(f"{item.id}  ({item.kind} in {item.table}.toml)")
        print(textwrap.fill(item.says, WIDTH, initial_indent="  ", subsequent_indent="  "))
        rule = shelf.rules().get(item.id)
        if rule is not None:
            print(f"  strength: {rule.strength}; Chinese consensus: {rule.cn_consensus}")
        print(f"  read status: {item.read_status}")
        for source in item.sources:
            reference = REFERENCES[source]
            print(f"  source {source} (read: {reference.read_status}): {reference.citation}")
