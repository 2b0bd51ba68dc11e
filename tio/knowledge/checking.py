"""`tio knowledge check`: may these tables be used, and released?"""

import argparse

from knowledge import archive, shelf, sign_off
from knowledge.edition import CURRENT, KNOWLEDGE_VERSION, NAMED_IN, Edition
from tio.knowledge import answers
from tio.knowledge.saying import DONE, REFUSED, complain


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    says = "load everything; say file, row and reason of what is wrong"
    verbs.add_parser("check", help=says).set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Are the tables sound, kept as released, not retracted, and do the approved answers hold?"""
    wrong = problems()
    if wrong:
        return complain(REFUSED, *wrong)
    count = sum(1 for _ in shelf.items())
    tables = len(shelf.tables())
    print(f"{KNOWLEDGE_VERSION}: {count} rules and numbers in {tables} tables, all sound")
    edition = archive.find(archive.CURRENT)
    known = archive.released_as(edition.name)
    print(f"  released: {'as it stands' if known else 'not yet; these tables are under work'}")
    signed = sign_off.current()
    rows = len(signed.to_sign())
    print(f"  signed off by two people: {rows - len(signed.unsigned())} of {rows} rows")
    print(f"  reference cases: {answers.approved().says}")
    return DONE


def problems() -> list[str]:
    """All that is wrong; nothing else is looked at while a table does not load."""
    wrong = shelf.problems()
    if wrong:
        return wrong
    edition = archive.find(archive.CURRENT)
    return [*_withdrawn(), *_not_as_released(edition), *answers.problems()]


def _withdrawn() -> list[str]:
    if CURRENT.retracted is None:
        return []
    return [f"{KNOWLEDGE_VERSION} is retracted: {CURRENT.retracted}"]


def _not_as_released(edition: Edition) -> list[str]:
    known = archive.released_as(edition.name)
    if known is None or known.fingerprint == edition.fingerprint:
        return []
    return [
        f"{known.version} is released and these tables differ from it: give the next edition its "
        f"name in {NAMED_IN} (tio knowledge diff {known.name} current)"
    ]
