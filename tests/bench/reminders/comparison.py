"""One run of all four under the same faults; a table of what was lost and what was doubled."""

import asyncio
import base64
import os
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.reminders import clock_change, faults
from tests.bench.reminders.ours import a_system_of_ours
from tests.bench.reminders.peers import MODULES, a_peer
from tests.journeys.receivers import WebhookReceiver

SEED = 6

Table = dict[str, dict[str, Any]]


def side_by_side() -> Table:
    """Who lost how many of forty reminders under each fault, and who sent any twice?"""
    table: Table = {"ours": _ours(), **{name: _peer(name) for name in MODULES}}
    with tempfile.TemporaryDirectory() as folder:
        schedule = asyncio.run(clock_change.temporal_schedule(Path(folder)))
    table["ours"]["clock_changes"] = clock_change.ours()
    table["apscheduler"]["clock_changes"] = clock_change.apscheduler()
    table["temporal_schedule"]["clock_changes"] = schedule
    # It knows instants only: whoever uses it computes them.
    table["procrastinate"]["clock_changes"] = None
    return table


def _ours() -> dict[str, Any]:
    told = {}
    for name, fault in faults.FAULTS.items():
        with tempfile.TemporaryDirectory() as folder, a_system_of_ours(Path(folder)) as (us, ward):
            told[name] = faults.suffered(us, ward.webhooks, fault, SEED)
    return told


def _peer(peer: str) -> dict[str, Any]:
    told = {}
    for name, fault in faults.FAULTS.items():
        secret = "whsec_" + base64.b64encode(os.urandom(24)).decode()
        receiver = WebhookReceiver(secret)
        with tempfile.TemporaryDirectory() as folder:
            try:
                with a_peer(peer, Path(folder) / "jobs", receiver, secret) as sender:
                    told[name] = faults.suffered(sender, receiver, fault, SEED)
            finally:
                receiver.close()
    return told
