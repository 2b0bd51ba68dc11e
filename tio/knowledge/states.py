"""`tio knowledge states`: the states after surgery as a picture, drawn from their table.

docs/follow-up-states.md is what this prints; a test says when it is no longer.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from knowledge.rows import OrderedRow
from knowledge.rules import remission
from knowledge.rules.course import State

NOTE = "<!-- Drawn by `make states` from knowledge/rules/remission.toml. Do not edit. -->"
INTRODUCTION = """\
What each state means is said in `treatment-followup.md` 3.3, how one becomes another in the table
`ordered.transitions`: rows are read from above, and the first that matches counts. A phosphate on
burosumab (until {burosumab} days after it) or on supplements (until {supplements} hours after them)
is masked, and no row leads from it to a better state (FU-004). Neither does one from `unclear`:
nobody knows what is taken, or how long it masks. `doubtful` is normal and not to be believed."""


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    parser = verbs.add_parser("states", help="the states after surgery, as a picture (Mermaid)")
    parser.add_argument("-o", dest="file", type=Path, help="write it there, not to the screen")
    parser.set_defaults(run=_show)


def _show(arguments: argparse.Namespace) -> int:
    if arguments.file is None:
        sys.stdout.write(document())
    else:
        arguments.file.write_text(document(), "utf-8")
    return 0


def document() -> str:
    """The page: the picture, the states, and every way from one to another."""
    values = remission.TABLE.values
    masked = INTRODUCTION.format(
        burosumab=values["burosumab_masks"].newest.whole,
        supplements=values["supplements_mask"].newest.whole,
    )
    parts = ["# States after surgery", NOTE, masked, _picture(), _states(), _ways()]
    return "\n\n".join(parts) + "\n"


def changes() -> Iterator[tuple[State, OrderedRow]]:
    """From which state does which row lead to another one?"""
    states = [State(key) for key in remission.TABLE.entries["states"]]
    for row in remission.TABLE.ordered["transitions"]:
        if row.then != remission.STAYS:
            before = dict(row.when).get("from", frozenset(states))
            yield from ((one, row) for one in states if one in before and one != row.then)


def _picture() -> str:
    arrows: dict[tuple[str, str], list[str]] = {}
    for before, row in changes():
        rules = arrows.setdefault((before, row.then), [])
        rules += [row.rule] if row.rule not in rules else []
    lines = [f"    {one} --> {other}: {', '.join(by)}" for (one, other), by in arrows.items()]
    begins = f"    [*] --> {State.POSTOPERATIVE}: surgery"
    return "\n".join(["```mermaid", "stateDiagram-v2", begins, *lines, "```"])


def _states() -> str:
    lines = ["| State | Says | Proposes | Refractory |", "|---|---|---|---|"]
    for key, row in remission.TABLE.entries["states"].items():
        refractory = "yes" if row.fields["refractory"] else ""
        lines.append(
            f"| `{key}` | {row.fields['says']} | {row.fields['proposal']} | {refractory} |"
        )
    return "\n".join(lines)


def _ways() -> str:
    lines = ["| Rule | From | To | When |", "|---|---|---|---|"]
    for row in remission.TABLE.ordered["transitions"]:
        if row.then == remission.STAYS:
            continue
        before = [f"`{one}`" for one, other in changes() if other is row]
        when = [f"{what} {_or(allowed)}" for what, allowed in row.when if what != "from"]
        if before:
            cells = (row.rule, ", ".join(before), f"`{row.then}`", ", ".join(when))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _or(allowed: frozenset[str]) -> str:
    return " or ".join(sorted(allowed))
