"""What is due, what was done, and how did each item end? Scheduler rules (1) to (5)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from operator import attrgetter

from knowledge.rules import surveillance_calendar as rows
from knowledge.rules.surveillance_apart import kept_apart
from knowledge.rules.surveillance_calendar import LIFELONG, Item, Longer, Row
from knowledge.rules.surveillance_doses import Doses
from knowledge.rules.surveillance_dues import (
    horizon,
    next_due,
    settled_since,
    with_doses,
)
from knowledge.rules.surveillance_items import A_DAY, How, Items, Settled, a_span
from knowledge.rules.surveillance_over import ended_for_good
from knowledge.rules.surveillance_stretches import Facts, Stretch, stretches
from knowledge.terms.obligation import ObligationStatus


def calendar(facts: Facts, preview: date | None = None) -> tuple[Item, ...]:
    """What is due, what was done, and what fell away or was missed?

    Of a recurring item only the next occurrence exists. With `preview` the later ones too, up to
    that day, as if each were done on its due day. After a death, or once the patient is cared for
    elsewhere, nothing is due any more.
    """
    found = ended_for_good(facts, lambda then: _Calendar(then, None).items())
    if found is None:
        found = _Calendar(facts, preview).items()
    return tuple(sorted(found, key=attrgetter("rule", "due", "occurrence")))


class _Calendar:
    """One walk over all rows. What several of them need is worked out once."""

    def __init__(self, facts: Facts, preview: date | None) -> None:
        self.facts, self.on, self.preview = facts, facts.on, preview
        self.made = Items(facts)
        self.doses = Doses(self.made, preview)
        self.led: dict[tuple[str, date], Settled] = {}
        self.unsettled: dict[tuple[str, date], list[date]] = {}
        self.series, self.recurring = rows.concerning(
            frozenset([one.kind for one in facts.treatments]),
            facts.label,
            operated=bool(facts.watches),
        )
        self.stretches = {row.key: stretches(row, facts) for row in (*self.series, *self.recurring)}

    def items(self) -> list[Item]:
        """Every item of every row, scans kept apart."""
        found: list[Item] = []
        for row in self.series:
            for stretch in self.stretches[row.key]:
                found += self._series(row, stretch)
        for row in self.recurring:
            if row.counts_from == "dosing":
                for stretch in self.stretches[row.key]:
                    found += self.doses.of(row, stretch)
            elif self.stretches[row.key]:
                found += self._chain(row, self.stretches[row.key])
        kept = [item for item in found if not self._is_before_us(item)]
        return kept_apart(kept, self.on)

    def _is_before_us(self, item: Item) -> bool:
        """Did it fall away before anybody followed this patient here? Then nobody missed it."""
        ended = item.ended_on
        if ended is None or ended >= self.facts.opened:
            return False
        return item.status is not ObligationStatus.DONE and not item.is_open

    def _series(self, row: Row, stretch: Stretch) -> Iterator[Item]:
        """Fixed days after their trigger: each is closed by the first result before the next."""
        planned = [self._planned(row, stretch, number) for number in range(len(row.days))]
        for number, item in enumerate(planned):
            if number + 1 < len(planned):
                limit: date | None = max(planned[number + 1].opens, item.closes + A_DAY)
            else:
                limit = self._no_longer_chased(row, stretch, item)
            settled = self.made.settle(row, item, limit, stretch)
            if row.leads_to:
                self.led[row.key, stretch.base] = settled
            yield settled.item
            raised = settled.done is not None and bool(settled.done.raised & row.closing)
            unknown = settled.how in (How.OVERTAKEN, How.BY_PERSON)
            if row.while_raised and not (raised or unknown):
                return

    def _planned(self, row: Row, stretch: Stretch, number: int) -> Item:
        days = row.days[number]
        due = max(stretch.base + a_span(days), stretch.start)
        opens = due - a_span(row.before)
        if row.counts_from not in ("treatment", "last_dose", "searching"):
            opens = max(stretch.start, opens)
        named = {"occurrence": f"d{days}"} if row.counts_from == "surgery" else {}
        last = stretch.base + a_span(row.days[-1])
        return self.made.item(
            row, stretch, opens, due, after=row.after[number], until=last, **named
        )

    def _no_longer_chased(self, row: Row, stretch: Stretch, item: Item) -> date | None:
        """When does nobody chase the last one any more: at its own end, or when another begins?"""
        if row.chased is not None:
            return max(stretch.base + timedelta(days=row.chased), item.closes + A_DAY)
        for follower in rows.following(row):
            parts = self.stretches.get(follower.key, ())
            if any(one.base == stretch.base for one in parts):
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
                again = self.made.register.last(row.closing, anchor, stretch.start)
                anchor = max(anchor, again or anchor)
                due = self._next(row, stretch, anchor)
            if due is not None:
                due = max(due, stretch.start)
            since = max(stretch.start, min(anchor, self._known_from(row, stretch, anchor)))
            while due is not None and (stretch.end is None or since < stretch.end):
                settled = self.made.settle(*self._occurrence(row, stretch, anchor, due), stretch)
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
        if due is None or row.after_dose is None:
            return due
        return with_doses(row, stretch.treatment, known, due)

    def _may_wait_until(self, longer: Longer, anchor: date, due: date) -> date | None:
        """May a clinician let it wait? Only if what it turns on is known, not old, and normal."""
        known, oldest = self.facts.normal, anchor - (due - anchor)
        if self.facts.alarmed(longer.normal):
            return None
        if not all(rule in known and known[rule] >= oldest for rule in longer.normal):
            return None
        return anchor + a_span(longer.days)

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
        before = a_span(row.before)
        opens = max(anchor + A_DAY, due - before)
        last = horizon(row, stretch.base)
        item = self.made.item(row, stretch, opens, due, until=last)
        if row.allowed is not None:
            item.may_wait_until = self._may_wait_until(row.allowed, anchor, due)
        following = self._next(row, stretch, due)
        limit = last or item.closes if following is None else following - before
        return row, item, max(limit, item.closes + A_DAY)
