"""What the search owes: examinations and scans that are due, and those that were made."""

from collections.abc import Sequence
from datetime import date, timedelta

from knowledge.rules import search
from knowledge.terms.obligation import Ladder, Obligation, ObligationStatus
from services.localization import looks_owed, notes, steps
from services.localization.answer import NextStep
from services.localization.case import Case
from services.localization.readings import Facts
from services.localization.register import day_of
from services.localization.sent import PlanRequest

ASKED_FOR = frozenset(
    {
        *("LOC-003", "LOC-004", "LOC-005", "LOC-006", "LOC-007", "LOC-008"),
        "LOC-027",
    }
)
"""Steps that somebody has to see to by a day; the others are put to a person."""


def obligations(case: Case, opened_on: date) -> tuple[Obligation, ...]:
    """What is due by when, and what of it has been done? The same keys every time.

    A search that starts again after a resection counts as a new round, with keys of its own.
    """
    request, facts = case.request, case.facts
    if request.biochemistry_confirmed is False:
        return ()
    round_ = str(len(request.resections) + 1)
    opened = _opened(request, opened_on)
    examined = (day_of(facts.exam.examined_at) if facts.exam else None) or opened
    owed = [_owed("LOC-002", round_, "examination", opened, facts, done=facts.exam_complete)]
    owed += _scans_done(facts, round_, examined, recurrence=bool(request.suspected_recurrence))
    planned = steps.next_steps(case)
    owed += looks_owed.owed(case, round_, planned)
    for step in planned:
        if not _is_owed(step):
            continue
        if step.act == "missing_field":
            scan = next(scan for scan in facts.scans if list(scan.missing) == step.missing)
            key = f"{round_}:{scan.study}"
            owed.append(_owed(step.rule, key, step.act, scan.on or opened, facts))
        else:
            last = max((scan.on for scan in facts.scans if scan.on is not None), default=examined)
            since = max(last, step.not_before or last)
            owed.append(_owed(step.rule, round_, step.act, since, facts))
    for place, standing in case.ranked:
        key, since = f"{round_}:{place.key}", place.first_seen or opened
        done = standing.explained
        owed.append(_owed("LOC-009", key, "anatomical_imaging", since, facts, done=done))
    return tuple({(item.rule, item.occurrence): item for item in owed}.values())


def _is_owed(step: NextStep) -> bool:
    """Is it due, and not forbidden? One that only waits for a day is due from that day on."""
    waits = all(gate.kind == "reschedule" and gate.until for gate in step.gates)
    return step.rule in ASKED_FOR and waits


def _opened(request: PlanRequest, opened_on: date) -> date:
    """From which day does this round of the search count?"""
    removed = [day for r in request.resections if (day := day_of(r.performed_at))]
    return max(removed) if removed else request.ready_on or opened_on


DUE = {"examination": "examination", "missing_field": "missing_field"}


def _owed(
    rule: str, occurrence: str, act: str, since: date, facts: Facts, *, done: bool = False
) -> Obligation:
    what = "anatomical" if act == "anatomical_imaging" else DUE.get(act, "scan")
    return Obligation(
        rule=rule,
        occurrence=occurrence,
        act=act,
        due=since + timedelta(days=search.days_until_due(what, facts.on)),
        opens=since,
        ladder=Ladder.IMAGING,
        status=ObligationStatus.DONE if done else ObligationStatus.OPEN,
        because=notes.RULES[rule].condition,
    )


def _scans_done(facts: Facts, round_: str, opened: date, *, recurrence: bool) -> list[Obligation]:
    """Scans that were asked for and have been made: a dated event closes the item."""
    done: list[Obligation] = []
    since = opened
    for scan in sorted(facts.scans, key=lambda scan: scan.on or date.min):
        act = scan.technique.act or ""
        rule = _asked_by(act, [item.act for item in done], recurrence=recurrence)
        done.append(_owed(rule, round_, act, since, facts, done=True))
        since = scan.on or since
    return done


def _asked_by(act: str, before: Sequence[str], *, recurrence: bool) -> str:
    """Which rule had asked for this scan, given those before it?"""
    if act == "fdg_pet_ct":
        return "LOC-006"
    if recurrence and not before:
        return "LOC-027"
    if act == "sstr_spect_ct":
        return "LOC-004"
    if "sstr_spect_ct" in before:
        return "LOC-005"
    return "LOC-007" if "fdg_pet_ct" in before else "LOC-003"
