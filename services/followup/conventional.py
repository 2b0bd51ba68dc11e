"""What is proposed of oral phosphate and active vitamin D: begin, lower, add, change over, apart.

A normal phosphate is not chased: a low one on them raises no dose by itself.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from knowledge.rules import (
    conventional_stops,
    conventional_therapy,
    follow_up_safety,
    reference_intervals,
    treatment_choice,
)
from knowledge.rules.conventional_therapy import TABLE
from knowledge.rules.follow_up_safety import ACTIVE_VITAMIN_D, ANTIRESORPTIVE, CONVENTIONAL
from knowledge.rules.reference_intervals import Level
from services.followup.conventional_orders import check_order
from services.followup.drafting import Draft, proposal
from services.followup.drugs import BUROSUMAB, CALCIUM, Regimen, daily_of
from services.followup.for_whom import weight_stops
from services.followup.measured import measured_of
from services.followup.situation import Situation


def propose_conventional(draft: Draft, now: Situation) -> None:
    """Add what is proposed: to begin, after urine calcium and PTH, and of what is ordered."""
    running = now.drugs.of_kind(*CONVENTIONAL)
    if running:
        _after_urine_calcium(draft, now, running)
        _after_pth(draft, now, running)
        _after_blood(draft, now, running)
    elif not now.course and _is_for_drugs(now):
        _begin(draft, now)
    for order in now.drugs.orders:
        if order.kind in CONVENTIONAL or order.kind in (ANTIRESORPTIVE, CALCIUM):
            check_order(draft, now, order)


def _is_for_drugs(now: Situation) -> bool:
    return now.tumor.burosumab is not True and treatment_choice.wants_drugs(now.tumor)


def _begin(draft: Draft, now: Situation) -> None:
    """A range; no table of doses for TIO was read, so the prescriber says how much."""
    child = reference_intervals.is_child(now.history.subject)
    known = measured_of(now)
    for beginning in conventional_therapy.beginnings(
        now.kg, adult=None if child is None else not child
    ):
        kind = treatment_choice.named(beginning.agent)[1] or ""
        text = f"begin {beginning.agent}: how much is not known here"
        if not beginning.missing:
            text = (
                f"begin {beginning.agent} within this range, which was read for X-linked "
                "hypophosphatemia; a normal phosphate is not the aim"
            )
        draft.doses.append(
            proposal(
                draft.plan,
                "TX-018",
                f"start/{beginning.agent}",
                "start",
                text,
                stops=[
                    *conventional_stops.stops(kind, known, more=True, taken=False),
                    *weight_stops(now),
                ],
                agent=beginning.agent,
                dose_low=beginning.low,
                dose_high=beginning.high,
                dose_unit=f"{beginning.unit}/d",
                doses_per_day=beginning.doses,
                weight_kg=now.kg,
                arithmetic=list(beginning.arithmetic),
                missing=[*beginning.missing, *conventional_stops.missing(known)],
                due=now.on,
                sample_due=now.on + _days("retest_after", now.on),
                sources=beginning.row.citation.source,
                read_status=beginning.row.citation.read_status,
            )
        )


def _after_urine_calcium(draft: Draft, now: Situation, running: list[Regimen]) -> None:
    """Less active vitamin D; if that was not enough, a thiazide or burosumab (TX-020)."""
    begun = min(regimen.started for regimen in running)
    since = [one for one in now.urine_calcium if one.day >= begun]
    known = [(found, high) for found in since if (high := found.facts["MON-08"]) is not None]
    if not known or not known[-1][1]:
        return
    latest = known[-1][0]
    day = latest.day
    before = [found for found, high in known[:-1] if high and found.day < day]
    still = bool(before) and bool(known[-2][1])
    if still:
        _thiazide_or_burosumab(draft, latest.ids, day)
        return
    for regimen in running:
        taken = daily_of(regimen, now.kg)
        if regimen.kind != ACTIVE_VITAMIN_D or taken is None:
            continue
        lower = conventional_therapy.reduced(taken, now.on)
        share = TABLE.number("reduced_to", now.on)
        lines: list[str] = []
        if taken.amount is not None and lower is not None:
            was, goes = (f"{one.normalize():f} {taken.unit}/d" for one in (taken.amount, lower))
            lines = [*taken.arithmetic, f"{was} × {share} = {goes}"]
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
                because=list(latest.ids),
                sample_due=day + _days("urine_again_from", now.on),
                sample_until=day + _days("urine_again_until", now.on),
            )
        )


def _thiazide_or_burosumab(draft: Draft, because: Sequence[str], day: date) -> None:
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
                because=list(because),
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


def _after_blood(draft: Draft, now: Situation, running: list[Regimen]) -> None:
    """Calcium or phosphate above its range on these drugs (MON-04 to MON-06)."""
    known = measured_of(now)
    phosphate, ids = known.phosphate, list(known.calcium_ids)
    for regimen in running:
        agent = regimen.agent
        if known.hypercalcemia:
            text = "adjusted calcium is urgently high: hold it; PTH, fluids"
            occasion = f"calcium/{agent}/{ids[0]}"
            _review(draft, occasion, "withhold", agent, text, ids, "MON-06")
        elif known.calcium_high and not known.tertiary and regimen.kind == ACTIVE_VITAMIN_D:
            text = "adjusted calcium is above its range: stop or lower it; PTH, fluids"
            occasion = f"calcium/{agent}/{ids[0]}"
            _review(draft, occasion, "decrease", agent, text, ids, "MON-05")
        if regimen.kind != follow_up_safety.PHOSPHATE or phosphate is None:
            continue
        if known.phosphate_level is Level.HIGH:
            text = "phosphate is above its range: lower or stop it; check eGFR"
            kind = "decrease"
            if phosphate.fasting is not True:
                text = "phosphate is above its range, and not known to be fasting: repeat it so"
                kind = "review"
            occasion = f"phosphate/{agent}/{phosphate.id}"
            _review(draft, occasion, kind, agent, text, [phosphate.id], "MON-04")


def _review(
    draft: Draft,
    occasion: str,
    kind: str,
    agent: str,
    text: str,
    because: list[str],
    rule: str = "TX-021",
) -> None:
    """A direction without a number: how much is the prescriber's to say."""
    if any(one.kind == kind == "withhold" and one.agent == agent for one in draft.doses):
        return
    made = proposal(draft.plan, rule, occasion, "review", text, agent=agent, because=because)
    draft.doses.append(made.model_copy(update={"kind": kind}))


def is_low_and_not_chased(now: Situation) -> bool:
    """Is phosphate low on conventional therapy, where that alone changes no dose?"""
    return bool(now.drugs.of_kind(*CONVENTIONAL)) and now.level("s_phos") is Level.LOW


def _days(name: str, on: date) -> timedelta:
    return timedelta(days=TABLE.whole(name, on))
