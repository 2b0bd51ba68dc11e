"""What is owed to somebody in whom nothing was found, while the search goes on (LOC-024).

As long as the journey is here nobody else owes it: follow-up has a calendar of its own for those
who went on to medical treatment, and what we owed is withdrawn on that day.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise

from knowledge.rules import re_look
from knowledge.rules.re_look import Look
from knowledge.terms.obligation import Ladder, Obligation, ObligationStatus
from services.localization import looking_again, notes
from services.localization.answer import NextStep
from services.localization.case import Case
from services.localization.register import day_of

RULE, SHORT = "LOC-024", "LOC-022"
EXAMINATION, BOTH = "examination", "re_look"
AFTER = ":after-"


def owed(case: Case, round_: str, steps: Iterable[NextStep]) -> list[Obligation]:
    """Which looks are owed, and which were made? Each is named by the look that it comes after."""
    look = looking_again.next_look(case)
    found = [*_made(case, round_)]
    if look is not None:
        found += _next(case, look, round_)
    after = looking_again.last_look(case)
    for step in steps:
        if (step.rule, step.act) == (SHORT, BOTH):
            found.append(_one(SHORT, BOTH, round_, after, (step.not_before, step.due_on, None)))
    return found


def span(case: Case, one: Obligation) -> tuple[date, date | None] | None:
    """Between which looks does this obligation stand? What failed at other times is not its own."""
    _, found, after = one.occurrence.partition(AFTER)
    if one.rule not in (RULE, SHORT) or not found:
        return None
    day = date.fromisoformat(after)
    made = _examined(case) if one.act == EXAMINATION else looking_again.looks(case)
    return day, min((later for later in made if later > day), default=None)


def _next(case: Case, look: Look, round_: str) -> Iterable[Obligation]:
    after = looking_again.last_look(case)
    for act in look.acts:
        yield _one(RULE, act, round_, after, (look.earliest, look.due, look.latest))
    seen = max([after, *_examined(case)])
    days = (seen, look.examination_due, None)
    yield _one(RULE, EXAMINATION, round_, seen, days)


def _made(case: Case, round_: str) -> Iterable[Obligation]:
    """Looks that came long enough after a work-up that had both kinds of scan, and visits since."""
    acts = looking_again.scans_by_day(case)
    targets: set[str | None] = set()
    days = sorted(acts)
    first = None
    for before, day in pairwise(days):
        targets |= {how.target for how in acts[before]}
        if not {"sstr", "fdg"} <= targets:
            continue
        first = first or before
        opens, due, closes = re_look.usual(before, case.on)
        if day >= opens:
            for act in dict.fromkeys(how.act for how in acts[day] if how.act):
                yield _one(RULE, act, round_, before, (opens, due, closes), done=True)
    if case.facts.scans and looking_again.next_look(case) is not None:
        first = first or looking_again.last_look(case)
    if first is None:
        return
    visits = [day for day in _examined(case) if day > first]
    for day in visits:
        before = max(d for d in [*days, *visits, first] if d < day)
        due = re_look.examination_after(before, case.on)
        yield _one(RULE, EXAMINATION, round_, before, (before, due, None), done=True)


def _examined(case: Case) -> list[date]:
    exam = case.facts.exam
    days = [*case.request.examined_on, day_of(exam.examined_at) if exam else None]
    return sorted({day for day in days if day is not None})


def _one(
    rule: str,
    act: str,
    round_: str,
    after: date,
    days: Sequence[date | None],
    *,
    done: bool = False,
) -> Obligation:
    opens, due, closes = days
    assert opens is not None
    assert due is not None
    return Obligation(
        rule=rule,
        occurrence=f"{round_}:{act}{AFTER}{after.isoformat()}",
        act=act,
        due=due,
        opens=min(opens, due),
        closes=closes,
        ladder=Ladder.IMAGING,
        status=ObligationStatus.DONE if done else ObligationStatus.OPEN,
        because=notes.RULES[rule].conclusion,
    )
