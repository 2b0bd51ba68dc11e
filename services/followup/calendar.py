"""A history as the calendar reads it, and its items as they are told to people and to a journey."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from uuid import UUID, uuid5

from knowledge.rules import surveillance_calendar, surveillance_therapies
from knowledge.rules.reference_intervals import Level
from knowledge.rules.remission import Course, State
from knowledge.rules.surveillance import Tier
from knowledge.rules.surveillance_calendar import Item
from knowledge.rules.surveillance_stretches import CONVENTIONAL, Facts, Watch, looking
from knowledge.rules.surveillance_therapies import Taken
from knowledge.terms.obligation import Obligation, ObligationStatus
from knowledge.terms.sent import When
from services.followup.alerts import Raised, Safety
from services.followup.contract import Performed, Planned, PlanRequest, ScheduleItem, Therapy
from services.followup.history import History, day_of

LOCAL_TREATMENTS = ("radiotherapy", "ablation")


def facts_of(
    request: PlanRequest,
    history: History,
    courses: Sequence[Course],
    tiers: Sequence[Tier],
    safety: Safety,
) -> Facts:
    """What does the calendar turn on?"""
    on = history.on
    treatments = surveillance_therapies.treatments(
        _taken(history.therapies, on),
        _interruptions(history),
        _phosphate(history),
    )
    watches = tuple(
        Watch(operation, _states(way), tier, tuple(dict.fromkeys(way.suspicions)))
        for operation, way, tier in zip(history.operations, courses, tiers, strict=True)
    )
    stated = [
        (day_of(one.noted_on), one.state)
        for one in history.stated
        if one.noted_on is not None and day_of(one.noted_on) <= on
    ]
    begun = [watch.operation.day for watch in watches] + [one.start for one in treatments]
    begun += [day for day, _ in stated]
    asked = surveillance_calendar.may_be_longer(frozenset([one.kind for one in treatments]))
    return Facts(
        on=on,
        opened=request.opened_on or min(begun or [one.day for one in history.done], default=on),
        watches=watches,
        treatments=treatments,
        stated=tuple(stated),
        done=history.done,
        endings=history.endings,
        label=(request.label_profile or "").upper(),
        alarms=_alarms(safety.raised),
        normal=safety.normal(asked) if asked else {},
    )


def _phosphate(history: History) -> list[tuple[date, Level]]:
    """Each day's phosphate; one above range that was not fasting holds no dose, it is repeated."""
    levels = history.levels
    found: list[tuple[date, Level]] = []
    for drawn in history.drawn:
        read = drawn.phosphate(levels)
        level = Level.UNDETERMINED if read is None else levels[read.id]
        if level is Level.HIGH and any(o.fasting is False for o in drawn.of("s_phos")):
            continue
        if level is not Level.UNDETERMINED:
            found.append((drawn.day, level))
    return found


def _alarms(raised: Iterable[Raised]) -> dict[str, list[date]]:
    alarms: dict[str, list[date]] = {}
    for one in raised:
        alarms.setdefault(one.rule, []).append(one.reading.day)
    return alarms


def _states(way: Course) -> tuple[tuple[date, str], ...]:
    steps = [(step.day, str(step.state)) for step in way.steps]
    return ((way.operated, str(State.POSTOPERATIVE)), *steps)


def _taken(therapies: Iterable[Therapy], on: date) -> Iterable[Taken]:
    for told in therapies:
        yield Taken(
            told.agent,
            _by(on, told.started_on),
            _by(on, told.stopped_on),
            _by(on, told.given_on),
            told.dose,
            told.every_days,
        )


def _by(on: date, when: When | None) -> date | None:
    """Its day, if it was by this one."""
    day = None if when is None else day_of(when)
    return None if day is None or day > on else day


def _interruptions(history: History) -> list[date]:
    """On which days was the tumor itself treated, or was it settled that it will be (TX-017)?"""
    on, planned = history.on, history.told.of(Planned)
    days = [operation.day for operation in history.operations]
    days += [
        day_of(event.performed_at)
        for event in history.told.of(Performed)
        if event.act in LOCAL_TREATMENTS
    ]
    off: dict[str, date] = {}
    for event in planned:
        if event.cancelled_on is not None and day_of(event.cancelled_on) <= on:
            off[event.procedure] = max(_noted(event), off.get(event.procedure, date.min))
    for event in planned:
        if event.cancelled_on is None and _noted(event) > off.get(event.procedure, date.min):
            days.append(_noted(event))
    return [day for day in days if day <= on]


def _noted(event: Planned) -> date:
    return day_of(event.noted_on) if event.noted_on else event.planned_for


def item_id(plan: UUID, rule: str, occurrence: str) -> UUID:
    """Under which id is this item of a plan known? The same for the same key."""
    return uuid5(plan, f"{rule}/{occurrence}")


def shown_id(plan: UUID, rule: str, occurrence: str) -> str:
    """The same as answers write it."""
    return _shown_id(plan.int, rule, occurrence)


@lru_cache(maxsize=16384)
def _shown_id(plan: int, rule: str, occurrence: str) -> str:
    """Kept by number: an id of its own kind takes longer to find than it takes to be read."""
    return str(item_id(UUID(int=plan), rule, occurrence))


def shown(item: Item, on: date, plan: UUID) -> ScheduleItem:
    """An item as the answer says it."""
    status = item.status
    overdue = status is ObligationStatus.OPEN and on > item.closes
    unmet = overdue or status is ObligationStatus.MISSED
    return ScheduleItem(  # by place: by name each would take twice as long (decision 35)
        shown_id(plan, item.rule, item.occurrence),
        item.rule,
        item.occurrence,
        item.act,
        item.due,
        item.opens,
        item.closes,
        item.until,
        item.ladder,
        status,
        overdue,
        item.done_on,
        item.ended_on,
        item.disposition,
        item.reason,
        list(item.closed_by),
        list(item.not_measured),
        surveillance_calendar.owner_of_missed() if unmet else None,
        item.may_wait_until if item.is_open else None,
    )


def obligations(items: Iterable[Item], on: date) -> Iterable[Obligation]:
    """What does a journey hear of? What is open, and what ended not long ago."""
    for item in items:
        if surveillance_calendar.is_told(item, on):
            said = surveillance_calendar.TABLE.rules[item.rule].conclusion
            yield Obligation.model_construct(
                rule=item.rule,
                occurrence=item.occurrence,
                act=item.act,
                due=item.due,
                opens=item.opens,
                closes=item.closes,
                ladder=item.ladder,
                status=item.status,
                because=item.reason or said,
            )


def look_again(items: Iterable[Item]) -> date | None:
    """From which day on may time alone have changed the calendar: something lapses unmet?"""
    return min((item.lapses for item in items if item.lapses is not None), default=None)


def standing_rules(facts: Facts, state: str) -> list[str]:
    """Which rules of the calendar speak though they draw no item of their own?"""
    said = ["FUP-08"] if state == State.REMISSION else []
    running = {one.kind for one in facts.treatments if one.end is None}
    said += ["FU-011"] if surveillance_therapies.BUROSUMAB in running else []
    said += ["FU-012"] if CONVENTIONAL in running else []
    seeking = any(look.end is None for look in looking(facts))
    said += ["FU-010"] if seeking and running else []
    return said
