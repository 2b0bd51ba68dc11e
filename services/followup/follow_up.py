"""Is it gone, and what is due? A history in; state, calendar and alerts out."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from uuid import NAMESPACE_OID, UUID

from knowledge import shelf
from knowledge.edition import KNOWLEDGE_VERSION
from knowledge.rows import Rule
from knowledge.rules import follow_up_safety, remission, surveillance, surveillance_calendar
from knowledge.rules.remission import Course, State
from knowledge.rules.surveillance import Tier
from knowledge.rules.surveillance_dues import is_lifelong
from knowledge.rules.surveillance_over import OF_ALL
from knowledge.rules.surveillance_scheduler import calendar
from knowledge.terms.obligation import Conclusion, Obligation, Proposal
from services.followup import asking, falling, masked, outcomes, removed, scans, unsure
from services.followup.alerts import EXPECTED, Safety
from services.followup.calendar import facts_of, look_again, obligations, shown, standing_rules
from services.followup.contract import (
    Alert,
    Basis,
    Caveat,
    FiredRule,
    FollowUp,
    PlanRequest,
    Transition,
)
from services.followup.days import begun_everywhere
from services.followup.drafting import Draft
from services.followup.gathering import history_of
from services.followup.history import History
from services.followup.preview import preview_of, visits_of
from services.followup.results import FGF23
from services.followup.treatment import treatment_of

ENDINGS = (State.PERSISTENT, State.RECURRENT)
A_DAY = timedelta(days=1)


class Standing:
    """What the rules make of one history, for the answer and for the conclusion alike."""

    def __init__(self, request: PlanRequest, as_of: datetime) -> None:
        self.history = history_of(request, as_of)
        outcomes.take_in(self.history)
        self.on = self.history.on
        self.courses = _courses(self.history)
        self.way = self.courses[-1] if self.courses else None
        self.safety = Safety(self.history, self.courses, request.opened_on or self.on)
        tiers = _tiers(self.history, self.courses)
        self.tier: Tier | None = tiers[-1][0] if tiers else None
        self.why: tuple[str, ...] = tiers[-1][1] if tiers else ()
        self.facts = facts_of(
            request, self.history, self.courses, [tier for tier, _ in tiers], self.safety
        )
        self.items = calendar(self.facts)
        self.is_over = any(item.disposition in OF_ALL for item in self.items)
        """Did the patient die, or is somebody else in charge: is nothing owed here any more?"""

    @property
    def state(self) -> str:
        """The state after the last operation; before one, what others have stated."""
        if self.way is not None:
            return self.way.state
        stated = self.history.stated
        return stated[-1].state if stated else State.NO_SURGERY

    def treatment(self, request: PlanRequest, plan: UUID) -> tuple[Draft, list[Caveat]]:
        """What is proposed for the tumor and of drugs?"""
        readings = self.safety.readings
        return treatment_of(request, self.history, self.state, self.way, plan, readings)


def follow_up(request: PlanRequest, as_of: datetime, plan: UUID = NAMESPACE_OID) -> FollowUp:
    """Is the disease gone, what is due, and what alarms?"""
    standing = Standing(request, as_of)
    way, history = standing.way, standing.history
    draft, treatment_caveats = standing.treatment(request, plan)
    alerts = standing.safety.active
    return FollowUp(
        state=standing.state,
        since=way.since if way else None,
        transitions=_transitions(standing),
        flags=_flags(way),
        risk_tier=standing.tier,
        risk_reasons=list(standing.why),
        schedule=[shown(item, standing.on, plan) for item in standing.items],
        visits=visits_of(standing.items, standing.on, plan),
        preview=preview_of(standing.facts, request.preview_years, plan),
        alerts=alerts,
        earlier_alerts=standing.safety.earlier,
        dose_proposals=[] if standing.is_over else draft.doses,
        treatment_proposals=[] if standing.is_over else draft.choices,
        stops=draft.stops,
        fired_rules=[*_fired(standing, alerts), *draft.fired()],
        caveats=[*_caveats(standing), *treatment_caveats],
        rejected=history.rejected,
        knowledge_version=KNOWLEDGE_VERSION,
    )


def conclude(
    id: UUID,
    request: PlanRequest,
    as_of: datetime,
    plan: UUID = NAMESPACE_OID,
    before: asking.Before = asking.NOTHING_BEFORE,
) -> Conclusion:
    """What does the journey hear: the state, what is proposed, what is due and to be decided."""
    standing = Standing(request, as_of)
    state, history = standing.state, standing.history
    draft, _ = standing.treatment(request, plan)
    proposed = [] if standing.is_over else [*draft.choices, *draft.doses]
    to_decide = asking.obligations(proposed, before, history.endings, standing.on)
    return Conclusion(
        id=id,
        service="followup",
        state=state,
        proposal=remission.proposal(standing.way.state) if standing.way else Proposal.NONE,
        concluded_at=as_of,
        obligations=(
            *obligations(standing.items, standing.on),
            *(() if standing.is_over else standing.safety.obligations()),
            *to_decide,
        ),
        knowledge_version=KNOWLEDGE_VERSION,
        look_again=_look_again(request, standing, to_decide, draft.turns_on),
    )


def _look_again(
    request: PlanRequest,
    standing: Standing,
    to_decide: Iterable[Obligation],
    turns_on: date | None,
) -> date | None:
    """From which day on may time alone have changed the calendar, the state or a decision?"""
    ends = remission.ends_on(standing.way, standing.on) if standing.way is not None else None
    decided = asking.look_again(to_decide, standing.on)
    known = (look_again(standing.items), ends, decided, turns_on)
    days = [day for day in known if day is not None]
    return begun_everywhere(min(days), request.zone) if days else None


def _courses(history: History) -> list[Course]:
    """The way after each operation, until the next one."""
    courses = []
    days = [operation.day for operation in history.operations]
    for number, day in enumerate(days, 1):
        following = days[number] if number < len(days) else None
        samples = [s for s in history.samples if following is None or s.day < following]
        spread = [s for s in history.spread if following is None or s.day < following]
        way = remission.course(
            day,
            samples,
            history.exposures,
            history.on,
            until=history.on if following is None else following - A_DAY,
            spread=spread,
            stated=history.drugs_told,
        )
        courses.append(way)
    return courses


def _transitions(standing: Standing) -> list[Transition]:
    """By which steps did it come to this state since the last operation, and from what?"""
    steps = standing.way.steps if standing.way is not None else ()
    numbers = standing.history.numbers
    return [
        Transition(
            from_state=step.before,
            to_state=step.state,
            on=step.day,
            rule=step.rule,
            because=[Basis(id=id, version=numbers.get(id, 1)) for id in step.because],
        )
        for step in steps
    ]


def _tiers(history: History, courses: Sequence[Course]) -> list[tuple[Tier, tuple[str, ...]]]:
    """How closely was or is this patient watched after each operation, and why?"""
    early = [
        (o.day(history.on), history.levels[o.id])
        for o in history.results.of(*FGF23)
        if masked.mask_of(o, history) is None
    ]
    tiers, before = [], False
    for operation, way in zip(history.operations, courses, strict=True):
        tiers.append(surveillance.risk_tier(operation, early, refractory=before, on=history.on))
        before = before or any(step.state in ENDINGS for step in way.steps)
    return tiers


def _flags(way: Course | None) -> list[str]:
    if way is None:
        return []
    measured = [sample for sample in way.masked if sample.day >= way.since]
    return [*way.flags(), *([remission.MASKED] if measured else [])]


def _caveats(standing: Standing) -> list[Caveat]:
    history, way = standing.history, standing.way
    caveats = []
    if said := shelf.against():
        caveats.append(Caveat(code=shelf.RETRACTED, text=said))
    if history.later:
        text = f"{history.later} entries are dated after the day that was asked about"
        caveats.append(Caveat(code="after_as_of", text=text))
    caveats += [*standing.safety.caveats(), *masked.caveats(history)]
    caveats += outcomes.caveats(history)
    caveats += removed.caveats(history.operations, history.read_as_one)
    caveats += scans.caveats(history.scans, standing.items)
    caveats += unsure.of_states(history)
    if way is None:
        return caveats
    caveats += unsure.caveats(history, way)
    caveats += falling.caveats(history)
    return caveats


def _fired(standing: Standing, alerts: Iterable[Alert]) -> list[FiredRule]:
    """Which rules led here: the changes of state, masks, the calendar and the alerts."""
    fired: dict[str, FiredRule] = {}
    way = standing.way
    if way is not None:
        for step in way.steps:
            if remission.TABLE.rules[step.rule].internal:
                continue
            fired[step.rule] = _rule(step.rule, step.day, step.because)
        for last in way.masked[-1:]:
            fired["FU-004"] = _rule("FU-004", last.day, last.ids)
        if standing.tier is Tier.HIGH:
            fired["FU-007"] = _rule("FU-007")
        if way.since <= standing.on and _is_lifelong(standing):
            fired["FU-008"] = _rule("FU-008")
        if any(surveillance.is_malignant(one) for one in standing.history.operations):
            fired["FU-009"] = _rule("FU-009")
    said = standing_rules(standing.facts, standing.state)
    for id in dict.fromkeys([*said, *(item.rule for item in standing.items)]):
        if id not in fired:
            fired[id] = _rule(id)
    for rule, because in {alert.rule: alert.because for alert in alerts}.items():
        fired[rule] = _rule(rule, because=because)
    for reading in standing.safety.expected:
        fired[EXPECTED] = _rule(EXPECTED, reading.day, reading.ids)
    return list(fired.values())


def _is_lifelong(standing: Standing) -> bool:
    """Is somebody in remission and past the last phase with an end?"""
    operation = standing.history.operations[-1]
    return standing.state == State.REMISSION and is_lifelong(operation.day, standing.on)


@cache
def _stands(id: str) -> Rule:
    """Where does this rule stand?"""
    tables = (remission.TABLE, surveillance_calendar.TABLE, follow_up_safety.TABLE)
    return next(table.rules[id] for table in tables if id in table.rules)


def _rule(id: str, on: date | None = None, because: Iterable[str] = ()) -> FiredRule:
    rule = _stands(id)
    return FiredRule(
        rule.id,
        rule.conclusion,
        rule.strength,
        list(rule.sources),
        rule.read_status,
        on,
        list(because),
    )
