"""Whose hours count when a step is due, and at which moment of them is one patient's turn?"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from knowledge.rules import working_calendar
from knowledge.rules.clock import local_instant
from knowledge.rules.working_calendar import A_DAY, Calendar, is_at_work

HASHED = 2**64


def share_of(name: Hashable) -> float:
    """Where in a window is the turn of this one? From 0 to below 1, the same for ever."""
    digest = sha256(str(name).encode()).digest()
    return int.from_bytes(digest[:8]) / HASHED


@dataclass(frozen=True, slots=True)
class Hours:
    """When the patient may be told, and when those at work; `share` is this journey's turn.

    What is due at one hour is spread over `spread` after it by a stable share, the same for all
    steps of a journey, so that their order stays, and never past the end of the day's hours.
    """

    patient: Calendar
    at_work: Calendar
    share: float = 0.0
    spread: timedelta = timedelta(0)

    @property
    def zone(self) -> ZoneInfo:
        """The clock on which days begin and end: the patient's."""
        return ZoneInfo(self.patient.zone)

    def on_every_day(self) -> "Hours":
        """The same hours, also on days off."""
        return replace(
            self,
            patient=replace(self.patient, works=False),
            at_work=replace(self.at_work, works=False),
        )

    def of(self, recipient: str) -> Calendar:
        """Whose hours count for this recipient?"""
        return self.at_work if is_at_work(recipient) else self.patient

    def first_day(self, known: datetime, hour: time) -> date:
        """The first day on which somebody at work can still be told at the usual moment."""
        day = known.astimezone(ZoneInfo(self.at_work.zone)).date()
        day = self.at_work.first_open(day)
        passed = self._turn(self.at_work, day, hour) < known
        return self.at_work.first_open(day + A_DAY) if passed else day

    def moment(self, recipient: str, due: date, offset: int, hour: time, on: date) -> datetime:
        """When is a step sent that the ladder has so many days from the due date?

        To the patient: on that day; where it is not one of theirs, on the last before it as long as
        nothing is due, and on the first after it then.
        To people at work: on a working day, never before the ladder's own day, and not before so
        many working days have passed as the ladder's days hold, counted from the first working day
        on which it is due.
        """
        calendar = self.of(recipient)
        day = due + timedelta(days=offset)
        if offset < 0 and not is_at_work(recipient):
            return self._turn(calendar, calendar.last_open(day), hour)
        day = calendar.first_open(day)
        if offset > 0 and is_at_work(recipient) and calendar.works:
            count = working_calendar.working_days(offset, on)
            day = max(day, calendar.open_days_after(calendar.first_open(due), count))
        return self._turn(calendar, day, hour)

    def _turn(self, calendar: Calendar, day: date, hour: time) -> datetime:
        """The moment of this day at which it is this journey's turn."""
        zone = ZoneInfo(calendar.zone)
        start, until = calendar.hours(day)
        if start >= until:  # the date line left this day out
            return self._turn(calendar, calendar.first_open(day + A_DAY), hour)
        begin = max(start, local_instant(day, hour, zone))
        if begin >= until:
            begin = start
        end = min(begin + self.spread, until)
        return begin + timedelta(seconds=int((end - begin).total_seconds() * self.share))

    def may_be_told(self, recipient: str, at: datetime) -> bool:
        """Is this a moment at which this recipient may be told?"""
        return self.of(recipient).first_moment(at) <= at

    def first_turn(self, recipient: str, at: datetime, hour: time) -> datetime:
        """This journey's first turn to tell this recipient at or after this moment."""
        calendar = self.of(recipient)
        moment = calendar.first_moment(at)
        day = moment.astimezone(ZoneInfo(calendar.zone)).date()
        return max(moment, self._turn(calendar, day, hour))
