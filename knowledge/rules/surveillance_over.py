"""Is there nobody left to follow here? Then the calendar stands as it stood on that day."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

from knowledge.rules.surveillance_calendar import Ended, Item
from knowledge.rules.surveillance_stretches import Facts, Watch
from knowledge.rules.surveillance_therapies import Treatment
from knowledge.terms.obligation import ObligationStatus

OF_ALL = ("DECEASED", "TRANSFERRED")
"""What a person says of one item and what is true of all of them (7.2)."""

Walk = Callable[[Facts], list[Item]]


def ended_for_good(facts: Facts, walk: Walk) -> list[Item] | None:
    """How did everything end, if the patient died or is cared for elsewhere? None: neither.

    Only the word on an item that was open then counts: what has ended ends no more.
    """
    for key, word in _words(facts):
        items = walk(until(facts, word.day))
        said = next((one for one in items if (one.rule, one.occurrence) == key), None)
        if said is None or not said.is_open:
            continue
        for item in items:
            if item.is_open:
                _end(item, word)
        return items
    return None


def _words(facts: Facts) -> Iterator[tuple[tuple[str, str], Ended]]:
    said = [(key, one) for key, one in (facts.endings or {}).items() if one.disposition in OF_ALL]
    said = [(key, one) for key, one in said if one.day <= facts.on]
    return iter(sorted(said, key=lambda one: (one[1].day, one[1].disposition, one[0])))


def _end(item: Item, word: Ended) -> None:
    item.status, item.ended_on, item.done_on = ObligationStatus.CANCELLED, word.day, word.day
    item.disposition, item.reason, item.lapses = word.disposition, word.reason, None


def until(facts: Facts, day: date) -> Facts:
    """What was known by the end of this day?"""
    return replace(
        facts,
        on=day,
        watches=tuple(_watch(one, day) for one in facts.watches if one.operation.day <= day),
        treatments=tuple(_course(one, day) for one in facts.treatments if one.start <= day),
        stated=tuple(one for one in facts.stated if one[0] <= day),
        done=[one for one in facts.done if one.day <= day],
        endings={
            key: one
            for key, one in (facts.endings or {}).items()
            if one.day <= day and one.disposition not in OF_ALL
        },
        alarms={rule: [d for d in days if d <= day] for rule, days in facts.alarms.items()},
        normal={rule: d for rule, d in facts.normal.items() if d <= day},
    )


def _watch(watch: Watch, day: date) -> Watch:
    states = tuple(one for one in watch.states if one[0] <= day)
    return replace(watch, states=states, lows=tuple(low for low in watch.lows if low <= day))


def _course(course: Treatment, day: date) -> Treatment:
    running = course.end is not None and course.end > day
    return replace(
        course,
        end=None if running else course.end,
        changes=tuple(one for one in course.changes if one <= day),
        doses=tuple(one for one in course.doses if one <= day),
        dose_changes=tuple(one for one in course.dose_changes if one <= day),
        last_dose=None if running else course.last_dose,
        holds=tuple(one for one in course.holds if one.start <= day),
    )
