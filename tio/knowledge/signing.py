"""`tio knowledge sign ID… --by WHO`: one person's name under rows as they stand now."""

import argparse
import sys
from datetime import date

from knowledge import sign_off
from knowledge.ledger import Row
from tio.knowledge.listing import rows_called
from tio.knowledge.saying import DONE, HOME, WRONG, append, complain

LONGEST = 80


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = verbs.add_parser("sign", help="put your name under rows as they stand now")
    parser.add_argument("id", nargs="+", help="as in `show`: what it shows is what is signed")
    parser.add_argument("--by", required=True, metavar="WHO", help="your role and initials")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Append a signature a row to sign_off.toml; a row signed before by the same person is left."""
    by = " ".join(arguments.by.split())
    if not sign_off.same_person(by) or len(by) > LONGEST:
        return complain(WRONG, "--by says who signs: a role and initials, on one line")
    rows: dict[str, Row] = {}
    for id in arguments.id:
        called = [row for row in rows_called(id) if row.kind not in sign_off.SAYS_ITSELF]
        if not called:
            return complain(WRONG, f"there is no row {id} to sign; try: tio knowledge list")
        rows |= {row.id: row for row in called}
    signed = sign_off.current()
    person = sign_off.same_person(by)
    new = [row for row in rows.values() if person not in signed.under(row)]
    today = date.today()  # noqa: DTZ011 - the day on the signer's own calendar
    append(
        HOME / sign_off.BESIDE,
        "signed",
        [{"row": row.place, "by": by, "on": today, "digest": row.digest} for row in new],
    )
    for row in new:
        others = len(signed.under(row))
        state = "signed off" if others + 1 >= sign_off.PEOPLE else "waits for a second person"
        print(f"{row.id}: {state}")
    if len(rows) > len(new):
        sys.stderr.write(f"{len(rows) - len(new)} were already signed by {by}\n")
    return DONE
