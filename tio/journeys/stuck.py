"""`tio journeys stuck`, `repair` and `reconcile`: who does not go on, and let them."""

import argparse
import json

from tio.journeys.reaching import CannotReach, add_place, answer, client, folder_of


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    finding = verbs.add_parser("stuck", help="journeys that do not go on though they should")
    add_place(finding)
    finding.set_defaults(run=run_stuck)
    repairing = verbs.add_parser("repair", help="let journeys go on; safe for any of them")
    repairing.add_argument("journey", nargs="*", help="default: all that are stuck")
    add_place(repairing)
    repairing.set_defaults(run=run_repair)
    agreeing = verbs.add_parser("reconcile", help="after a restore: records and runs agree again")
    agreeing.add_argument("--since", help="the backup's instant; from `tio restore` if not said")
    agreeing.add_argument("--until", help="when it was restored; likewise")
    add_place(agreeing)
    agreeing.set_defaults(run=run_reconcile)


def run_stuck(arguments: argparse.Namespace) -> int:
    """Say who is stuck and why, the longest first; 1 when somebody is."""
    with client(arguments) as http:
        stuck = answer(http.get("/stuck"))["stuck"]
    for one in stuck:
        repairs = f", repaired {one['repairs']} times" if one["repairs"] else ""
        print(f"{one['journey']}  {one['reason']} since {one['since']}{repairs}")
    if not stuck:
        print("every journey goes on")
    return 1 if stuck else 0


def run_repair(arguments: argparse.Namespace) -> int:
    """Repair those that are named, or all that are stuck, and say what was done."""
    with client(arguments) as http:
        journeys = arguments.journey or dict.fromkeys(
            one["journey"] for one in answer(http.get("/stuck"))["stuck"]
        )
        for journey in journeys:
            done = answer(http.post(f"/journeys/{journey}/repair"))["done"]
            print(f"{journey}  {', '.join(done) or 'nothing to be done'}")
    return 0


def run_reconcile(arguments: argparse.Namespace) -> int:
    """Compare every journey with its run, mend what differs, and say what cannot be known."""
    with client(arguments) as http:
        body = {"since": arguments.since, "until": arguments.until}
        if not all(body.values()):
            body = _restored(arguments)
        found = answer(http.post("/reconciliation", json=body, timeout=None))
    for one in found["journeys"]:
        print(f"{one['journey']}  {one['found']}: {', '.join(one['done']) or 'nothing done'}")
        for event in one["lost_events"]:
            print(f"  event {event} was heard and is in no record: tell it again")
    for one in found["may_have_come_twice"]:
        print(f"{one['journey']}  reminder {one['reminder']}, due {one['due_at']}: perhaps twice")
    print(f"{found['looked_at']} journeys looked at; nothing is known from {body['since']}")
    print(f"until {body['until']}: messages received by others, orders, decisions on paper")
    return 1 if any(one["found"] == "does not answer" for one in found["journeys"]) else 0


def _restored(arguments: argparse.Namespace) -> dict[str, str]:
    """What `tio restore` wrote down in the data folder."""
    folder = folder_of(arguments)
    try:
        said = json.loads(folder.restored.read_text()) if folder else {}
        return {"since": said["began_at"], "until": said["restored_at"]}
    except (OSError, ValueError, KeyError):
        raise CannotReach("say --since and --until: when was which backup restored?") from None
