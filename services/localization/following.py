"""Following orders to closure: a step that is ordered says so, one whose order failed is owed anew.

Each failure gives the obligation another occurrence: reminders that were sent for the former one do
not count for it, and what a person has disposed of stays as it is. Pure.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from knowledge.rules import imaging_orders
from knowledge.terms.obligation import Obligation, ObligationStatus
from services.localization import looks_owed
from services.localization.answer import Caveat, NextStep, Ordered
from services.localization.case import Case
from services.localization.ordered import ANATOMICAL, Followed, Orders, Setback
from services.localization.register import day_of
from services.localization.sent import Side

MISSING = "missing_field"


def note_on(case: Case, orders: Orders, steps: Iterable[NextStep]) -> list[Caveat]:
    """Say on each step whether it is ordered, or asked for again, and why."""
    caveats: list[Caveat] = []
    if not orders.followed and not orders.setbacks:
        return caveats
    begun = _begun(case)
    for step in steps:
        placed = [one for one in orders.followed if one.in_force and _means(one, step)]
        if placed:
            first = placed[0]
            step.ordered = Ordered(
                first.key, first.says, first.said.occurs_on, first.said.performer
            )
        if len(placed) > 1:
            text = f"{step.act} is ordered more than once"
            caveats.append(Caveat("ordered_twice", text))
        failed = [
            one
            for one in orders.setbacks
            if _counts(one, begun) and _hit(one, step.act, step.site, step.laterality, step)
        ]
        if failed:
            step.asked_again = failed[-1].says
    if any(one.standing == "unknown" for one in orders.followed):
        text = "an order says neither an act nor a modality of the tables, and is followed nowhere"
        caveats.append(Caveat("unknown_order", text))
    return caveats


def _means(order: Followed, step: NextStep) -> bool:
    if step.act == MISSING and order.act in step.modalities:
        return True
    modalities = step.modalities if step.act == ANATOMICAL else ()
    return order.asks_for(step.act, step.site, step.laterality, modalities)


def _hit(
    one: Setback, act: str, site: str | None, side: Side | None, step: NextStep | None = None
) -> bool:
    if step is not None and act == MISSING and one.act in step.modalities:
        return True
    return one.hits(act, site, side)


def followed_up(case: Case, orders: Orders, owed: Sequence[Obligation]) -> tuple[Obligation, ...]:
    """The same obligations: with the day that was booked, and again where an order failed."""
    found: list[Obligation] = []
    begun = _begun(case)
    for one in owed:
        act, site, side = _what(case, one)
        setbacks = [s for s in orders.setbacks if _counts(s, begun) and s.hits(act, site, side)]
        if one.act == MISSING:
            setbacks = [s for s in setbacks if s.on is None or s.on > one.opens]
        stands = looks_owed.span(case, one)
        if stands is not None:
            setbacks = [s for s in setbacks if s.on and _within(s.on, stands)]
        elif one.status is ObligationStatus.DONE:
            last = _last_report(orders, act)
            setbacks = [s for s in setbacks if s.on and last and s.on <= last]
        found += _again(one, setbacks)
        if one.status is ObligationStatus.OPEN:
            placed = [o for o in orders.followed if o.in_force and o.asks_for(act, site, side)]
            found[-1] = _booked(found[-1], placed)
    return tuple(found)


def look_again(case: Case, orders: Orders) -> date | None:
    """From which day may an order have expired that is on its way now, or count what is to come?"""
    days = [
        imaging_orders.expires_on(one.said.occurs_on, case.on)
        for one in orders.followed
        if one.in_force
    ]
    return min(filter(None, [*days, case.later.first]), default=None)


def _what(case: Case, one: Obligation) -> tuple[str, str | None, Side | None]:
    """Which act at which place is owed? A missing field is owed with the scan it belongs to."""
    _, _, rest = one.occurrence.partition(":")
    if one.act == ANATOMICAL:
        for place, _ in case.ranked:
            if place.key == rest:
                return one.act, place.site, place.side
    if one.act == MISSING:
        for scan in case.facts.scans:
            if scan.study == rest and scan.technique.act:
                return scan.technique.act, None, None
    return one.act, None, None


def _again(one: Obligation, setbacks: Sequence[Setback]) -> Iterable[Obligation]:
    """One occurrence for each time that it failed, and the one that counts now."""
    allowed = one.due - one.opens
    names = [one.occurrence, *(f"{one.occurrence}:again-{n + 1}" for n in range(len(setbacks)))]
    since, because = one.opens, one.because
    for name, failed in zip(names, setbacks, strict=False):
        yield one.model_copy(
            update={
                "occurrence": name,
                "opens": since,
                "due": since + allowed,
                "status": ObligationStatus.CANCELLED,
                "because": failed.says,
            }
        )
        since = max(since, failed.on or since)
        because = f"{one.because}; asked for again: {failed.says}"
    yield one.model_copy(
        update={
            "occurrence": names[-1],
            "opens": since,
            "due": since + allowed,
            "because": because,
        }
    )


def _booked(one: Obligation, placed: Sequence[Followed]) -> Obligation:
    """An appointment is the day that counts; before it nobody has to be reminded to book."""
    days = [order.said.occurs_on for order in placed if order.said.occurs_on]
    if not placed:
        return one
    because = f"{one.because}; ordered" + (f" for {min(days)}" if days else "")
    due = max(min(days), one.opens) if days else one.due
    return one.model_copy(update={"due": due, "because": because})


def _begun(case: Case) -> date | None:
    """Since when does this round of the search count? What failed before it is history."""
    return max(
        (day for one in case.request.resections if (day := day_of(one.performed_at))), default=None
    )


def _counts(one: Setback, begun: date | None) -> bool:
    return begun is None or one.on is None or one.on > begun


def _within(day: date, stands: tuple[date, date | None]) -> bool:
    after, until = stands
    return after < day and (until is None or day <= until)


def _last_report(orders: Orders, act: str) -> date | None:
    """When was this act last done, with images?"""
    days = [one.on for one in orders.reports if one.act == act and not one.in_vain and one.on]
    return max(days, default=None)
