"""What stands against burosumab as somebody ordered it?"""

from datetime import date
from decimal import Decimal

from knowledge.rules import burosumab, burosumab_course, burosumab_limits, burosumab_stops
from knowledge.rules.burosumab import Dose
from knowledge.rules.burosumab_course import Act, Next
from knowledge.terms.stop import Stop
from services.followup.drafting import Draft, proposal
from services.followup.drugs import Order
from services.followup.for_whom import by_whom, every_days_of, of_the_person
from services.followup.results import ALP
from services.followup.situation import Situation


def check_order(draft: Draft, now: Situation, order: Order) -> None:
    """What stands against burosumab as somebody ordered it (TX-008 to TX-017)?"""
    mg = _in_milligrams(order, now.kg)
    every = order.every_days or every_days_of(now)
    stops = [*_against_order(now, mg, every), *of_the_person(now)]
    if mg is not None:
        stops += burosumab_limits.over_ceiling(now.label, mg, now.kg, every)
    if now.planned_for is not None:
        text = f"interrupt: treatment of the tumor is planned for {now.planned_for}"
        stops.append(Stop("TX-017", "tumor_treatment_planned", text, hard=False))
    missing = () if mg is not None else ("the dose that was ordered, in mg",)
    draft.doses.append(
        proposal(
            draft.plan,
            "TX-012",
            f"order/{order.agent}/{order.day}",
            "order",
            f"burosumab as ordered on {order.day}",
            stops=stops,
            worked_out=Dose(mg, every, missing=missing),
            due=max([*_next_day(now, every), *(s.until for s in stops if s.until is not None)]),
            **by_whom(now),
        )
    )


def _in_milligrams(order: Order, kg: Decimal | None) -> Decimal | None:
    """How much was ordered? By weight, if it is known."""
    if order.dose is None or order.unit == "mg":
        return order.dose
    return order.dose * kg if order.unit == "mg/kg" and kg is not None else None


def _next_day(now: Situation, every: int) -> list[date]:
    """Not before today, and not before the day of the next dose, whoever orders it."""
    if not now.course:
        return [now.on]
    rhythm = now.course[-1].every_days or every
    following = burosumab_course.what_next(now.course, now.phosphates, rhythm, None, now.on)
    return [now.on, *([following.due] if following.due is not None else [])]


def _against_order(now: Situation, mg: Decimal | None, every: int) -> list[Stop]:
    if not now.course:
        return [*burosumab_stops.stops_at_start(now.circumstances), *_above_start(now, mg, every)]
    stops = list(burosumab_stops.stops_at_any_dose(now.circumstances))
    run = burosumab_course.run_of(now.course)
    following = burosumab_course.what_next(now.course, now.phosphates, every, None, now.on)
    ids = following.because
    if following.act is Act.WITHHOLD:
        text = "burosumab is held since phosphate was above its upper limit"
        stops.append(Stop("TX-015", "held", text, hard=True, because=ids))
    before = Dose(run[-1].mg, run[-1].every_days or every)
    more = mg is not None and before.mg is not None and Dose(mg, every).rate > before.rate
    if not more:
        return stops
    earliest = run[0].day + burosumab_course.days("change_apart", now.on)
    if now.on < earliest:
        text = f"the dose was changed on {run[0].day}: not again before {earliest}"
        stops.append(Stop("TX-013", "changed_lately", text, hard=True, until=earliest))
    if following.act is Act.RESTART:
        text = "after a hold burosumab begins lower, not higher"
        stops.append(Stop("TX-015", "not_lower", text, hard=True, because=ids))
    elif following.act is Act.SAME and following.rule == "TX-014" and ids:
        text = "phosphate is not below its lower limit"
        stops.append(Stop("TX-014", "phosphate_in_range", text, hard=False, because=ids))
    elif following.act is Act.SAME and not ids:
        stops += [*following.stops, *only_alp(now, following)]
    return stops


def _above_start(now: Situation, mg: Decimal | None, every: int) -> list[Stop]:
    """Is a first dose more, or more often, than the label begins with?"""
    begins = burosumab.starting_dose(now.label, now.kg)
    if mg is None or begins.mg is None or Dose(mg, every).rate <= begins.rate:
        return []
    usual = f"{begins.mg.normalize():f} mg every {begins.every_days} days"
    text = f"{mg.normalize():f} mg every {every} days to begin with: the label begins with {usual}"
    return [Stop("TX-012", "above_start", text, hard=False)]


def only_alp(now: Situation, following: Next) -> list[Stop]:
    """Is there an ALP, but no phosphate, by which a dose could be changed (TX-023)?"""
    if following.because or following.act is not Act.SAME:
        return []
    changed = burosumab_course.run_of(now.course)[0].day
    seen = [o for o in now.history.results.of(*ALP) if o.day(now.on) > changed]
    if not seen:
        return []
    text = "ALP alone changes no dose; phosphate two weeks after a dose does"
    return [Stop("TX-023", "alp_alone", text, hard=False, because=(seen[-1].id,))]
