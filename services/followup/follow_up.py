"""Is it gone, and what is due? A history in; state, calendar and alerts out."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from knowledge import shelf
from knowledge.edition import KNOWLEDGE_VERSION
from knowledge.rules import remission, surveillance
from knowledge.rules.reference_intervals import Level
from knowledge.rules.remission import Course, State
from knowledge.rules.surveillance import Item, Tier
from knowledge.terms.obligation import Conclusion, Obligation, ObligationStatus, Proposal
from services.followup.contract import (
    Alert,
    Basis,
    Caveat,
    FiredRule,
    FollowUp,
    PlanRequest,
    ScheduleItem,
    Transition,
)
from services.followup.history import CALCIUM, History, day_of, history_of
from services.followup.results import FGF23

ENDINGS = (State.PERSISTENT, State.RECURRENT)
A_DAY = timedelta(days=1)


class Standing:
    """What the rules make of one history, for the answer and for the conclusion alike."""

    def __init__(self, request: PlanRequest, as_of: datetime) -> None:
        self.history = history_of(request, as_of)
        self.on = self.history.on
        self.courses = _courses(self.history)
        self.way = self.courses[-1] if self.courses else None
        self.tier, self.why = _tier(self.history, self.courses)
        self.items = _items(self.history, self.way, self.tier, _opened(request, self.history))

    @property
    def state(self) -> str:
        """The state after the last operation; before one, what others have stated."""
        if self.way is not None:
            return self.way.state
        stated = self.history.stated
        return stated[-1].state if stated else State.NO_SURGERY


def follow_up(request: PlanRequest, as_of: datetime, plan: UUID = NAMESPACE_OID) -> FollowUp:
    """Is the disease gone, what is due, and what alarms?"""
    standing = Standing(request, as_of)
    way, history = standing.way, standing.history
    alerts = _alerts(history, way)
    return FollowUp(
        state=standing.state,
        since=way.since if way else None,
        transitions=_transitions(standing),
        flags=_flags(way),
        risk_tier=standing.tier,
        risk_reasons=list(standing.why),
        schedule=[_scheduled(item, standing.on, plan) for item in standing.items],
        alerts=alerts,
        fired_rules=_fired(standing, alerts),
        caveats=_caveats(standing),
        rejected=history.rejected,
        knowledge_version=KNOWLEDGE_VERSION,
    )


def conclude(id: UUID, request: PlanRequest, as_of: datetime) -> Conclusion:
    """What does the journey hear: the state, what is proposed, and what is due."""
    standing = Standing(request, as_of)
    state = standing.state
    return Conclusion(
        id=id,
        service="followup",
        state=state,
        proposal=remission.proposal(standing.way.state) if standing.way else Proposal.NONE,
        concluded_at=as_of,
        obligations=tuple(_obligation(item) for item in standing.items),
        knowledge_version=KNOWLEDGE_VERSION,
    )


def item_id(plan: UUID, rule: str, occurrence: str) -> UUID:
    """Under which id is this item of a plan known? The same for the same key."""
    return uuid5(plan, f"{rule}/{occurrence}")


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


def _tier(history: History, courses: list[Course]) -> tuple[Tier | None, tuple[str, ...]]:
    if not courses:
        return None, ()
    before = any(step.state in ENDINGS for way in courses[:-1] for step in way.steps)
    early = [
        (o.day(history.on), history.levels[o.id])
        for o in history.observations
        if o.analyte.key in FGF23
    ]
    return surveillance.risk_tier(history.operations[-1], early, refractory=before, on=history.on)


def _opened(request: PlanRequest, history: History) -> date:
    """Since when is this patient followed? What was stated goes first."""
    noted = [day_of(stated.noted_on) for stated in history.stated if stated.noted_on]
    return min(noted, default=request.opened_on or history.on)


def _items(
    history: History, way: Course | None, tier: Tier | None, opened: date
) -> tuple[Item, ...]:
    if way is None or tier is None:
        return surveillance.while_searching(opened, history.done, history.endings)
    operation = history.operations[-1]
    done = [one for one in history.done if one.day > operation.day]
    return surveillance.calendar(operation, way, tier, done, history.endings)


def _scheduled(item: Item, on: date, plan: UUID) -> ScheduleItem:
    is_open = item.status is ObligationStatus.OPEN
    return ScheduleItem(
        id=str(item_id(plan, item.rule, item.occurrence)),
        rule=item.rule,
        occurrence=item.occurrence,
        act=item.act,
        due=item.due,
        opens=item.opens,
        closes=item.closes,
        until=item.until,
        ladder=item.ladder,
        status=item.status,
        overdue=is_open and on > item.closes,
        done_on=item.done_on,
    )


def _obligation(item: Item) -> Obligation:
    return Obligation(
        rule=item.rule,
        occurrence=item.occurrence,
        act=item.act,
        due=item.due,
        opens=item.opens,
        closes=item.closes,
        ladder=item.ladder,
        status=item.status,
        because=surveillance.TABLE.rules[item.rule].conclusion,
    )


def _flags(way: Course | None) -> list[str]:
    if way is None:
        return []
    measured = [sample for sample in way.masked if sample.day >= way.since]
    return [*way.flags(), *([remission.MASKED] if measured else [])]


def _alerts(history: History, way: Course | None) -> list[Alert]:
    """What must a person hear of, in the latest values? (MON-01, MON-02, MON-07)"""
    alerts = []
    phosphate, calcium = history.latest(["s_phos"]), history.latest(CALCIUM)
    if phosphate is not None:
        is_low = history.levels[phosphate.id] is Level.LOW
        if is_low and way is not None and way.state in remission.AFTER_REMISSION:
            alerts.append(_alert("MON-01", phosphate.id, urgent=False))
        if surveillance.is_urgently_low(phosphate.value, history.on):
            alerts.append(_alert("MON-02", phosphate.id, urgent=True))
    if calcium is not None and surveillance.is_hungry_bone(calcium.value, history.on):
        alerts.append(_alert("MON-07", calcium.id, urgent=False))
    return alerts


def _alert(rule: str, observation: str, *, urgent: bool) -> Alert:
    text = surveillance.TABLE.rules[rule].conclusion
    return Alert(rule=rule, text=text, observation=observation, urgent=urgent)


def _caveats(standing: Standing) -> list[Caveat]:
    history, way = standing.history, standing.way
    caveats = []
    if said := shelf.against():
        caveats.append(Caveat(code=shelf.RETRACTED, text=said))
    if history.later:
        text = f"{history.later} entries are dated after the day that was asked about"
        caveats.append(Caveat(code="after_as_of", text=text))
    if way is None:
        return caveats
    if not history.medication_stated:
        text = "no drug was stated; results are read as if none was taken"
        caveats.append(Caveat(code="medication_not_stated", text=text))
    if way.masked:
        text = "results on burosumab or supplements cannot show remission"
        caveats.append(Caveat(code="masked", text=text))
    if way.fgf23 is Level.HIGH:
        text = "FGF23 is still raised after the operation"
        caveats.append(Caveat(code="fgf23_raised", text=text))
    not_fasting = [o for o in history.observations if o.fasting is False]
    if any(o.analyte.key == "s_phos" for o in not_fasting):
        text = "a phosphate was not taken fasting"
        caveats.append(Caveat(code="not_fasting", text=text))
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
        for sample in way.masked:
            fired["FU-004"] = _rule("FU-004", sample.day, sample.ids)
        if standing.tier is Tier.HIGH:
            fired["FU-007"] = _rule("FU-007")
        if way.since <= standing.on and _is_lifelong(standing):
            fired["FU-008"] = _rule("FU-008")
    for item in standing.items:
        fired.setdefault(item.rule, _rule(item.rule))
    for alert in alerts:
        fired[alert.rule] = _rule(alert.rule, because=(alert.observation,))
    return list(fired.values())


def _is_lifelong(standing: Standing) -> bool:
    """Is somebody in remission and past the last phase with an end?"""
    operation = standing.history.operations[-1]
    return standing.state == State.REMISSION and surveillance.is_lifelong(
        operation.day, standing.on
    )


def _rule(id: str, on: date | None = None, because: Iterable[str] = ()) -> FiredRule:
    tables = (remission.TABLE, surveillance.TABLE)
    rule = next(table.rules[id] for table in tables if id in table.rules)
    return FiredRule(
        id=rule.id,
        conclusion=rule.conclusion,
        strength=rule.strength,
        sources=list(rule.sources),
        read_status=rule.read_status,
        on=on,
        because=list(because),
    )
