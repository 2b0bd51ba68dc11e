"""`tio journeys preview`, `pin` and `migrate`: a new edition over journeys that run.

The preview asks the services, as they stand here, what each open journey would hear now by the
edition in force and by the other one. It changes nothing. Both are asked of today's data, so what
differs is the edition's doing and not time's.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.data_folder import DataFolder
from knowledge import archive
from knowledge.edition import Edition
from services.coordination.look_back import NotMigrated, OpenJourney, open_journeys
from tio.databases import address_of, not_said
from tio.journeys.reaching import CannotReach, add_place, answer, client
from tio.knowledge.rereading import CODE, todays_code_with

ASKED = ("assessment", "localization", "followup")
OF_PHASE = {
    "assessment": ("assessment",),
    "localization": ("localization", "followup"),
    "treatment": ("localization", "followup"),
    "surveillance": ("followup",),
}
"""Whose answers count in a phase; who knows nothing of a journey has none."""

Owed = tuple[str, str]


@dataclass(slots=True)
class Moved:
    """One journey that would hear something else."""

    organisation: str
    journey: str
    phase: str
    service: str
    state: tuple[str, str] | None = None
    proposal: tuple[str, str] | None = None
    appear: list[str] = field(default_factory=list)
    close: list[str] = field(default_factory=list)
    move: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Previewed:
    """How many journeys were asked about, and who would move."""

    old: str
    new: str
    journeys: int
    pinned: int
    moved: list[Moved] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    previewing = verbs.add_parser("preview", help="what an edition would change for open journeys")
    previewing.add_argument("edition", help="a released edition, a folder or a file of one")
    previewing.add_argument("--data", type=Path, metavar="DIR", help="data folder of `tio up`")
    previewing.add_argument("--json", action="store_true", help="the same for a program")
    previewing.set_defaults(run=run_preview)
    pinning = verbs.add_parser("pin", help="let journeys stay with an edition")
    pinning.add_argument("edition", help="its version, name and fingerprint")
    migrating = verbs.add_parser("migrate", help="let journeys go over to the edition in force")
    migrating.set_defaults(edition=None)
    for parser in (pinning, migrating):
        parser.add_argument("journey", nargs="+")
        add_place(parser)
        parser.set_defaults(run=run_pin)


def run_pin(arguments: argparse.Namespace) -> int:
    """Say of each journey which edition it stays with; it looks again at once."""
    with client(arguments) as http:
        for journey in arguments.journey:
            wanted = {"edition": arguments.edition}
            kept = answer(http.put(f"/journeys/{journey}/edition", json=wanted))["edition"]
            print(f"{journey}  {kept or 'the edition in force'}")
    return 0


def run_preview(arguments: argparse.Namespace) -> int:
    """Ask twice, say who would move; nothing is changed."""
    databases = _databases(arguments.data)
    try:
        journeys = asyncio.run(open_journeys(databases["coordination"]))
    except NotMigrated as wrong:
        raise CannotReach(str(wrong)) from None
    old, new = archive.find(archive.CURRENT), archive.find(arguments.edition)
    found = preview(old, new, journeys, databases)
    if arguments.json:
        print(json.dumps(asdict(found), ensure_ascii=False, indent=2))
    else:
        _print(found)
    return 0


def _databases(folder: Path | None) -> dict[str, str]:
    """Where every service remembers: in the folder, or as the environment says."""
    services = (*ASKED, "coordination")
    if folder is not None:
        if not folder.is_dir():
            raise CannotReach(f"{folder} is no data folder")
        return {one: DataFolder(folder).database_url(one) for one in services}
    addresses = {}
    for one in services:
        address = address_of(one)
        if not address:
            raise CannotReach(f"{not_said(one)}; or name a data folder with --data")
        addresses[one] = address
    return addresses


def preview(
    old: Edition, new: Edition, journeys: list[OpenJourney], databases: dict[str, str]
) -> Previewed:
    """Who would hear something else by the new edition? Who is pinned stays as they are."""
    free = [one for one in journeys if one.edition is None]
    questions = [
        {
            "service": service,
            "organisation": one.organisation,
            "record": str(one.record),
            "as_of": one.as_of.isoformat(),
        }
        for one in free
        for service in OF_PHASE.get(one.phase, ())
    ]
    asked_of = [(one, service) for one in free for service in OF_PHASE.get(one.phase, ())]
    with ThreadPoolExecutor(2) as two:
        before, after = two.map(lambda one: _answers(one, questions, databases), (old, new))
    found = Previewed(old.version, new.version, len(free), len(journeys) - len(free))
    for (one, service), was, will_be in zip(asked_of, before, after, strict=True):
        if was is None and will_be is None:
            continue
        if not was or not will_be or "refused" in was or "refused" in will_be:
            found.unanswered.append(f"{one.id} {service}")
            continue
        moved = _moved(one, service, was, will_be)
        if moved is not None:
            found.moved.append(moved)
    return found


def _answers(
    edition: Edition, questions: list[dict[str, str]], databases: dict[str, str]
) -> list[dict[str, Any] | None]:
    """Today's code with the tables of this edition, in a process of its own."""
    with todays_code_with(edition) as place:
        done = subprocess.run(
            [sys.executable, "-m", "deploy.conclusions_now"],
            cwd=place,
            env={
                **os.environ,
                "PYTHONPATH": f"{place}{os.pathsep}{CODE}",
                "TIO_PREVIEW_DATABASES": json.dumps(databases),
            },
            input="".join(json.dumps(question) + "\n" for question in questions),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it ended"])[-1]
        raise CannotReach(f"{edition.version} cannot be asked: {last}")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    for one in said:
        if one["edition"] != edition.version:
            raise CannotReach(f"{edition.version} was asked, {one['edition']} spoke")
    return [one["conclusion"] for one in said]


def _moved(
    one: OpenJourney, service: str, was: dict[str, Any], will_be: dict[str, Any]
) -> Moved | None:
    """What of it differs: state, proposal, and what is owed."""
    moved = Moved(one.organisation, str(one.id), one.phase, service)
    if was["state"] != will_be["state"]:
        moved.state = (was["state"], will_be["state"])
    if was["proposal"] != will_be["proposal"]:
        moved.proposal = (was["proposal"], will_be["proposal"])
    old, new = _owed(was), _owed(will_be)
    moved.appear = [_named(new[key]) for key in new if key not in old]
    moved.close = [_named(old[key]) for key in old if key not in new]
    moved.move = [
        f"{_named(old[key])} -> {new[key]['due']}"
        for key in new
        if key in old and _when(old[key]) != _when(new[key])
    ]
    changed = moved.state or moved.proposal or moved.appear or moved.close or moved.move
    return moved if changed else None


def _owed(conclusion: dict[str, Any]) -> dict[Owed, dict[str, Any]]:
    return {
        (one["rule"], one["occurrence"]): one
        for one in conclusion["obligations"]
        if one["status"] == "open"
    }


def _when(owed: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(owed.get(name)) for name in ("due", "opens", "closes", "ladder"))


def _named(owed: dict[str, Any]) -> str:
    return f"{owed['rule']} {owed['occurrence']} ({owed['act']}, {owed['due']})"


def _print(found: Previewed) -> None:
    who = len({one.journey for one in found.moved})
    print(f"{found.old} -> {found.new}: {who} of {found.journeys} open journeys would move")
    if found.pinned:
        print(f"  {found.pinned} are pinned and stay as they are")
    for what, count in Counter(one.state for one in found.moved if one.state).items():
        print(f"  {count:6} {what[0]} -> {what[1]}")
    for one in found.moved:
        print(f"{one.organisation} {one.journey} ({one.phase}, {one.service})")
        for name, change in (("state", one.state), ("proposal", one.proposal)):
            if change:
                print(f"    {name}: {change[0]} -> {change[1]}")
        for sign, owed in (("+", one.appear), ("-", one.close), ("~", one.move)):
            for line in owed:
                print(f"    {sign} {line}")
    for one_of in found.unanswered:
        print(f"{one_of}: could not be asked")
