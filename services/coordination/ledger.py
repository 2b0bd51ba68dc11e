"""Carry out what a journey reports: who owes what now, what is said about it, when to look again.

All of it happens in one transaction that holds the journey, so a report that comes twice, late or
at the same time as another changes nothing twice.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules import reminders
from knowledge.terms.obligation import Conclusion, Obligation, ObligationStatus
from services.coordination import repository
from services.coordination.contract import Disposition, NextWake, Progress
from services.coordination.corrections import take_back
from services.coordination.hours import hours_of
from services.coordination.on_its_way import say_again_what_was_taken_back
from services.coordination.planning import expected
from services.coordination.reminding import pass_over, remind, withdraw_deliveries
from services.coordination.repository import as_obligation
from services.coordination.tables import (
    EventRow,
    JourneyRow,
    ObligationRow,
    ReminderRow,
)
from services.coordination.worklist import (
    ENDINGS,
    NOTHING_DUE,
    THE_JOURNEY,
    THE_OFFICE,
    THROUGH_A_PAUSE,
    Owed,
    caught_up,
    ended_by_closing,
    ending,
    of_question,
    overdue_at,
    priority,
    reconcile,
)

BESIDE = "followup"
"""The service that is asked beside that of the phase, while somebody is treated by drugs."""

SMALLEST_LEAD_SECONDS = 60
"""Clocks of machines differ a little; only a lead beyond this is a clock that was moved by hand."""


class Ledger:
    """One journey's obligations and reminders, in one transaction."""

    def __init__(self, session: AsyncSession, journey: JourneyRow, rehearsal: bool) -> None:
        self._session, self._journey, self._rehearsal = session, journey, rehearsal
        self.said: list[ReminderRow] = []

    async def report(self, progress: Progress) -> NextWake:
        """Take over what the journey reports, unless something newer was reported already.

        A worker that was killed may report again what it could not remember to have reported: then
        the later moment is the newer word, and versions only grow all the same.
        """
        journey = self._journey
        known = journey.revision
        again = progress.revision == known and progress.at == journey.as_of
        if progress.revision > known or again or progress.at > journey.as_of:
            rows = await self._move(progress)
            journey.revision = max(known, progress.revision)
            return await self._say(progress.at, rows)
        return await self.wake(progress.at)

    async def wake(self, at: datetime) -> NextWake:
        """Say what is due at this moment of the journey's own clock."""
        return await self._say(at, await self._rows(only_open=True))

    async def _say(self, at: datetime, rows: Iterable[ObligationRow]) -> NextWake:
        journey = self._journey
        at = self._read_clock(at)
        still_open = self._rank(rows)
        if journey.merged_into is not None:
            return NextWake(at=None)  # what is owed is said by the journey that goes on
        if journey.paused_since is not None:
            still_open = [row for row in still_open if row.ladder in THROUGH_A_PAUSE]
        if not still_open:
            return NextWake(at=None)
        # What is looked up here rests on no row that was changed before: all is written at the end.
        with self._session.no_autoflush:
            next_wake, said = await remind(self._session, journey, still_open, at)
        self.said += said
        return NextWake(at=next_wake)

    async def dispose(
        self, row: ObligationRow, disposition: Disposition, reason: str, by: str
    ) -> None:
        """A person says how this obligation ended."""
        before = self._owed(row)
        self._write(row, before.ended(disposition, reason, by_person=True), by)
        await withdraw_deliveries(self._session, self._journey, [(row.rule, row.occurrence)])
        await self.rank()

    async def rank(self) -> None:
        """Let the worklist see what is due next, after something about it was changed."""
        await self._session.flush()
        self._rank(await self._rows(only_open=True))

    async def _move(self, progress: Progress) -> list[ObligationRow]:
        """Go along with it; the answer is everything that was ever due."""
        journey, rows = self._journey, await self._rows()
        moved, last_seen = progress.phase != journey.phase, journey.as_of
        self._read_clock(progress.at)
        journey.revision = progress.revision
        closed, paused_since = journey.phase == repository.CLOSED, journey.paused_since
        closes = progress.phase == repository.CLOSED
        journey.paused_since = progress.paused_since
        journey.closed_because = progress.next_phase_reason if closes else None
        journey.carried = progress.carried if closes else None
        if moved:
            reason = progress.next_phase_reason
            words = f"{progress.phase}: {reason}" if reason else progress.phase
            await self._note(f"phase:{progress.revision}", progress.at, "phase", words)
        journey.phase = progress.phase
        await self._take_over_task(progress)
        if progress.conclusion is not None:
            await self._take_over_conclusion(progress)
        if progress.beside is not None:
            await self._note_conclusion(progress.beside)
        if closed and not closes:
            self._open_again(rows)
        rows += await self._reconcile(progress, rows)
        if closed and not closes:
            rows += await self._catch_up("reopened", progress, last_seen, rows)
        elif paused_since is not None and journey.paused_since is None and not closes:
            rows += await self._catch_up("resumed", progress, paused_since, rows)
        elif paused_since is None and journey.paused_since is not None:
            await self.fall_silent(rows)
        return rows

    def _open_again(self, rows: Iterable[ObligationRow]) -> None:
        """What ended only because the journey closed is owed again."""
        for row in rows:
            if ended_by_closing(self._owed(row)):
                row.status, row.disposition, row.reason = ObligationStatus.OPEN.value, None, ""
                row.ended_at = None

    async def fall_silent(self, rows: Iterable[ObligationRow]) -> None:
        """What is on its way does not arrive while it is paused, but for what is critical."""
        held = [row for row in rows if row.ladder not in THROUGH_A_PAUSE]
        keys = [(row.rule, row.occurrence) for row in held]
        await withdraw_deliveries(self._session, self._journey, keys)

    async def _catch_up(
        self, what: str, progress: Progress, since: datetime, rows: Iterable[ObligationRow]
    ) -> list[ObligationRow]:
        """What would have been said meanwhile is not: what came due is listed, as one message.

        So is what nobody did meanwhile until its window was over: of that nobody heard anything.
        """
        journey, at = self._journey, self._journey.as_of
        held = [row for row in rows if row.ladder not in THROUGH_A_PAUSE]
        silent = [row for row in held if row.status == ObligationStatus.OPEN]
        missed = [
            row
            for row in held
            if row.status == ObligationStatus.MISSED and row.ended_at and row.ended_at >= since
        ]
        zone = ZoneInfo(journey.zone)
        first, today = (moment.astimezone(zone).date() for moment in (since, at))
        came = [as_obligation(row) for row in (*silent, *missed) if first <= row.due <= today]
        await pass_over(self._session, journey, silent, at)
        if not came:
            return []
        listed = caught_up(what, str(progress.revision), today, came)
        return await self.put_to_the_office(listed, at)

    async def put_to_the_office(self, obligation: Obligation, at: datetime) -> list[ObligationRow]:
        """Work that no service of the pathway asks for, once; the answer is what is new."""
        journey = self._journey
        place = (journey.organisation, journey.id, obligation.rule, obligation.occurrence)
        if await self._session.get(ObligationRow, place) is not None:
            return []
        row = self._new(Owed(obligation, THE_OFFICE), at)
        self._write(row, Owed(obligation, THE_OFFICE), None)
        self._session.add(row)
        await self.rank()
        return [row]

    async def pass_over(self, rows: Sequence[ObligationRow]) -> None:
        """What was said of these elsewhere is not said again."""
        if rows:
            await pass_over(self._session, self._journey, rows, self._journey.as_of)

    async def still_open(self) -> list[Obligation]:
        """What does somebody have to do?"""
        return [as_obligation(row) for row in await self._rows(only_open=True)]

    async def _rows(self, *, only_open: bool = False) -> list[ObligationRow]:
        place = (self._journey.organisation, self._journey.id)
        with self._session.no_autoflush:  # what was changed of the journey's row is not asked for
            return await repository.obligations_of(self._session, *place, only_open=only_open)

    async def _take_over_task(self, progress: Progress) -> None:
        task = progress.task
        if task is not None:
            await self._note(
                f"task:{task.id}", task.opened_at, "question", task.question, str(task.id)
            )
        self._journey.task = None if task is None else task.model_dump(mode="json")

    async def _take_over_conclusion(self, progress: Progress) -> None:
        conclusion = progress.conclusion
        assert conclusion is not None
        known = self._journey.conclusion
        changed = known is None or known["id"] != str(conclusion.id)
        if changed:
            await self._note_conclusion(conclusion)
        self._journey.state = conclusion.state
        self._journey.conclusion = conclusion.model_dump(mode="json")

    async def _note_conclusion(self, conclusion: Conclusion) -> None:
        words = f"{conclusion.service}: {conclusion.state}"
        if conclusion.because_of:
            words += f" (corrected result: {', '.join(conclusion.because_of)})"
        at = conclusion.concluded_at
        await self._note(f"conclusion:{conclusion.id}", at, "conclusion", words, str(conclusion.id))

    async def _reconcile(
        self, progress: Progress, rows: Iterable[ObligationRow]
    ) -> list[ObligationRow]:
        """Let the rows say what is owed now; the answer is what is new among them."""
        journey, task = self._journey, progress.task
        known = {(row.rule, row.occurrence): row for row in rows}
        closing = None
        if progress.phase == repository.CLOSED:
            kinds = {progress.next_phase_reason}
            if progress.carried is None:
                kinds = {event.kind for event in await self._told(tuple(ENDINGS))}
            closing = ending(kinds)
        question = None
        if task is not None:
            question = of_question(task, await hours_of(self._session, journey, progress.at))
        before = {key: self._owed(row) for key, row in known.items()}
        asked = any(owed.is_open and owed.service == THE_JOURNEY for owed in before.values())
        changes = reconcile(
            before,
            progress.conclusion,
            question,
            await self._answered() if asked else (),
            closing,
            progress.beside,
            (BESIDE,) if progress.watched_beside else (),
        )
        new = []
        for owed in changes:
            row = known.get(owed.key)
            if row is None:
                row = self._new(owed, progress.at)
                new.append(row)
            self._write(row, owed, None)
        self._session.add_all(new)
        turned = [
            one
            for one in changes
            if one.key in known and self._has_turned(before[one.key], one, known[one.key])
        ]
        # What ended earlier has but one word on its way: that it is off. It stays, unless it is on.
        await withdraw_deliveries(self._session, journey, [one.key for one in turned])
        again = [one.key for one in turned if one.is_open]
        await say_again_what_was_taken_back(self._session, journey, again)
        await self._take_back(progress, changes)
        return new

    def _has_turned(self, before: Owed, now: Owed, row: ObligationRow) -> bool:
        """Did it end, is it owed again, or on a day far from the one that what waits names?"""
        if before.is_open != now.is_open:
            return True
        was, stands = (expected(owed.obligation.due, row.postponed_until) for owed in (before, now))
        on = self._journey.as_of.astimezone(ZoneInfo(self._journey.zone)).date()
        return now.is_open and reminders.is_moved(was, stands, on)

    async def _told(self, kinds: Collection[str]) -> list[EventRow]:
        """What of these kinds was the journey told that counts?"""
        place = (self._journey.organisation, self._journey.id)
        events = await repository.events_of(self._session, *place, kinds)
        return [event for event in events if event.outcome != "refused"]

    async def _answered(self) -> set[str]:
        """Which questions did a person answer?"""
        return {str(event.payload.get("task")) for event in await self._told(("decision",))}

    async def _take_back(self, progress: Progress, changes: Sequence[Owed]) -> None:
        """What was said because of a value that was corrected is said to be off."""
        for conclusion in (progress.conclusion, progress.beside):
            if conclusion is None or not conclusion.because_of:
                continue
            off = {
                owed.key
                for owed in changes
                if owed.service == conclusion.service
                and not owed.by_person
                and owed.obligation.status is ObligationStatus.CANCELLED
            }
            self.said += await take_back(
                self._session, self._journey, off, conclusion.id, progress.at
            )

    def _owed(self, row: ObligationRow) -> Owed:
        disposition = None if row.disposition is None else Disposition(row.disposition)
        by_person = row.ended_by is not None
        return Owed(as_obligation(row), row.service, disposition, row.reason, by_person)

    def _new(self, owed: Owed, at: datetime) -> ObligationRow:
        obligation = owed.obligation
        return ObligationRow(
            organisation=self._journey.organisation,
            journey=self._journey.id,
            service=owed.service,
            created_at=at,
            overdue_at=NOTHING_DUE,
            **_columns(obligation),
        )

    def _write(self, row: ObligationRow, owed: Owed, by: str | None) -> None:
        for name, value in _columns(owed.obligation).items():
            _set(row, name, value)
        row.service, row.reason = owed.service, owed.reason
        row.disposition = None if owed.disposition is None else owed.disposition.value
        row.overdue_at = self._overdue_at(row)
        if owed.is_open:
            row.ended_at = None
        elif row.ended_at is None:
            row.ended_at = self._journey.as_of
        if by is not None:
            row.ended_by = by

    def _read_clock(self, at: datetime) -> datetime:
        """What time is it on the journey's own clock? It never goes back.

        A journey whose clock was moved in a rehearsal is judged by that clock from then on.
        """
        journey = self._journey
        journey.as_of = at if journey.revision == 0 else max(journey.as_of, at)
        if self._rehearsal:
            self._notice_lead(at)
        return journey.as_of

    def _notice_lead(self, at: datetime) -> None:
        lead = int((at - datetime.now(UTC)).total_seconds())
        if lead > self._journey.clock_ahead_seconds + SMALLEST_LEAD_SECONDS:
            self._journey.clock_ahead_seconds = lead

    def _rank(self, rows: Iterable[ObligationRow]) -> list[ObligationRow]:
        journey = self._journey
        still_open = [row for row in rows if row.status == ObligationStatus.OPEN]
        for row in still_open:
            _set(row, "overdue_at", self._overdue_at(row))
        first = min(
            still_open,
            key=lambda row: (repository.expected_on(row), row.rule, row.occurrence),
            default=None,
        )
        journey.next_due = None if first is None else repository.expected_on(first)
        journey.next_act = None if first is None else first.act
        journey.rank_at = NOTHING_DUE if first is None else first.overdue_at
        journey.priority_at, journey.priority_ladder = priority(
            (row.overdue_at, row.ladder) for row in still_open
        )
        return still_open

    def _overdue_at(self, row: ObligationRow) -> datetime:
        day = repository.expected_on(row)
        return overdue_at(day, self._journey.zone, self._journey.clock_ahead_seconds)

    async def _note(
        self, key: str, at: datetime, what: str, detail: str, reference: str | None = None
    ) -> None:
        await repository.note(self._session, self._journey, key, at, what, detail, reference)


def _columns(obligation: Obligation) -> dict[str, Any]:
    """An obligation as its row holds it; a code is stored as the plain word that it is."""
    codes = {"ladder": obligation.ladder.value, "status": obligation.status.value}
    return obligation.model_dump() | codes


def _set(row: ObligationRow, name: str, value: Any) -> None:
    """What stays as it was is not looked at again when the rows are written."""
    if getattr(row, name) != value:
        setattr(row, name, value)
