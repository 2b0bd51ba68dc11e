"""A patient of the timelines on a journey of their own, on a calendar moved into the future.

A journey begins now and its clock only goes forward. So each timeline is moved by whole cycles of
four years: every month, every leap day and every interval stays as it is written.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, TypeVar
from uuid import UUID, uuid4

from services.followup.contract import FollowUp
from tests.journeys.system import System, eventually
from tests.services.followup.timelines import Step, the_events, the_results

T = TypeVar("T")
CYCLE = timedelta(days=4 * 365 + 1)
A_DAY = re.compile(r"\b\d{4}-\d\d-\d\d(?=\b|T)")
NOON = 12
LONGEST_LEAP = 360
"""Days. Of a leap that ends in the very second in which a run of a year ends and its successor is
still to begin, the engine may lose the end, and goes on to the next timer."""

LONGEST_TEST = timedelta(minutes=4)
NOBODY_IS_ASKED = "treatment"
"""In this phase an event is kept, and no service concludes anything from it."""


@dataclass(frozen=True)
class Days:
    """The days of a timeline, as written and as lived."""

    moved: timedelta

    @classmethod
    def from_now(cls, first: date, today: date) -> "Days":
        """Moved as little as possible, so that the first day is still to come."""
        return cls(-((first - today - timedelta(days=1)) // CYCLE) * CYCLE)

    def lived(self, written: T) -> T:
        """The same, on the days on which it is lived."""
        return _moved(written, self.moved)

    def written(self, lived: T) -> T:
        """The same, on the days that the specification names."""
        return _moved(lived, -self.moved)


def _moved(said: T, by: timedelta) -> T:
    def move(day: re.Match[str]) -> str:
        return (date.fromisoformat(day[0]) + by).isoformat()

    moved: T = json.loads(A_DAY.sub(move, json.dumps(said)))
    return moved


def a_day_that_lasts() -> datetime:
    """Now, once it is not about to be midnight: who begins today still lives today at the end."""

    def now() -> datetime | None:
        now = datetime.now(UTC)
        return now if (now + LONGEST_TEST).date() == now.date() else None

    return eventually(now, "a new day begins", patience=2 * LONGEST_TEST.total_seconds())


def where_it_is_noon(now: datetime) -> int:
    """In which zone, as hours east, is it noon by now? There a day is the same day in UTC."""
    return NOON - now.astimezone(UTC).hour


@dataclass
class Followed:
    """One patient: told what happens as a health system tells it, asked as anybody may ask."""

    system: System
    timeline: Mapping[str, Any]
    days: Days
    east: int
    began: date
    today: date = field(init=False)
    id: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        self.today = self.began

    @property
    def noon(self) -> str:
        """When everything of a day happens: it is past, and of the same day in UTC."""
        return f"T{NOON}:00:00{self.east:+03d}:00"

    @property
    def journey(self) -> str:
        """Where the journey is told and asked."""
        return f"/coordination/v1/journeys/{self.id}"

    def begin(self) -> None:
        """The journey starts; nobody has said anything yet."""
        about = {name: self.timeline["patient"][name] for name in ("sex", "age_years")}
        start = {
            "patient": {"id": str(self.id), **about},
            "zone": f"Etc/GMT{-self.east:+d}",
            "label_profile": self.timeline.get("label_profile"),
        }
        answer = self.system.send("PUT", self.journey, start)
        assert answer.status_code == 200, answer.text

    def live_until(self, written: str) -> None:
        """Let time pass until this day."""
        day = date.fromisoformat(self.days.lived(written))
        while self.today < day:
            days = min((day - self.today).days, LONGEST_LEAP)
            answer = self.system.send("POST", f"{self.journey}/fast-forward", {"days": days})
            assert answer.status_code == 200, answer.text
            self.today += timedelta(days=days)

    def take(self, step: Step) -> None:
        """Everything that the step says has happened, told one after the other."""
        for told in the_events(step):
            payload = {name: said for name, said in told.items() if name != "kind"}
            self.tell(told["kind"], payload)
        if "results" in step:
            patient = self.timeline["patient"]
            samples = the_results(step["on"], step["results"], patient, self.noon)
            self.tell("observations", samples)
        for answer in step.get("decisions", []):
            self.tell("decision", {"task": None, "answer": answer, "reason": "as the timeline"})

    def tell(self, kind: str, payload: dict[str, Any]) -> None:
        """Tell the journey one thing, and wait until it stands where that leads."""
        before = self.stands()["revision"]
        at = f"{self.today.isoformat()}{self.noon}"
        event = {"id": str(uuid4()), "kind": kind, "occurred_at": at}
        told = self.days.lived(payload)
        answer = self.system.send("POST", f"{self.journey}/events", event | {"payload": told})
        assert answer.status_code == 202, answer.text

        def taken_in() -> bool | None:
            stands = self.system.get(self.journey)
            concluded = stands["revision"] > before or stands["phase"] == NOBODY_IS_ASKED
            return (concluded and not stands["events_waiting"]) or None

        eventually(taken_in, f"{kind} is taken in by {self.id}")

    def stands(self) -> Any:
        """Where the journey stands, in the days as written."""
        return self.days.written(self.system.get(self.journey))

    def answer(self) -> FollowUp:
        """What follow-up answered last, or answers now if the journey has not asked it."""
        stands = self.system.get(self.journey)
        asked = stands["phase"] == "surveillance"
        moment = "" if asked else f"?as_of={stands['as_of']}"
        plan = self.system.get(f"/followup/v1/plans/{self.id}{moment}")
        return FollowUp.model_validate(self.days.written(plan))

    def reminded(self, day: str) -> list[tuple[str, str, str, str]]:
        """Which rungs were said on this day, of which rules, to whom, and how?

        The patient's day: where it is noon a little after midnight in UTC, this morning was
        yesterday there.
        """
        here = timezone(timedelta(hours=self.east))
        told = self.system.get(f"{self.journey}/reminders?limit=500")
        assert told["cursor"] is None
        return [
            (one["rule"], one["rung"], one["recipient"], one["means"])
            for one in self.days.written(told)["reminders"]
            if one["status"] != "overtaken"
            and datetime.fromisoformat(one["recorded_at"]).astimezone(here).date().isoformat()
            == day
        ]
