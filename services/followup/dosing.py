"""Doses of burosumab that are proposed: begin, the same, one step up, hold, begin lower, interrupt.

Nothing is given by this: a prescriber decides, and tells what was given.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from knowledge.rules import (
    burosumab,
    burosumab_course,
    burosumab_limits,
    burosumab_stops,
    treatment_choice,
)
from knowledge.rules.burosumab import Dose
from knowledge.rules.burosumab_course import Act, Next
from knowledge.rules.follow_up_safety import CONVENTIONAL
from knowledge.terms.stop import Stop
from services.followup.burosumab_orders import check_order, only_alp
from services.followup.drafting import Draft, proposal
from services.followup.drugs import BUROSUMAB
from services.followup.for_whom import by_whom, every_days_of, of_the_person
from services.followup.situation import Situation

ABOUT_GIVING = (Act.SAME, Act.INCREASE, Act.RESTART)


def propose_burosumab(draft: Draft, now: Situation) -> None:
    """Add what is proposed of burosumab: for who has it, who has no drug, for what is ordered.

    Who does well on phosphate and vitamin D is not asked to change over by this.
    """
    if now.course:
        _go_on(draft, now)
    elif _is_for_burosumab(now) or now.lapsed:
        _begin(draft, now)
    for order in now.drugs.orders:
        if order.kind == BUROSUMAB:
            check_order(draft, now, order)


def _is_for_burosumab(now: Situation) -> bool:
    if now.tumor.burosumab is False or now.drugs.of_kind(*CONVENTIONAL):
        return False
    return treatment_choice.wants_drugs(now.tumor)


def _begin(draft: Draft, now: Situation) -> None:
    """The first dose of a course (TX-012), with all that stands against it."""
    dose = burosumab.starting_dose(now.label, now.kg)
    stops = [*burosumab_stops.stops_at_start(now.circumstances), *_of_the_start(now)]
    stops += of_the_person(now)
    if burosumab.NOUGHT in dose.missing:
        stops.append(Stop("TX-012", "dose_is_nought", f"not known: {burosumab.NOUGHT}", hard=True))
    anew = f" anew, the last dose was on {now.drugs.last_burosumab}" if now.lapsed else ""
    due = max([now.on, *(stop.until for stop in stops if stop.until is not None)])
    sample = due + burosumab_course.days("sample_after_dose", now.on)
    phosphate = next(iter(now.phosphates[::-1]), None)
    draft.doses.append(
        proposal(
            draft.plan,
            "TX-012",
            f"start/{now.drugs.last_burosumab or 'first'}",
            "start",
            f"begin burosumab{anew}, {_said(dose)}",
            stops=stops,
            worked_out=dose,
            due=due,
            sample_due=sample,
            because=[] if phosphate is None else [phosphate.id],
            **by_whom(now),
        )
    )


def _of_the_start(now: Situation) -> list[Stop]:
    """What a prescriber has to give a reason for."""
    stops = []
    if now.label.region == burosumab.NO_PROFILE:
        text = "no label profile was given: the stricter of what is known"
        stops.append(Stop("TX-012", "no_label_profile", text, hard=False))
    if now.planned_for is not None:
        text = f"treatment of the tumor is planned for {now.planned_for}"
        stops.append(Stop("TX-017", "tumor_treatment_planned", text, hard=False))
    return stops


def _go_on(draft: Draft, now: Situation) -> None:
    """What follows the doses so far (TX-013 to TX-017)."""
    last = now.course[-1]
    every = last.every_days or every_days_of(now)
    following = burosumab_course.what_next(
        now.course, now.phosphates, every, now.planned_for, now.on
    )
    stops = list(following.stops)
    if following.act in ABOUT_GIVING:
        stops += burosumab_stops.stops_at_any_dose(now.circumstances)
        stops += of_the_person(now)
    stops += only_alp(now, following)
    dose, *others = _doses(now, following, last.mg, every)
    if dose is not None and dose.mg is not None:
        stops += burosumab_limits.over_ceiling(now.label, dose.mg, now.kg, dose.every_days)
    text = following.text or f"{following.act}: {_said(dose)}"
    if burosumab_course.is_missed(following, now.on):
        text = f"{text}; the dose of {following.due} was missed: as soon as possible"
    if following.act is Act.INCREASE and dose is None:
        text = "phosphate is low at the highest dose of the label; a prescriber looks at it"
    draft.doses.append(
        proposal(
            draft.plan,
            following.rule,
            following.occasion,
            "review" if following.act is Act.INCREASE and dose is None else following.act.value,
            text,
            stops=stops,
            worked_out=dose,
            others=[other for other in others if other is not None],
            due=following.due,
            opens=following.opens,
            closes=following.closes,
            missed=burosumab_course.is_missed(following, now.on),
            sample_due=following.sample_due,
            wash_out_ends=following.wash_out_ends,
            because=list(following.because),
            **by_whom(now),
        )
    )


def _doses(
    now: Situation, following: Next, mg: Decimal | None, every: int
) -> Sequence[Dose | None]:
    """How much: first what is proposed, then other ways of the same step."""
    if following.act not in ABOUT_GIVING:
        return (None,)
    if mg is None:
        return (Dose(None, every, missing=("the dose that was given last, in mg",)),)
    if following.act is Act.SAME:
        return (Dose(mg, every, arithmetic=(f"as before: {mg.normalize():f} mg",)),)
    if following.act is Act.RESTART:
        return (burosumab.restart_dose(now.label, mg, every),)
    return burosumab.next_steps(now.label, mg, every, now.kg) or (None,)


def standing_stops(now: Situation) -> list[Stop]:
    """What is wrong with burosumab as it is given now (TX-009 to TX-011, TX-016)?"""
    if not now.course:
        return []
    known = burosumab_stops.stops_at_any_dose(now.circumstances)
    stops = [stop for stop in known if stop.hard]
    mg = now.course[-1].mg
    if mg is not None:
        every = now.course[-1].every_days
        stops += burosumab_limits.over_ceiling(now.label, mg, now.kg, every)
    return stops


def turns_on(now: Situation) -> date | None:
    """From which day does time alone make another proposal: a booked day over, a course lapsed?"""
    if not now.course:
        return None
    if now.planned_for is not None:
        day = now.planned_for + timedelta(days=1)
    else:
        day = burosumab_course.wash_out_ends(now.course[-1].day, now.on)
    return day if day > now.on else None


def wash_out(now: Situation) -> date | None:
    """Until when does FGF23 say nothing of cure, after treatment of the tumor (TX-017)?"""
    last = now.drugs.last_burosumab
    if last is None or not any(day >= last for day in now.treated_on):
        return None
    ends = burosumab_course.wash_out_ends(last, now.on)
    return ends if now.on < ends else None


def _said(dose: Dose | None) -> str:
    if dose is None or dose.mg is None:
        return "the dose is not known"
    return f"{dose.mg.normalize():f} mg every {dose.every_days} days"
