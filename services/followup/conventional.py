"""What is proposed of oral phosphate and active vitamin D: begin, lower, add, change over, apart.

A normal phosphate is not chased: a low one on them raises no dose by itself.
"""

from datetime import date, timedelta
from decimal import Decimal

from knowledge.rules import conventional_therapy, follow_up_safety, treatment_choice
from knowledge.rules.conventional_therapy import PHOSPHATE, TABLE
from knowledge.rules.follow_up_safety import ACTIVE_VITAMIN_D, ANTIRESORPTIVE, CONVENTIONAL
from knowledge.rules.reference_intervals import Level
from knowledge.terms.observation import Observation
from knowledge.terms.stop import Stop
from knowledge.terms.truth import Truth
from services.followup.drafting import Draft, proposal
from services.followup.drugs import BUROSUMAB, CALCIUM, Order, Regimen, daily_of
from services.followup.results import ALP
from services.followup.situation import Situation

TAKEN = "conventional"


def propose_conventional(draft: Draft, now: Situation) -> None:
    """Add what is proposed: to begin, after urine calcium and PTH, and of what is ordered."""
    running = now.drugs.of_kind(*CONVENTIONAL)
    if running:
        _after_urine_calcium(draft, now, running)
        _after_pth(draft, now, running)
    elif not now.course and _is_for_drugs(now):
        _begin(draft, now)
    for order in now.drugs.orders:
        if order.kind in CONVENTIONAL or order.kind in (ANTIRESORPTIVE, CALCIUM):
            _check_order(draft, now, order)


def _is_for_drugs(now: Situation) -> bool:
    return now.tumor.burosumab is not True and treatment_choice.wants_drugs(now.tumor)


def _begin(draft: Draft, now: Situation) -> None:
    """A range; no table of doses for TIO was read, so the prescriber says how much."""
    for beginning in conventional_therapy.beginnings(now.kg):
        draft.doses.append(
            proposal(
                draft.plan,
                "TX-018",
                f"start/{beginning.agent}",
                "start",
                f"begin {beginning.agent} within this range; a normal phosphate is not the aim",
                agent=beginning.agent,
                dose_low=beginning.low,
                dose_high=beginning.high,
                dose_unit=f"{beginning.unit}/d",
                doses_per_day=beginning.doses,
                weight_kg=now.kg,
                arithmetic=list(beginning.arithmetic),
                missing=[] if beginning.low is not None else ["weight_kg"],
                due=now.on,
                sample_due=now.on + _days("retest_after", now.on),
                sources=beginning.row.citation.source,
                read_status=beginning.row.citation.read_status,
            )
        )


def _after_urine_calcium(draft: Draft, now: Situation, running: list[Regimen]) -> None:
    """Less active vitamin D; if that was not enough, a thiazide or burosumab (TX-020)."""
    begun = min(regimen.started for regimen in running)
    measured = [
        (found, _is_high(found, now))
        for found in now.history.observations
        if found.analyte.key in ("u_ca_24h", "u_ca_creat") and found.day(now.on) >= begun
    ]
    known = [(found, high) for found, high in measured if high is not None]
    if not known or not known[-1][1]:
        return
    latest = known[-1][0]
    day = latest.day(now.on)
    before = [found for found, high in known[:-1] if high and found.day(now.on) < day]
    still = bool(before) and bool(known[-2][1])
    if still:
        _thiazide_or_burosumab(draft, latest, day)
        return
    for regimen in running:
        taken = daily_of(regimen, now.kg)
        if regimen.kind != ACTIVE_VITAMIN_D or taken is None:
            continue
        lower = conventional_therapy.reduced(taken, now.on)
        share = TABLE.number("reduced_to", now.on)
        lines = (
            []
            if lower is None
            else [
                *taken.arithmetic,
                f"{taken.amount:f} {taken.unit}/d × {share} = {lower.normalize():f} {taken.unit}/d",
            ]
        )
        draft.doses.append(
            proposal(
                draft.plan,
                "TX-020",
                f"lower/{regimen.agent}/{day}",
                "decrease",
                f"halve {regimen.agent}; kidney ultrasound now, urine calcium again",
                agent=regimen.agent,
                dose=lower,
                dose_unit=f"{taken.unit}/d",
                weight_kg=now.kg,
                arithmetic=lines,
                due=now.on,
                because=[latest.id],
                sample_due=day + _days("urine_again_from", now.on),
                sample_until=day + _days("urine_again_until", now.on),
            )
        )


def _is_high(found: Observation, now: Situation) -> Truth:
    if found.analyte.key == "u_ca_creat":
        return follow_up_safety.urine_ratio_high(found.printed, found.value, now.on)
    sex = now.history.subject.sex
    return follow_up_safety.urine_calcium_high(found.printed, now.kg, sex, now.on)


def _thiazide_or_burosumab(draft: Draft, latest: Observation, day: date) -> None:
    text = "urine calcium is still high: add a thiazide, or change over to burosumab"
    for kind, agent in (("add", "thiazide"), ("switch", BUROSUMAB)):
        draft.doses.append(
            proposal(
                draft.plan,
                "TX-020",
                f"{kind}/{agent}/{day}",
                "add" if kind == "add" else "switch",
                text,
                agent=agent,
                because=[latest.id],
            )
        )


def _after_pth(draft: Draft, now: Situation, running: list[Regimen]) -> None:
    """PTH beside calcium: secondary or tertiary hyperparathyroidism (TX-021)?"""
    pth, calcium = now.recent("s_pth"), now.recent("s_ca_adj", "s_ca")
    if pth is None or calcium is None:
        return
    if not follow_up_safety.belongs_to_pth(pth.day(now.on), calcium.day(now.on), now.on):
        return
    levels = now.history.levels[pth.id], now.history.levels[calcium.id]
    because = [pth.id, calcium.id]
    agents = {regimen.agent: regimen.kind for regimen in running}
    if follow_up_safety.tertiary(*levels):
        for agent in agents:
            text = "calcium and PTH are both raised: stop it, and refer to endocrine surgery"
            _review(draft, f"tertiary/{agent}/{pth.id}", "withhold", agent, text, because)
    elif follow_up_safety.secondary(*levels):
        for agent, kind in agents.items():
            if kind == ACTIVE_VITAMIN_D:
                text = "PTH is raised beside a normal calcium: more of it, if urine calcium allows"
                _review(draft, f"secondary/{agent}/{pth.id}", "review", agent, text, because)
            else:
                text = "PTH is raised beside a normal calcium: less of it"
                _review(draft, f"secondary/{agent}/{pth.id}", "decrease", agent, text, because)


def _review(
    draft: Draft, occasion: str, kind: str, agent: str, text: str, because: list[str]
) -> None:
    """A direction without a number: how much is the prescriber's to say."""
    made = proposal(draft.plan, "TX-021", occasion, "review", text, agent=agent, because=because)
    draft.doses.append(made.model_copy(update={"kind": kind}))


def _check_order(draft: Draft, now: Situation, order: Order) -> None:
    """What stands against a drug as somebody ordered it (TX-010, TX-018, TX-019, TX-022)?"""
    taken = daily_of(order, now.kg)
    stops = [] if taken is None else list(conventional_therapy.outside_bounds(taken))
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
            due=now.on,
        )
    )


def standing_stops(now: Situation) -> list[Stop]:
    """What is wrong with what is taken now (TX-018, TX-019, TX-022)?"""
    stops: list[Stop] = []
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


def is_low_and_not_chased(now: Situation) -> bool:
    """Is phosphate low on conventional therapy, where that alone changes no dose?"""
    return bool(now.drugs.of_kind(*CONVENTIONAL)) and now.level("s_phos") is Level.LOW


def _days(name: str, on: date) -> timedelta:
    return timedelta(days=TABLE.whole(name, on))
