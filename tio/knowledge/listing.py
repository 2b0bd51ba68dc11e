"""`tio knowledge list|show`: every number, its source, how far that was read, and who signed."""

import argparse
import textwrap
from collections.abc import Iterable

from knowledge import shelf, sign_off
from knowledge.ledger import Row, current_rows
from knowledge.references import REFERENCES
from tio.knowledge.saying import DONE, WIDTH, WRONG, complain


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    listing = verbs.add_parser("list", help="every rule and number with its read status")
    listing.add_argument("--table", help="only this table")
    listing.add_argument("--read-status", help="only what was read so far")
    listing.add_argument(
        "--unsigned", action="store_true", help="every row that two people have not signed"
    )
    listing.set_defaults(run=run_list)
    showing = verbs.add_parser("show", help="one rule, number or source with everything behind it")
    showing.add_argument("id", help="such as R-02, non_renal.vitamin_d or payne-1998")
    showing.set_defaults(run=run_show)


def run_list(arguments: argparse.Namespace) -> int:
    """Every rule and number, one a line."""
    if arguments.unsigned:
        return _list_unsigned(arguments.table)
    table, read_status = arguments.table, arguments.read_status
    for item in shelf.items():
        if table in (None, item.table) and read_status in (None, item.read_status):
            _print_line(item.id, item.read_status, item.says)
    return DONE


def _list_unsigned(table: str | None) -> int:
    signed = sign_off.current()
    for row in signed.unsigned():
        if table in (None, row.table):
            _print_line(row.id, f"{len(signed.under(row))} of {sign_off.PEOPLE}", row.says)
    return DONE


def _print_line(id: str, mark: str, says: str) -> None:
    print(f"{id:42} {mark:11} {textwrap.shorten(says, WIDTH, placeholder=' …')}")


def run_show(arguments: argparse.Namespace) -> int:
    """One id with its numbers, its sources, how far each was read, and who signed."""
    id = arguments.id
    if id in REFERENCES:
        return _show_source(id)
    wanted = rows_called(id)
    if not wanted:
        return complain(WRONG, f"there is no {id} in the knowledge; try: tio knowledge list")
    _show(wanted)
    return DONE


def rows_called(id: str) -> list[Row]:
    """The row of this id; those of an entry; a rule with the rows that stand for it."""
    return [
        row
        for row in current_rows().values()
        if row.id == id
        or row.rule == id
        or any(row.id.startswith(f"{id}{mark}") for mark in (".", "@", "#"))
    ]


def _show_source(id: str) -> int:
    reference = REFERENCES[id]
    print(f"{reference.id}\n  {reference.citation}")
    if reference.identifier:
        print(f"  {reference.identifier}")
    print(f"  read: {reference.read_status}, recorded {reference.recorded}")
    users = [item.id for item in shelf.items() if id in item.sources]
    print(f"  used by: {', '.join(users) or 'nothing'}")
    return DONE


def _show(rows: Iterable[Row]) -> None:
    for row in rows:
        print(f"{row.id}  ({row.kind} in {row.table}.toml)")
        print(textwrap.fill(row.says, WIDTH, initial_indent="  ", subsequent_indent="  "))
        if row.kind == "rule":
            consensus = row.content.get("cn_consensus", "not_read")
            print(f"  strength: {row.content['strength']}; Chinese consensus: {consensus}")
        if row.sources:
            print(f"  read status: {row.content['read_status']}")
        for source in row.sources:
            reference = REFERENCES[source]
            print(f"  source {source} (read: {reference.read_status}): {reference.citation}")
        if "note" in row.content:
            print(f"  note: {row.content['note']}")
        print(f"  {signed_by(row)}")


def signed_by(row: Row) -> str:
    """Who vouches for this row?"""
    signatures = sign_off.current()
    names = [f"{one.by} on {one.on}" for one in signatures.under(row).values()]
    before = [f"{one.by} on {one.on}" for one in signatures.outdated(row)]
    says = f"signed by {' and by '.join(names)}" if names else "signed by nobody"
    if not signatures.holds(row):
        says += f" ({len(names)} of {sign_off.PEOPLE}: not signed off)"
    if before:
        says += f"; before it was changed by {', '.join(before)}"
    return says
