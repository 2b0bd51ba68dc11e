"""Which doses are asked for, and what became of each?"""

from collections.abc import Iterator
from datetime import date, timedelta

from knowledge.rules.dose_days import day_after
from knowledge.rules.surveillance_calendar import LIFELONG, Done, Item, Row
from knowledge.rules.surveillance_items import Items, a_span, closed, ended_by_person
from knowledge.rules.surveillance_stretches import Stretch
from knowledge.rules.surveillance_therapies import Hold, Treatment

A_DOSE = frozenset(["burosumab_dose"])


class Doses:
    """The doses of one walk."""

    def __init__(self, items: Items, preview: date | None) -> None:
        self.items, self.preview = items, preview

    def of(self, row: Row, stretch: Stretch) -> Iterator[Item]:
        """Doses keep to their planned days; one that was missed stays asked for until it is given.

        While phosphate is above range none is asked for; when it is low again, somebody decides.
        """
        course = stretch.treatment
        assert course is not None
        given = course.doses or (course.start,)
        holds = iter(course.holds)
        hold = next(holds, None)
        every, window = timedelta(days=course.every), timedelta(days=row.before)
        planned = given[0] + every
        for number, dose in enumerate(given):
            following = given[number + 1] if number + 1 < len(given) else None
            held = hold.start if hold is not None else None
            over = min(following or LIFELONG, held or LIFELONG, stretch.end or LIFELONG)
            for item in self._ended_doses(row, stretch, planned, over):
                yield item
                planned = item.due + every
            if hold is not None and (following is None or hold.start < following):
                yield self._dose(row, stretch, planned, Stretch(dose, dose, *_held(hold)))
                if hold.restart is not None:
                    yield self._dose(row, stretch, hold.restart, stretch, restart=True)
                planned = following or planned
                hold = next(holds, None)
                if following is None:
                    return
                planned = following + every
                continue
            if following is None:
                break
            yield closed(row, self._plan(row, stretch, planned), _a_dose(following))
            planned = day_after(planned, following, every, window)
        yield from self._coming(row, stretch, course, planned)

    def _ended_doses(self, row: Row, stretch: Stretch, planned: date, over: date) -> Iterator[Item]:
        """Doses that a person said will not be given: after each the next one is asked for."""
        assert stretch.treatment is not None
        if not self.items.endings:
            return
        every = timedelta(days=stretch.treatment.every)
        while ended := self.items.endings.get((row.rule, planned.isoformat())):
            if ended.day >= over:
                return
            yield ended_by_person(self._plan(row, stretch, planned), ended)
            planned += every

    def _coming(
        self, row: Row, stretch: Stretch, course: Treatment, planned: date
    ) -> Iterator[Item]:
        if course.end is not None and planned > course.end and course.last_dose == course.end:
            return
        item = self._dose(row, stretch, planned, stretch)
        yield item
        while self.preview is not None and item.is_open and planned <= self.preview:
            planned = max(planned, self.items.on) + timedelta(days=course.every)
            item = self._dose(row, stretch, planned, stretch)
            yield item

    def _plan(self, row: Row, stretch: Stretch, due: date, restart: bool = False) -> Item:
        opens = due if restart else due - a_span(row.before)
        return self.items.item(row, stretch, opens, due)

    def _dose(
        self, row: Row, stretch: Stretch, due: date, ends: Stretch, *, restart: bool = False
    ) -> Item:
        """A dose that nobody has given yet."""
        item = self._plan(row, stretch, due, restart)
        course = stretch.treatment
        later = [dose for dose in course.doses if dose >= due] if course and restart else []
        over = min([*later[:1], ends.end or LIFELONG])
        ended = self.items.word_of_a_person(item, over)
        if ended is not None:
            return ended_by_person(item, ended)
        if later:
            return closed(row, item, _a_dose(later[0]))
        if ends.end is not None and ends.end <= self.items.on:
            return self.items.left(item, ends.end, ends.why)
        return item


def _held(hold: Hold) -> tuple[date, str]:
    return hold.start, f"phosphate was above range on {hold.start}: the dose is withheld (MON-03)"


def _a_dose(day: date) -> Done:
    return Done(day, A_DOSE)
