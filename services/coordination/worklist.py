"""Who has to do what, by when? Pure: obligations, what changes them, when each is to be said."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from knowledge.rules import queue, reminders
from knowledge.rules.clock import local_instant
from knowledge.rules.sending_hours import Hours
from knowledge.terms.obligation import Conclusion, Ladder, Obligation, ObligationStatus
from services.coordination.contract import Disposition, OpenQuestion

THE_JOURNEY = "journey"
"""The service that a question to a person comes from: the journey itself."""

THE_OFFICE = "coordination"
"""The service that a thing comes from which those owe who run the pathway: coordination itself."""

HANDED_OVER = "journey:transfer"
"""By this rule a receiver says that what was handed over was seen."""

NOTHING_DUE = datetime(9999, 1, 1, tzinfo=UTC)
"""Where a journey ranks that has nothing open."""

STATUS_OF = {
    Disposition.DONE: ObligationStatus.DONE,
    Disposition.MISSED: ObligationStatus.MISSED,
}
"""What is neither done nor missed is cancelled."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Owed:
    """An obligation with the history that decides what happens to it."""

    obligation: Obligation
    service: str
    disposition: Disposition | None = None
    reason: str = ""
    by_person: bool = False

    @property
    def key(self) -> Key:
        """Its stable name within a journey."""
        return self.obligation.rule, self.obligation.occurrence

    @property
    def is_open(self) -> bool:
        """Does somebody still have to do it?"""
        return self.obligation.status is ObligationStatus.OPEN

    def ended(self, disposition: Disposition, reason: str, by_person: bool = False) -> "Owed":
        """The same, closed with this disposition."""
        status = STATUS_OF.get(disposition, ObligationStatus.CANCELLED)
        closed = self.obligation.model_copy(update={"status": status})
        return replace(
            self, obligation=closed, disposition=disposition, reason=reason, by_person=by_person
        )


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a journey closed, and what that makes of everything still open."""

    disposition: Disposition
    reason: str


ENDINGS = {
    "death": Ending(Disposition.DECEASED, "death was reported"),
    "withdrawal": Ending(Disposition.DECLINED, "consent was withdrawn"),
    "transfer": Ending(Disposition.TRANSFERRED, "care was handed over"),
    "merge": Ending(Disposition.TRANSFERRED, "another journey of this person goes on"),
    "refuted": Ending(Disposition.NOT_INDICATED, "the diagnosis was refuted"),
}
CLOSED = Ending(Disposition.NOT_INDICATED, "the journey was closed")

THROUGH_A_PAUSE = frozenset({Ladder.CRITICAL})
"""What reaches a clinician even while a journey is paused."""


def ending(last_kinds: Collection[str]) -> Ending:
    """Why did this journey close, by the kinds of events it was told? The gravest counts."""
    return next((ENDINGS[kind] for kind in ENDINGS if kind in last_kinds), CLOSED)


def of_question(task: OpenQuestion, hours: Hours) -> Obligation:
    """What does an open question oblige somebody to? An answer, on the ladder of decisions.

    It is due on the first working day whose turn had not passed when it was opened, so that nobody
    is called late for a question that was only just asked, or on a day off.
    """
    asked = task.opened_at.astimezone(ZoneInfo(hours.at_work.zone)).date()
    hour = time(reminders.TABLE.whole("send_hour", asked))
    return Obligation(
        rule=f"task:{task.question}",
        occurrence=str(task.id),
        act=task.question,
        due=hours.first_day(task.opened_at, hour),
        opens=task.opened_at.astimezone(hours.zone).date(),
        ladder=Ladder.DECISION,
    )


def reconcile(
    known: Mapping[Key, Owed],
    conclusion: Conclusion | None,
    question: Obligation | None,
    answered: Collection[str],
    closing: Ending | None,
    beside: Conclusion | None = None,
    asked_beside: Collection[str] = (),
) -> list[Owed]:
    """What has changed in who owes what? Only what is new or different is answered.

    A conclusion carries everything its service asks for: what it no longer names is withdrawn. Only
    the service of the phase is asked, and those beside it; so what another one asked for before is
    withdrawn too: nobody would ever say that it was done. What a person has disposed of is not
    opened again.
    """
    now = dict(known)
    if beside is not None:
        _take_over(now, beside.service, beside.obligations)
    if conclusion is not None:
        _take_over(now, conclusion.service, conclusion.obligations)
        _leave_behind(now, {conclusion.service, THE_JOURNEY, THE_OFFICE, *asked_beside})
    asked = () if question is None else (question,)
    _take_over(now, THE_JOURNEY, asked, done=answered)
    if closing is not None:
        for key, owed in now.items():
            if owed.is_open:
                now[key] = owed.ended(closing.disposition, closing.reason)
    return [owed for key, owed in now.items() if known.get(key) != owed]


def ended_by_closing(owed: Owed) -> bool:
    """Did it end only because the journey closed? Opened again, it is owed again."""
    endings = {(one.disposition, one.reason) for one in (*ENDINGS.values(), CLOSED)}
    return not owed.by_person and (owed.disposition, owed.reason) in endings


def caught_up(what: str, occurrence: str, on: date, came: Sequence[Obligation]) -> Obligation:
    """What came due while nothing was said, as one thing for one person to see."""
    acts = "; ".join(
        f"{one.act} {one.due}{' (missed)' if one.status is ObligationStatus.MISSED else ''}"
        for one in sorted(came, key=lambda one: (one.due, one.rule))
    )
    return Obligation(
        rule=f"journey:{what}",
        occurrence=occurrence,
        act=what,
        due=on,
        opens=on,
        ladder=Ladder.ALERT,
        because=f"{len(came)} came due meanwhile: {acts}",
    )


def handed_over(
    occurrence: str, on: date, receiver: str, still_open: Sequence[Obligation]
) -> Obligation:
    """What was open when the journey changed hands, until the receiver says that it was seen."""
    acts = "; ".join(f"{one.act} {one.due}" for one in sorted(still_open, key=lambda one: one.due))
    return Obligation(
        rule=HANDED_OVER,
        occurrence=occurrence,
        act="handover",
        due=on,
        opens=on,
        ladder=Ladder.ALERT,
        because=f"handed over to {receiver}; open: {acts or 'nothing'}",
    )


def _take_over(
    now: dict[Key, Owed], service: str, listed: Sequence[Obligation], done: Collection[str] = ()
) -> None:
    named = {(obligation.rule, obligation.occurrence) for obligation in listed}
    for obligation in listed:
        key = (obligation.rule, obligation.occurrence)
        before = now.get(key)
        if before is not None and before.by_person:
            status = before.obligation.status
            kept = obligation.model_copy(update={"status": status})
            now[key] = replace(before, obligation=kept, service=service)
            continue
        owed = Owed(obligation, service)
        if obligation.status is ObligationStatus.DONE:
            owed = owed.ended(Disposition.DONE, "")
        elif obligation.status is ObligationStatus.CANCELLED:
            owed = owed.ended(Disposition.NOT_INDICATED, obligation.because)
        elif obligation.status is ObligationStatus.MISSED:
            owed = owed.ended(Disposition.MISSED, obligation.because)
        now[key] = owed
    for key, owed in now.items():
        if owed.service == service and owed.is_open and key not in named:
            was_answered = key[1] in done
            now[key] = (
                owed.ended(Disposition.DONE, "")
                if was_answered
                else owed.ended(Disposition.WITHDRAWN, "no longer asked for")
            )


def _leave_behind(now: dict[Key, Owed], asking: Collection[str]) -> None:
    """The journey has moved on: what only an earlier phase wanted is owed no more."""
    for key, owed in now.items():
        if owed.is_open and owed.service not in asking:
            now[key] = owed.ended(Disposition.WITHDRAWN, "the journey has moved on")


def overdue_at(due: date, zone: str, clock_ahead_seconds: int) -> datetime:
    """When, on the real clock, does the day after this one begin where the patient lives?"""
    midnight = local_instant(due + timedelta(days=1), time(0), ZoneInfo(zone))
    return midnight - timedelta(seconds=clock_ahead_seconds)


def today(zone: str, clock_ahead_seconds: int, now: datetime) -> date:
    """Which day is it on this journey's own clock, where the patient lives?"""
    return (now + timedelta(seconds=clock_ahead_seconds)).astimezone(ZoneInfo(zone)).date()


def priority(still_open: Iterable[tuple[datetime, str]]) -> tuple[datetime, str | None]:
    """Where does a journey stand in the queue, and by which ladder? Riskier things count earlier.

    Each open thing is the moment it becomes overdue, and its ladder.
    """
    places = [(at - timedelta(days=queue.lead_days(ladder)), ladder) for at, ladder in still_open]
    return min(places, default=(NOTHING_DUE, None))


class Urgency(StrEnum):
    """Why a journey stands where it stands in the queue."""

    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"
    LATER = "later"
    NOTHING = "nothing-due"


def urgency(due: date | None, on: date) -> Urgency:
    """How pressing is the next thing due, seen from this day?"""
    if due is None:
        return Urgency.NOTHING
    days = (due - on).days
    if days < 0:
        return Urgency.OVERDUE
    if days == 0:
        return Urgency.TODAY
    return Urgency.SOON if days <= WEEK else Urgency.LATER


WEEK = 7
"""A week is a week: how far ahead the page says "soon"."""
