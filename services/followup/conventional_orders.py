"""What stands against oral phosphate and active vitamin D, as ordered and as taken?"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from knowledge.rules import conventional_stops, conventional_therapy, treatment_choice
from knowledge.rules.conventional_therapy import PHOSPHATE, TABLE
from knowledge.rules.follow_up_safety import ANTIRESORPTIVE, CONVENTIONAL
from knowledge.terms.stop import Stop
from knowledge.terms.truth import Truth
from services.followup.drafting import Draft, proposal
from services.followup.drugs import CALCIUM, Order, Regimen, daily_of
from services.followup.for_whom import weight_stops
from services.followup.measured import measured_of
from services.followup.results import ALP
from services.followup.situation import Situation


def check_order(draft: Draft, now: Situation, order: Order) -> None:
    """What stands against a drug as somebody ordered it (TX-010, TX-018, TX-019, TX-022)?"""
    taken = daily_of(order, now.kg)
    stops = [] if taken is None else list(conventional_therapy.outside_bounds(taken))
    missing: Sequence[str] = ()
    if order.kind in CONVENTIONAL:
        known, before = measured_of(now), now.drugs.taken.get(order.agent)
        more = _is_more(order, before, now)
        begun = bool(now.drugs.of_kind(*CONVENTIONAL))
        stops += conventional_stops.stops(order.kind, known, more=more, taken=begun)
        stops += weight_stops(now)
        stops += _one_at_a_time(order, now)
        missing = () if begun else conventional_stops.missing(known)
    if order.kind in CONVENTIONAL and now.course:
        text = f"{order.agent} may not be taken while burosumab is given"
        stops.append(Stop("TX-010", "ordered_with_burosumab", text, hard=True))
    if order.kind == ANTIRESORPTIVE:
        levels = now.level(*ALP), now.level("s_phos")
        stops += treatment_choice.antiresorptive(order.agent, *levels)
    other = {PHOSPHATE: CALCIUM, CALCIUM: PHOSPHATE}.get(order.agent)
    if other is not None and other in now.drugs.taken:
        stops.append(_apart(now))
    draft.doses.append(
        proposal(
            draft.plan,
            "TX-019" if order.kind == ANTIRESORPTIVE else "TX-018",
            f"order/{order.agent}/{order.day}",
            "order",
            f"{order.agent} as ordered on {order.day}",
            stops=stops,
            agent=order.agent,
            dose=order.dose,
            dose_unit=order.unit,
            doses_per_day=order.doses_per_day,
            weight_kg=now.kg,
            arithmetic=[] if taken is None else list(taken.arithmetic),
            missing=missing,
            due=now.on,
        )
    )


def _is_more(order: Order, before: Regimen | None, now: Situation) -> Truth:
    """Is more ordered than is taken? What was not taken before is more."""
    if before is None:
        return True
    wanted, taken = daily_of(order, now.kg), daily_of(before, now.kg)
    if wanted is None or taken is None or wanted.amount is None or taken.amount is None:
        return None
    return wanted.amount > taken.amount


def _one_at_a_time(order: Order, now: Situation) -> list[Stop]:
    """Is the other drug changed on the same day, while either is taken already?"""
    running = now.drugs.of_kind(*CONVENTIONAL)
    ordered = [one for one in now.drugs.orders if one.kind in CONVENTIONAL]
    changed = {one.agent for one in ordered if one.day == order.day}
    changed |= {one.agent for one in running if one.changed == order.day}
    if not running or not changed - {order.agent}:
        return []
    return [_two_changes(order.day, {order.agent, *changed}, now)]


def _two_changes(day: date, agents: Iterable[str], now: Situation) -> Stop:
    after = _days("retest_after", now.on).days
    text = (
        f"{', '.join(sorted(agents))} changed on {day}: one drug at a time, again after {after} d"
    )
    return Stop("TX-018", "two_changes", text, hard=False)


def standing_stops(now: Situation) -> list[Stop]:
    """What is wrong with what is taken now (TX-018, TX-019, TX-022)?"""
    stops: list[Stop] = []
    running = now.drugs.of_kind(*CONVENTIONAL)
    known = measured_of(now) if running else None
    for regimen in running:
        if known is not None:
            found = conventional_stops.stops(regimen.kind, known, more=None, taken=True)
            stops += [one for one in found if one.hard and one not in stops]
    day = max((one.changed for one in running), default=now.on)
    later = {one.agent for one in running if one.changed == day > one.started}
    if len(later) > 1 and now.on < day + _days("retest_after", now.on):
        stops.append(_two_changes(day, later, now))
    for regimen in now.drugs.taken.values():
        taken = daily_of(regimen, now.kg)
        if taken is not None:
            stops += conventional_therapy.outside_bounds(taken)
        if regimen.kind == ANTIRESORPTIVE:
            levels = now.level(*ALP), now.level("s_phos")
            stops += treatment_choice.antiresorptive(regimen.agent, *levels)
    if {PHOSPHATE, CALCIUM} <= now.drugs.taken.keys():
        stops.append(_apart(now))
    return stops


def _apart(now: Situation) -> Stop:
    hours: Decimal = TABLE.number("apart_from_calcium", now.on)
    text = f"take phosphate and calcium at least {hours} hours apart: calcium binds phosphate"
    return Stop("TX-022", "phosphate_with_calcium", text, hard=False)


def _days(name: str, on: date) -> timedelta:
    return timedelta(days=TABLE.whole(name, on))
