"""A form becomes an event of the inbox: the same road that every system takes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from fastapi import BackgroundTasks, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from services.chassis import audit
from services.chassis.database import InTransaction
from services.chassis.errors import Problem
from services.coordination import inbox, repository
from services.coordination.contract import Event
from services.coordination.language import say
from services.coordination.parts import Parts, parts_of
from services.coordination.routes import found
from services.coordination.sign_in import Person, SignedIn, expect_own_form
from services.coordination.tables import JourneyRow
from services.coordination.worklist import today

SOURCE = "worklist-page"
OLDEST_YEAR = 1902
"""A year before this was typed with two figures; nobody alive was seen then."""


@dataclass
class Filled:
    """A form as it came, and what is wrong with it."""

    values: dict[str, str]
    lists: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """What stands in this field."""
        return self.values.get(name, "").strip()

    def chosen(self, name: str) -> list[str]:
        """What is ticked in this group."""
        return self.lists.get(name, [])

    def wrong(self, name: str, words: str) -> None:
        """Say what is wrong with a field; the first word about it counts."""
        self.errors.setdefault(name, words)

    def number(self, name: str) -> float | None:
        """The number in this field; wrong when it is none."""
        text = self.get(name)
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            self.wrong(name, say("write a number, with a point before decimals"))
            return None
        if number != number or number in (float("inf"), float("-inf")):
            self.wrong(name, say("write a number, with a point before decimals"))
            return None
        return number

    def day(self, name: str, needed: bool = True) -> str | None:
        """The day in this field, as it is sent on."""
        text = self.get(name)
        if not text:
            if needed:
                self.wrong(name, say("say on which day"))
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = date.min
        if day.year < OLDEST_YEAR:
            self.wrong(name, say("this is no day; write it as 2026-03-31"))
            return None
        return day.isoformat()

    def past_day(self, name: str, on: date, needed: bool = True) -> str | None:
        """The day in this field, of something that was done: not later than this one."""
        day = self.day(name, needed)
        if day is not None and date.fromisoformat(day) > on:
            self.wrong(name, say("that moment has not come yet"))
        return day

    def moment(self, name: str, zone: str) -> datetime | None:
        """The moment in this field, on the clock where the patient lives."""
        text = self.get(name)
        if not text:
            self.wrong(name, say("say when"))
            return None
        for shape in ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"):
            try:
                at = datetime.strptime(text, shape).replace(tzinfo=ZoneInfo(zone))
            except ValueError:
                continue
            if at.year >= OLDEST_YEAR:
                return at
        self.wrong(name, say("this is no moment; write it as 2026-03-31 08:30"))
        return None


async def filled(request: Request, person: SignedIn) -> Filled:
    """The form, if it was made for this session."""
    form = await request.form()
    values: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            continue
        values[name] = value
        lists.setdefault(name, []).append(value)
    expect_own_form(person, values.get("csrf", ""))
    return Filled(values, lists)


@dataclass(frozen=True, slots=True)
class Teller:
    """Somebody who tells something of one journey by a form, and the request it came with."""

    journey_id: UUID
    request: Request
    after: BackgroundTasks
    session: InTransaction
    person: Person

    @property
    def parts(self) -> Parts:
        """The parts of the app that serves this form."""
        return parts_of(self.request)

    async def form(self) -> Filled:
        """What was filled in, if the form was made for this session."""
        return await filled(self.request, self.person)

    def today(self, journey: JourneyRow) -> date:
        """Which day is it where the patient lives, on this journey's own clock?"""
        return today(journey.zone, journey.clock_ahead_seconds, datetime.now(UTC))

    async def journey(self) -> JourneyRow:
        """The journey it is about, and a note that it was read."""
        return await found(self.session, self.person.caller, self.journey_id, "EpisodeOfCare")

    async def store(
        self,
        form: Filled,
        kind: str,
        payload: dict[str, Any],
        shown: Callable[[int], Response],
        occurred_at: datetime | None = None,
    ) -> Response:
        """Keep it, and back to the patient's page; where it is refused, the form says why."""
        where = (self.session, self.person, self.journey_id)
        _, refusal = await store(*where, event_id(form), kind, payload, occurred_at)
        if refusal is not None:
            form.errors["form"] = " ".join(in_words(refusal))
            return shown(refusal.status)
        return and_back(self.request, self.after, self.journey_id)


Telling = Annotated[Teller, Depends(scope="function")]
"""`telling: Telling`: what every form about one journey needs."""


def empty() -> Filled:
    """A form that nobody has filled in yet, with the id of what it will tell."""
    return Filled({"event": str(uuid4())})


def event_id(form: Filled) -> UUID:
    """The id that the form brought, so that sending it twice tells once."""
    try:
        return UUID(form.get("event"))
    except ValueError:
        return uuid4()


async def store(
    session: InTransaction,
    person: SignedIn,
    journey_id: UUID,
    event: UUID,
    kind: str,
    payload: dict[str, Any],
    occurred_at: datetime | None = None,
) -> tuple[JourneyRow, Problem | None]:
    """Keep it as an event of this journey; the refusal, where it was refused."""
    journey = await inbox.held(session, person.caller.organisation, journey_id)
    known = await repository.find_event(session, journey.organisation, journey_id, event)
    if known is not None:
        occurred_at = known.occurred_at
    now = repository.now_there(journey)
    said = Event(
        id=event, kind=kind, occurred_at=occurred_at or now, source=SOURCE, payload=payload
    )
    try:
        await inbox.store(session, person.caller, journey, said)
    except Problem as refusal:
        return journey, refusal
    audit.record(session, person.caller, "create", "Event", event, journey.patient_id)
    return journey, None


def and_back(
    request: Request, after: BackgroundTasks, journey_id: UUID, place: str = ""
) -> Response:
    """The relay is woken, and the person sees the patient's page again."""
    after.add_task(parts_of(request).outbox.wake)
    return RedirectResponse(f"/journeys/{journey_id}{place}", 303)


def in_words(refusal: Problem, known: dict[str, str] | None = None) -> list[str]:
    """What a refusal says, to the person who filled the form in."""
    words = [
        say((known or {}).get(error.pointer, error.detail or error.code))
        for error in refusal.errors
    ]
    return words or [say(refusal.detail)]
