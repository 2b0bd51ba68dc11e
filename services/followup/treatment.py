"""What is proposed for the tumor and of drugs, and what stands against what is taken."""

from collections.abc import Sequence
from uuid import UUID

from knowledge.rules import burosumab_limits, treatment_choice
from knowledge.rules.burosumab import NO_PROFILE
from knowledge.rules.follow_up_safety import CONVENTIONAL
from knowledge.rules.remission import Course
from knowledge.terms.stop import Stop
from services.followup import conventional, conventional_orders, dosing
from services.followup.contract import Caveat, PlanRequest
from services.followup.drafting import Draft, halt, proposal
from services.followup.for_whom import halts_read
from services.followup.history import History
from services.followup.situation import Situation, situation_of
from services.followup.view import Reading


def treatment_of(
    request: PlanRequest,
    history: History,
    state: str,
    way: Course | None,
    plan: UUID,
    readings: Sequence[Reading],
) -> tuple[Draft, list[Caveat]]:
    """Which treatment is proposed as of this day? A person accepts or refuses it."""
    now = situation_of(request, history, state, way, readings)
    draft = Draft(plan)
    _choose(draft, now)
    dosing.propose_burosumab(draft, now)
    conventional.propose_conventional(draft, now)
    draft.stops = [
        *(halt(stop, halts_read(now)) for stop in dosing.standing_stops(now)),
        *(halt(stop) for stop in conventional_orders.standing_stops(now)),
    ]
    draft.turns_on = dosing.turns_on(now)
    return draft, _caveats(now)


def _choose(draft: Draft, now: Situation) -> None:
    """Removal, ablation, radiation, or drugs (TX-001 to TX-007)."""
    treated = bool(now.course or now.drugs.of_kind(*CONVENTIONAL))
    for choice in treatment_choice.choices(now.tumor):
        if choice.rule == "TX-007" and treated:
            continue
        stops = []
        if choice.missing:
            text = f"nobody has said: {', '.join(choice.missing)}"
            stops.append(Stop(choice.rule, "not_said", text, hard=False))
        draft.choices.append(
            proposal(
                draft.plan,
                choice.rule,
                f"{choice.act}/{len(now.treated_on)}",
                "choose",
                treatment_choice.in_words(choice),
                agent=choice.act,
                stops=stops,
                label_profile=now.label.region,
            )
        )


def _intervals(now: Situation) -> list[Caveat]:
    """Whose interval cannot be one, of what a dose is decided by?"""
    return [
        Caveat(
            code="interval_cannot_be",
            text=f"{one.analyte.name} of {one.day(now.on)} came with an interval that cannot be "
            "one: it is not read",
            observation=one.id,
        )
        for one in now.history.odd_intervals
    ]


def _caveats(now: Situation) -> list[Caveat]:
    caveats = []
    asked_for = bool(now.course) or treatment_choice.wants_drugs(now.tumor)
    if asked_for and now.label.unknown:
        caveats.append(Caveat(code="label_not_known", text=now.label.unknown))
    if asked_for and now.label.region == NO_PROFILE:
        text = "no label profile was given; the stricter of what is known is used"
        caveats.append(Caveat(code="no_label_profile", text=text))
    if now.pregnant and asked_for:
        text = burosumab_limits.in_pregnancy(now.label).text
        caveats.append(Caveat(code="pregnancy", text=text))
    caveats += _intervals(now)
    ends = dosing.wash_out(now)
    if ends is not None:
        text = f"after burosumab FGF23 says nothing of cure until {ends}"
        caveats.append(Caveat(code="wash_out", text=text))
    if conventional.is_low_and_not_chased(now):
        text = "a low phosphate on oral phosphate and vitamin D raises no dose by itself"
        caveats.append(Caveat(code="not_chased", text=text))
    return caveats
