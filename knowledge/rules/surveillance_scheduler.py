"""What is due, what was done, and how did each item end? Scheduler rules (1) to (5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum, auto

from knowledge.rules import surveillance_calendar as rows
from knowledge.rules.dose_days import day_after
from knowledge.rules.surveillance_calendar import LIFELONG, Done, Ended, Item, Row
from knowledge.rules.surveillance_dues import (
    Register,
    horizon,
    next_due,
    settled_since,
    with_doses,
)
from knowledge.rules.surveillance_over import ended_for_good
from knowledge.rules.surveillance_stretches import Facts, Stretch, stretches
from knowledge.rules.surveillance_therapies import Hold, Treatment
from knowledge.terms.obligation import ObligationStatus

MISSED, NOT_INDICATED, DONE = "MISSED", "NOT_INDICATED", "DONE"
A_DAY = timedelta(days=1)


class How(Enum):
    """What became of an item."""

    DONE = auto()
    BY_PERSON = auto()
    LEFT = auto()
    OVERTAKEN = auto()
    OPEN = auto()


@dataclass(frozen=True, slots=True)
class Settled:
    """An item and what became of it; `done` is what closed it."""

    item: Item
    how: How
    done: Done | None = None
    ended: Ended | None = None


def calendar(facts: Facts, preview: date | None = None) -> tuple[Item, ...]:
    """What is due, what was done, and what fell away or was missed?

    Of a recurring item only the next occurrence exists. With `preview` the later ones too, up to
    that day, as if each were done on its due day. After a death, or once the patient is cared for
    elsewhere, nothing is due any more.
    """
    found = ended_for_good(facts, lambda then: _Calendar(then, None).items())
    if found is None:
        found = _Calendar(facts, preview).items()
    return tuple(sorted(found, key=lambda item: (item.rule, item.due, item.occurrence)))


class _Calendar:
    """One walk over all rows. What several of them need is worked out once."""

    def __init__(self, facts: Facts, preview: date | None) -> None:
        self.facts, self.on, self.preview = facts, facts.on, preview
        self.register = Register(facts.done)
        self.endings: Mapping[tuple[str, str], Ended] = facts.endings or {}
        self.owner = rows.owner_of_missed()
        self.led: dict[tuple[str, date], Settled] = {}
        self.taken: dict[tuple[str, str], int] = {}
        self.unsettled: dict[tuple[str, date], list[date]] = {}
        self.stretches = {
            row.key: stretches(row, facts) for row in (*rows.series(), *rows.recurring())
        }

    def items(self) -> list[Item]:
        """Every item of every row, scans kept apart."""
        found: list[Item] = []
        for row in rows.series():
            for stretch in self.stretches[row.key]:
                found += self._series(row, stretch)
        for row in rows.recurring():
            if row.counts_from == "dosing":
                for stretch in self.stretches[row.key]:
                    found += self._doses(row, stretch)
            else:
                found += self._chain(row, self.stretches[row.key])
        kept = [item for item in found if not self._is_before_us(item)]
        return _kept_apart(kept, self.on)

    def _is_before_us(self, item: Item) -> bool:
        """Did it fall away before anybody followed this patient here? Then nobody missed it."""
        ended = item.ended_on
        fell_away = item.status is not ObligationStatus.DONE and not item.is_open
        return fell_away and ended is not None and ended < self.facts.opened

    def _item(
        self,
        row: Row,
        stretch: Stretch,
        opens: date,
        due: date,
        *,
        after: int | None = None,
        occurrence: str = "",
        until: date | None = None,
    ) -> Item:
        occurrence = occurrence or due.isoformat()
        if row.tag:
            occurrence = f"{row.tag}:{occurrence}"
        if row.counts_from == "surgery":
            occurrence += stretch.mark
        return self._named_once(
            Item(
                rule=row.rule,
                occurrence=occurrence,
                act=row.act,
                due=due,
                opens=opens,
                closes=due + timedelta(days=row.after[0] if after is None else after),
                until=until,
                ladder=row.ladder,
                critical=row.critical,
                radionuclide=row.radionuclide,
                tied=row.tied,
            )
        )

    def _named_once(self, item: Item) -> Item:
        """No two items share a key: what is asked for once more has a key of its own."""
        key = (item.rule, item.occurrence)
        seen = self.taken[key] = self.taken.get(key, 0) + 1
        if seen > 1:
            item.occurrence = f"{item.occurrence}~{seen}"
        return item

    def _settle(self, row: Row, item: Item, limit: date | None, stretch: Stretch) -> Settled:
        """What became of it: the first thing that happened counts, and it happens once."""
        end = stretch.end
        before = min((d for d in (limit, end and end + A_DAY) if d is not None), default=None)
        done = self.register.first(row.closing, item.opens, before)
        ended = self._word_of_a_person(item, min(end or LIFELONG, limit or LIFELONG))
        if done is not None and (ended is None or done.day <= ended.day):
            return Settled(_closed(row, item, done), How.DONE, done)
        if ended is not None:
            return Settled(_ended(item, ended), How.BY_PERSON, ended=ended)
        if end is not None and end <= self.on and (limit is None or end < limit):
            return Settled(self._left(item, end, stretch.why), How.LEFT)
        if limit is not None and limit <= self.on:
            return Settled(self._missed(item, limit, "nobody did it in time"), How.OVERTAKEN)
        item.lapses = limit
        return Settled(item, How.OPEN)

    def _word_of_a_person(self, item: Item, over: date) -> Ended | None:
        """How did a person end it, unless it was over by then? What has ended ends no more."""
        ended = self.endings.get((item.rule, item.occurrence))
        return None if ended is None or ended.day >= over else ended

    def _left(self, item: Item, day: date, why: str) -> Item:
        """Its state or treatment ended: closed with the reason; too late, it was missed."""
        if item.closes < day:
            return self._missed(item, day, why)
        return _end(item, ObligationStatus.CANCELLED, day, NOT_INDICATED, why)

    def _missed(self, item: Item, day: date, why: str) -> Item:
        reason = f"missed ({self.owner}): its window closed on {item.closes}; {why}"
        return _end(item, ObligationStatus.MISSED, day, MISSED, reason)

    def _series(self, row: Row, stretch: Stretch) -> Iterator[Item]:
        """Fixed days after their trigger: each is closed by the first result before the next."""
        planned = [self._planned(row, stretch, number) for number in range(len(row.days))]
        for number, item in enumerate(planned):
            if number + 1 < len(planned):
                limit: date | None = max(planned[number + 1].opens, item.closes + A_DAY)
            else:
                limit = self._no_longer_chased(row, stretch, item)
            settled = self._settle(row, item, limit, stretch)
            if row.leads_to:
                self.led[row.key, stretch.base] = settled
            yield settled.item
            raised = settled.done is not None and bool(settled.done.raised & row.closing)
            unknown = settled.how in (How.OVERTAKEN, How.BY_PERSON)
            if row.while_raised and not (raised or unknown):
                return

    def _planned(self, row: Row, stretch: Stretch, number: int) -> Item:
        days = row.days[number]
        due = max(stretch.base + timedelta(days=days), stretch.start)
        opens = due - timedelta(days=row.before)
        if row.counts_from not in ("treatment", "last_dose", "searching"):
            opens = max(stretch.start, opens)
        named = {"occurrence": f"d{days}"} if row.counts_from == "surgery" else {}
        last = stretch.base + timedelta(days=row.days[-1])
        return self._item(row, stretch, opens, due, after=row.after[number], until=last, **named)

    def _no_longer_chased(self, row: Row, stretch: Stretch, item: Item) -> date | None:
        """When does nobody chase the last one any more: at its own end, or when another begins?"""
        if row.chased is not None:
            return max(stretch.base + timedelta(days=row.chased), item.closes + A_DAY)
        for follower in rows.recurring():
            if follower.key in row.leads_to and any(
                one.base == stretch.base for one in self.stretches[follower.key]
            ):
                due = next_due(follower, stretch.base, item.due)
                if due is not None:
                    opens = due - timedelta(days=follower.before)
                    return max(opens, item.closes + A_DAY)
        return None

    def _chain(self, row: Row, parts: Sequence[Stretch]) -> Iterator[Item]:
        """One after another: each counts from the day on which the one before was really done."""
        anchor: date | None = None
        base: date | None = None
        ahead = False
        for stretch in self._counted_anew(row, parts):
            if stretch.base != base:
                base, anchor, ahead = stretch.base, None, False
            was_ahead, ahead = ahead, self._is_ahead(row, stretch)
            if anchor is None:
                start = self._first(row, stretch)
                if start is None:
                    continue
                anchor, due = start
            else:
                if was_ahead and not ahead:
                    anchor = max(anchor, self._counts_on(self._led(row, stretch)) or anchor)
                again = self.register.last(row.closing, anchor, stretch.start)
                anchor = max(anchor, again or anchor)
                due = self._next(row, stretch, anchor)
            if due is not None:
                due = max(due, stretch.start)
            since = max(stretch.start, min(anchor, self._known_from(row, stretch, anchor)))
            while due is not None and (stretch.end is None or since < stretch.end):
                settled = self._settle(*self._occurrence(row, stretch, anchor, due), stretch)
                yield settled.item
                if settled.how is How.LEFT:
                    anchor = min(due, stretch.end or due)
                    break
                on = self._counts_on(settled)
                if on is None:
                    break
                anchor, since = on, settled.item.ended_on or on
                due = self._next(row, stretch, anchor, since)

    def _known_from(self, row: Row, stretch: Stretch, anchor: date) -> date:
        """Since when does the first one stand there? Planned ahead: from the trigger on."""
        led = self.led.get((row.after_rule, stretch.base)) if row.after_rule else None
        if led is None:
            return anchor
        awaited = led.how in (How.OPEN, How.LEFT) or self._is_ahead(row, stretch)
        return stretch.start if awaited else led.item.ended_on or anchor

    def _is_ahead(self, row: Row, stretch: Stretch) -> bool:
        """Is it planned here before that has ended from which it counts?"""
        if not row.planned_ahead:
            return False
        ended = self._led(row, stretch).item.ended_on
        return ended is None or stretch.start < ended

    def _led(self, row: Row, stretch: Stretch) -> Settled:
        assert row.after_rule is not None
        return self.led[row.after_rule, stretch.base]

    def _counts_on(self, settled: Settled) -> date | None:
        """From which day does the next one count? None: this one is still awaited."""
        item = settled.item
        match settled.how:
            case How.DONE:
                return item.done_on
            case How.BY_PERSON:
                return max(item.ended_on or item.due, item.due)
            case How.OPEN if self.preview is None or item.due > self.preview:
                return None
            case How.OPEN:
                return max(item.due, self.on)
        return item.due

    def _first(self, row: Row, stretch: Stretch) -> tuple[date, date | None] | None:
        """From where does the first one count, and when is it due? None: not yet."""
        if row.after_rule is None:
            assert row.first is not None
            due = stretch.base + timedelta(days=row.first)
            return stretch.base, with_doses(row, stretch.treatment, stretch.base, due)
        led = self.led.get((row.after_rule, stretch.base))
        if led is None:
            return None
        planned = led.how in (How.OPEN, How.LEFT)
        if planned and not row.planned_ahead and (self.preview is None or led.how is How.LEFT):
            return None
        ahead = planned or self._is_ahead(row, stretch)
        anchor = led.item.due if ahead else self._counts_on(led)
        assert anchor is not None
        return anchor, self._next(row, stretch, anchor)

    def _counted_anew(self, row: Row, parts: Sequence[Stretch]) -> Iterator[Stretch]:
        """What was planned ahead ends when it is counted from another day, with the reason."""
        for stretch in parts:
            ended = self._led(row, stretch).item.ended_on if row.planned_ahead else None
            over = stretch.end or LIFELONG
            if ended is None or not stretch.start < ended < over:
                yield stretch
                continue
            led = self._led(row, stretch)
            anchor = self._counts_on(led)
            if anchor is None or anchor == led.item.due:
                yield stretch
                continue
            due = self._next(row, stretch, anchor)
            why = f"counted from {anchor} on, when {led.item.rule} was done: due on {due}"
            yield replace(stretch, end=ended, why=why)
            yield replace(stretch, start=ended)

    def _next(
        self, row: Row, stretch: Stretch, anchor: date, known: date | None = None
    ) -> date | None:
        """When next? By what was `known` on that day: what comes later moves what follows it."""
        known = anchor if known is None else min(anchor, known)
        base = stretch.base
        if row.unsettled_by:
            base = settled_since(stretch, self._unsettled(row, stretch), known)
        due = next_due(row, base, anchor)
        return due and with_doses(row, stretch.treatment, known, due)

    def _unsettled(self, row: Row, stretch: Stretch) -> list[date]:
        """On which days was the treatment changed, or something raised?"""
        key = (row.key, stretch.base)
        if key not in self.unsettled:
            changes = stretch.treatment.changes if stretch.treatment else ()
            self.unsettled[key] = sorted([*changes, *self.facts.alarmed(row.unsettled_by)])
        return self.unsettled[key]

    def _occurrence(
        self, row: Row, stretch: Stretch, anchor: date, due: date
    ) -> tuple[Row, Item, date | None]:
        opens = max(anchor + A_DAY, due - timedelta(days=row.before))
        last = horizon(row, stretch.base)
        item = self._item(row, stretch, opens, due, until=last)
        following = self._next(row, stretch, due)
        if following is not None:
            limit = following - timedelta(days=row.before)
        else:
            limit = last or item.closes
        return row, item, max(limit, item.closes + A_DAY)

    def _doses(self, row: Row, stretch: Stretch) -> Iterator[Item]:
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
            over = min(d for d in (following, held, stretch.end, LIFELONG) if d is not None)
            for item in self._ended_doses(row, stretch, planned, over):
                yield item
                planned = item.due + timedelta(days=course.every)
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
            yield _closed(row, self._plan(row, stretch, planned), _a_dose(following))
            planned = day_after(planned, following, every, window)
        yield from self._coming(row, stretch, course, planned)

    def _ended_doses(self, row: Row, stretch: Stretch, planned: date, over: date) -> Iterator[Item]:
        """Doses that a person said will not be given: after each the next one is asked for."""
        assert stretch.treatment is not None
        every = timedelta(days=stretch.treatment.every)
        while ended := self.endings.get((row.rule, planned.isoformat())):
            if ended.day >= over:
                return
            yield _ended(self._plan(row, stretch, planned), ended)
            planned += every

    def _coming(
        self, row: Row, stretch: Stretch, course: Treatment, planned: date
    ) -> Iterator[Item]:
        if course.end is not None and planned > course.end and course.last_dose == course.end:
            return
        item = self._dose(row, stretch, planned, stretch)
        yield item
        while self.preview is not None and item.is_open and planned <= self.preview:
            planned = max(planned, self.on) + timedelta(days=course.every)
            item = self._dose(row, stretch, planned, stretch)
            yield item

    def _plan(self, row: Row, stretch: Stretch, due: date, restart: bool = False) -> Item:
        opens = due if restart else due - timedelta(days=row.before)
        return self._item(row, stretch, opens, due)

    def _dose(
        self, row: Row, stretch: Stretch, due: date, ends: Stretch, *, restart: bool = False
    ) -> Item:
        """A dose that nobody has given yet."""
        item = self._plan(row, stretch, due, restart)
        course = stretch.treatment
        later = [dose for dose in course.doses if dose >= due] if course and restart else []
        over = min([*later[:1], ends.end or LIFELONG])
        ended = self._word_of_a_person(item, over)
        if ended is not None:
            return _ended(item, ended)
        if later:
            return _closed(row, item, _a_dose(later[0]))
        if ends.end is not None and ends.end <= self.on:
            return self._left(item, ends.end, ends.why)
        return item


def _held(hold: Hold) -> tuple[date, str]:
    return hold.start, f"phosphate was above range on {hold.start}: the dose is withheld (MON-03)"


def _a_dose(day: date) -> Done:
    return Done(day, frozenset(["burosumab_dose"]))


def _end(item: Item, status: ObligationStatus, day: date, disposition: str, why: str) -> Item:
    """It ends, once."""
    item.status, item.ended_on, item.disposition, item.reason = status, day, disposition, why
    return item


def _closed(row: Row, item: Item, done: Done) -> Item:
    """Closed by what was done: which of it met the need, and what of it was not sent."""
    met = sorted(done.closes & row.closing)
    late = f", late: its window closed on {item.closes}" if done.day > item.closes else ""
    why = f"{row.rule} asked for {row.act}: met by {', '.join(met)} of {done.day}{late}"
    item.done_on = done.day
    item.closed_by = tuple(done.ids[code] for code in met if code in done.ids)
    if row.measures:
        item.not_measured = tuple(
            any_of[0] for any_of in row.measures if done.closes.isdisjoint(any_of)
        )
    return _end(item, ObligationStatus.DONE, done.day, DONE, why)


def _ended(item: Item, ended: Ended) -> Item:
    """Closed by a person, in their words."""
    done = ended.status is ObligationStatus.DONE
    item.done_on = ended.day
    disposition = ended.disposition or (DONE if done else NOT_INDICATED)
    return _end(item, ended.status, ended.day, disposition, ended.reason)


def _kept_apart(items: Sequence[Item], on: date) -> list[Item]:
    """Scheduler rule (5): no two radionuclide scans within a week, unless somebody justifies it.

    The one that is less urgent waits; its key stays as it was. What is overdue has no day yet.
    """
    apart = timedelta(days=rows.days_apart())
    scans = [item for item in items if item.radionuclide and item.is_open and item.due >= on]
    taken = [item.done_on for item in items if item.radionuclide and item.done_on is not None]
    moved: dict[tuple[str, str], Item] = {}
    for item in sorted(scans, key=lambda item: (not item.critical, item.due, item.rule)):
        due = item.due
        near = sorted(day for day in taken if abs(due - day) < apart)
        while near:
            due = near[-1] + apart
            near = sorted(day for day in taken if abs(due - day) < apart)
        taken.append(due)
        if due != item.due:
            why = f"moved from {item.due}: radionuclide scans are {apart.days} days apart"
            closes = max(item.closes, due)
            moved[item.rule, item.occurrence] = replace(item, due=due, closes=closes, reason=why)
    return [moved.get((item.rule, item.occurrence), item) for item in items]
