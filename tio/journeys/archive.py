"""`tio journeys runs` and `history`: what the engine knew of runs that have ended, for an audit."""

import argparse
import asyncio
import base64
from pathlib import Path
from typing import Any
from uuid import UUID

from services.coordination.upkeep_contract import KEY_SCOPE
from tio.journeys.reaching import CannotReach, add_place, answer, client, complain, folder_of

GONE = 410


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    listing = verbs.add_parser("runs", help="the runs of a journey that have ended, and are kept")
    listing.add_argument("journey", type=UUID)
    add_place(listing)
    listing.set_defaults(run=run_runs)
    reading = verbs.add_parser("history", help="one of them, event by event, opened with its key")
    reading.add_argument("journey", type=UUID)
    reading.add_argument("run_id", type=UUID, metavar="run")
    reading.add_argument("--organisation", default="local")
    reading.add_argument(
        "--keys", type=Path, metavar="FILE", help="the key ring; with --data that of the folder"
    )
    add_place(reading)
    reading.set_defaults(run=run_history)


def run_runs(arguments: argparse.Namespace) -> int:
    """When each began and ended, and how."""
    with client(arguments) as http:
        runs = answer(http.get(f"/journeys/{arguments.journey}/runs"))["runs"]
    for run in runs:
        print(f"{run['run']}  {run['began_at']} - {run['ended_at']}  {run['ended']}, ", end="")
        print(f"{run['events']} events")
    return 0


def run_history(arguments: argparse.Namespace) -> int:
    """The history as JSON, its payloads opened; 1 when the person was erased."""
    with client(arguments, KEY_SCOPE) as http:
        place = f"/journeys/{arguments.journey}"
        kept = answer(http.get(f"{place}/runs/{arguments.run_id}"))["history"]
        reply = http.get(f"{place}/key")
    if reply.status_code == GONE:
        return complain(1, "this person was erased: nobody can read that history any more")
    print(asyncio.run(_opened(kept, arguments, answer(reply))))
    return 0


async def _opened(kept: str, arguments: argparse.Namespace, key: dict[str, Any]) -> str:
    """Every payload of it, in clear."""
    from workflows.codec import EncryptedPayloads, KeyRing
    from workflows.histories import opened
    from workflows.journey_keys import KnownKeys, SealedKey

    folder = folder_of(arguments)
    file = arguments.keys or (folder.payload_keys if folder else None)
    if file is None or not file.is_file():
        raise CannotReach("name the key ring with --keys")
    ring = KeyRing.read(file)

    class TheOne:
        """The key of this journey, and no other."""

        async def key_of(self, organisation: str, journey_id: UUID) -> SealedKey:
            """As coordination gave it."""
            return SealedKey(key["ring_key"], base64.b64decode(key["sealed"]))

    return await opened(kept, EncryptedPayloads(ring, KnownKeys(ring, TheOne())))
