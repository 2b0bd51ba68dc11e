"""`tio journeys stuck` and `repair`: who does not go on, and let them."""

import argparse

from tio.journeys.reaching import add_place, answer, client


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    finding = verbs.add_parser("stuck", help="journeys that do not go on though they should")
    add_place(finding)
    finding.set_defaults(run=run_stuck)
    repairing = verbs.add_parser("repair", help="let journeys go on; safe for any of them")
    repairing.add_argument("journey", nargs="*", help="default: all that are stuck")
    add_place(repairing)
    repairing.set_defaults(run=run_repair)


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
