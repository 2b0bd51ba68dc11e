"""From when to when does a row of the calendar apply, and from which day does it count?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import dropwhile

from knowledge.rules import surveillance_calendar
from knowledge.rules.surveillance import Operation, Tier, is_malignant
from knowledge.rules.surveillance_calendar import Done, Endings, Row
from knowledge.rules.surveillance_therapies import BUROSUMAB, Treatment

CONVENTIONAL = "conventional"
AGAIN = "begun anew on"


@dataclass(slots=True)
class Stretch:
    """Days in which a row applies. What is open when it ends is closed, because of `why`.

    Nobody changes one; it is not frozen because so many are made.
    """

    base: date
    start: date
    end: date | None = None
    why: str = ""
    treatment: Treatment | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """One operation and what followed: the states in order, the suspicions, how closely watched."""

    operation: Operation
    states: tuple[tuple[date, str], ...]
    tier: Tier = Tier.STANDARD
    lows: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the calendar turns on."""

    on: date
    opened: date
    watches: tuple[Watch, ...] = ()
    treatments: tuple[Treatment, ...] = ()
    stated: tuple[tuple[date, str], ...] = ()
    done: Sequence[Done] = ()
    endings: Endings | None = None
    label: str = ""
    alarms: Mapping[str, Sequence[date]] = field(default_factory=dict)
    normal: Mapping[str, date] = field(default_factory=dict)
    """The rules of which the newest result says that they do not hold, and its day."""

    def alarmed(self, rules: Iterable[str]) -> list[date]:
        """On which days did a result alarm by one of these rules?"""
        return sorted({day for rule in rules for day in self.alarms.get(rule, ())})


def stretches(row: Row, facts: Facts) -> list[Stretch]:
    """When does this row of that label apply? In order, each with the day from which it counts."""
    if row.therapy:
        return [
            one
            for course in facts.treatments
            if course.kind == row.therapy
            for one in _under(row, facts, course)
        ]
    if row.after_operation:
        return [
            one
            for number, watch in enumerate(facts.watches)
            if _tier_fits(row, watch)
            for one in _after_operation(row, facts, number, watch)
        ]
    match row.counts_from:
        case "searching":
            return searching(facts)
        case "looking":
            return looking(facts)
        case "found":
            return list(_found(facts))
        case "searching_treated":
            return list(_searching_treated(facts))
        case "standing":
            return [Stretch(facts.opened, facts.opened)]
    raise AssertionError(f"{row.key} counts from {row.counts_from}: nobody knows when that is")


def _tier_fits(row: Row, watch: Watch) -> bool:
    if row.tier == "MALIGNANT":
        return is_malignant(watch.operation)
    return row.tier in ("any", watch.tier)


def _after_operation(row: Row, facts: Facts, number: int, watch: Watch) -> Iterator[Stretch]:
    operated = watch.operation.day
    following = facts.watches[number + 1].operation.day if facts.watches[number + 1 :] else None
    why = f"operated again on {following}"
    mark = f":{operated}" if number else ""
    if not row.states:
        yield Stretch(operated, operated, following, why, None, mark)
        return
    for start, end, left in in_states(watch.states, row.states):
        last, because = (following, why) if end is None else (end, left)
        if row.counts_from == "low":
            days = [day for day in watch.lows if start <= day and (last is None or day <= last)]
            yield from _one_after_another(days, last, because)
        else:
            base = operated if row.counts_from == "surgery" else start
            yield Stretch(base, start, last, because, None, mark)


def in_states(
    states: Sequence[tuple[date, str]], wanted: frozenset[str]
) -> Iterator[tuple[date, date | None, str]]:
    """From when to when without a break in one of these states, and what came then?"""
    since: date | None = None
    for day, state in states:
        if state in wanted:
            since = day if since is None else since
        elif since is not None:
            yield since, day, f"the state became {state} on {day}"
            since = None
    if since is not None:
        yield since, None, ""


def _one_after_another(
    days: Sequence[date], end: date | None, why: str, treatment: Treatment | None = None
) -> Iterator[Stretch]:
    """Each day begins anew; the one before ends with it."""
    for number, day in enumerate(days):
        following = days[number + 1] if number + 1 < len(days) else None
        last, because = (end, why) if following is None else (following, f"{AGAIN} {following}")
        yield Stretch(day, day, last, because, treatment)


def searching(facts: Facts) -> list[Stretch]:
    """While nothing was found that could be removed: from when to when?"""
    first = facts.watches[0].operation.day if facts.watches else None
    found: list[Stretch] = []
    begun: date | None = facts.opened
    for day, state in facts.stated:
        if first is not None and day > first:
            break
        if surveillance_calendar.ends_search(state):
            if begun is not None:
                found.append(Stretch(begun, begun, day, f"the tumor was found ({state} on {day})"))
            begun = None
        elif begun is None or begun == facts.opened:
            if begun is not None and begun < day:
                found.append(Stretch(begun, begun, day, f"{state} from {day} on"))
            begun = day
    if begun is not None and (first is None or begun < first):
        found.append(Stretch(begun, begun, first, f"operated on {first}"))
    return found


def looking(facts: Facts) -> list[Stretch]:
    """While a tumor is looked for: before an operation, and again where one did not end it."""
    again = [
        one
        for number, watch in enumerate(facts.watches)
        for one in _searching_again(facts, number, watch)
    ]
    return [*searching(facts), *again]


def _searching_again(facts: Facts, number: int, watch: Watch) -> Iterator[Stretch]:
    """The disease is still there, or back, and the renewed search has found nothing."""
    following = facts.watches[number + 1].operation.day if facts.watches[number + 1 :] else None
    for start, end, left in in_states(watch.states, surveillance_calendar.looked_for_again()):
        last, why = (following, f"operated again on {following}") if end is None else (end, left)
        begun: date | None = None
        for day, state in facts.stated:
            if day < start or (last is not None and day >= last):
                continue
            if surveillance_calendar.ends_search(state):
                if begun is not None and begun < day:
                    yield Stretch(begun, begun, day, f"the tumor was found ({state} on {day})")
                begun = None
            elif begun is None and surveillance_calendar.found_nothing(state):
                begun = day
        if begun is not None:
            yield Stretch(begun, begun, last, why)


def _found(facts: Facts) -> Iterator[Stretch]:
    """Since the tumor was found, until it is operated on or the search goes on."""
    first = facts.watches[0].operation.day if facts.watches else None
    since: date | None = None
    for day, state in facts.stated:
        if first is not None and day > first:
            break
        if surveillance_calendar.ends_search(state):
            since = since or day
        elif since is not None:
            yield Stretch(since, since, day, f"{state} from {day} on")
            since = None
    if since is not None and (first is None or since < first):
        yield Stretch(since, since, first, f"operated on {first}")


def _searching_treated(facts: Facts) -> Iterator[Stretch]:
    """Searching, under conventional treatment, not on burosumab."""
    injected = [one for one in facts.treatments if one.kind == BUROSUMAB]
    for course in (one for one in facts.treatments if one.kind == CONVENTIONAL):
        for look in looking(facts):
            start = max(course.start, look.start)
            for one in injected:
                if one.start <= start and one.end is not None and start < one.end:
                    start = one.end
            on_it = any(one.start <= start and one.end is None for one in injected)
            ends = [(look.end, look.why), (course.end, _stopped(course))]
            ends += [(one.start, "on burosumab") for one in injected if one.start > start]
            end, why = min(((day, why) for day, why in ends if day is not None), default=(None, ""))
            if not on_it and (end is None or start < end):
                yield Stretch(start, start, end, why, treatment=course)


def _stopped(course: Treatment) -> str:
    return f"{course.kind} was {course.why} on {course.end}"


def _begun_again(facts: Facts, course: Treatment) -> date | None:
    """When was a drug of the same class begun again, after this course?"""
    later = dropwhile(lambda one: one is not course, facts.treatments)
    next(later)
    return next((one.start for one in later if one.kind == course.kind), None)


def _under(row: Row, facts: Facts, course: Treatment) -> Iterator[Stretch]:
    """Under treatment with this class of drugs."""
    end, why = course.end, _stopped(course)
    match row.counts_from:
        case "treatment" | "dosing":
            yield Stretch(course.start, course.start, end, why, course)
        case "change":
            days = [course.start, *course.changes]
            yield from _one_after_another(days, end, why, course)
        case "dose":
            assert row.within is not None
            last = course.start + timedelta(days=row.within - row.days[0])
            for day in _far_enough(_given(course), row.apart):
                if day <= last:
                    yield Stretch(day, day, end, why, course)
        case "dose_change":
            yield from _one_after_another(course.dose_changes, end, why, course)
        case "withheld":
            for hold in course.holds:
                stops = [(hold.low, f"phosphate was below range on {hold.low}")]
                stops.append((hold.end, f"burosumab was given or ended on {hold.end}"))
                ends = [(day, said) for day, said in stops if day is not None]
                over, why = min(ends) if ends else (None, "")
                yield Stretch(hold.start, hold.start, over, why, treatment=course)
        case "run":
            yield from _runs(course)
        case "last_dose":
            if end is not None:
                base, following = course.last_dose or end, _begun_again(facts, course)
                again = f"{course.kind} was given again on {following}"
                yield Stretch(base, end, following, again, treatment=course)
        case "raised":
            days = [
                day
                for day in facts.alarmed(row.raised_by)
                if course.start <= day and (end is None or day <= end)
            ]
            yield from _one_after_another(days, end, why, course)


def _given(course: Treatment) -> tuple[date, ...]:
    """The days of its doses; the first one is that of its start, if nobody says otherwise."""
    return course.doses or (course.start,)


def _far_enough(days: Iterable[date], apart: int | None) -> Iterator[date]:
    """Those of these days that lie at least so many days after the one before."""
    last: date | None = None
    for day in days:
        if last is None or apart is None or (day - last).days >= apart:
            yield day
            last = day


def _runs(course: Treatment) -> Iterator[Stretch]:
    """Doses without a break: from the first, or the one after a hold, to the next hold."""
    whole = Stretch(course.start, course.start, course.end, _stopped(course), treatment=course)
    start: date | None = course.start
    for hold in course.holds:
        if start is None:
            break
        why = f"phosphate was above range on {hold.start}: the next dose is withheld"
        yield replace(whole, base=start, start=start, end=hold.start, why=why)
        start = hold.end if hold.end in course.doses else None
    if start is not None:
        yield replace(whole, base=start, start=start)
