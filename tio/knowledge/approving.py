"""`tio knowledge approve`: the answers to the reference cases are as they should be."""

import argparse
from datetime import date

from knowledge import sign_off
from tio.knowledge import answers
from tio.knowledge.saying import DONE, WRONG, complain


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = verbs.add_parser("approve", help="approve the answers to the reference cases")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--by", action="append", metavar="WHO", help="role and initials; two people, so twice"
    )
    who.add_argument(
        "--record",
        action="store_true",
        help="write the answers down without anybody's approval",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the answers of today, with who approved them or with nobody's name."""
    by = [] if arguments.record else [" ".join(who.split()) for who in arguments.by]
    people = {sign_off.same_person(who) for who in by} - {""}
    if not arguments.record and len(people) < sign_off.PEOPLE:
        return complain(WRONG, "two different people approve: --by A --by B; or --record")
    changed = answers.problems()[:-1]
    kept = answers.keep(answers.answers_now(), by, date.today())  # noqa: DTZ011 - their calendar
    print("\n".join([*changed, kept.says]))
    return DONE
