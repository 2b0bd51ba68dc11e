"""The same courses told to the real service, one thing at a time, and concluded for a journey.

Whatever is told, corrected, taken back or told twice: the stored plan says what the verb says of
what plainly stands, another plan that heard it in another order says the same, and a journey that
hears conclusions loses nothing without being told why.
"""

import asyncio
from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from knowledge.terms.obligation import Conclusion, Ladder
from services.chassis.client import ServiceClient
from services.chassis.tokens import ServiceTokens, TokenMint
from services.followup.calendar import item_id
from services.followup.client import FollowupClient
from services.followup.contract import AsOf, Disposition, EventBody, FollowUp, PlanRequest
from tests.services.followup.calendar_cases import noon, on
from tests.services.followup.conftest import EVERYTHING
from tests.services.followup.courses import PATIENT, Telling
from tests.services.followup.test_any_sequence import QUICK, Course

NORTH = "north"
ALERTS = (Ladder.CRITICAL, Ladder.ALERT)
Ends = dict[tuple[str, str], str]


class Clinic:
    """The service, started once, and a caller who may do everything; asked from plain functions."""

    def __init__(self, app: FastAPI, mint: TokenMint, runner: asyncio.Runner) -> None:
        self.runner = runner
        transport = httpx2.ASGITransport(app=app)
        tokens = ServiceTokens(mint, "worker", EVERYTHING)
        service = ServiceClient("http://f", tokens, httpx2.AsyncClient(transport=transport))
        self.client = FollowupClient(service)

    def open(self, label: str | None) -> UUID:
        """A plan for somebody who is followed from day 0 on."""
        body = {"patient": PATIENT, "opened_on": on(0), "label_profile": label}
        plan, request = uuid4(), PlanRequest.model_validate(body)
        self.runner.run(self.client.record_plan(NORTH, plan, request))
        return plan

    def tell(self, plan: UUID, one: Telling) -> None:
        """Each thing at its own address; a result's correction arrives as a message of its own."""
        name = f"{one.name}/{one.version}" if "observations" in one.body else one.name
        address = uuid5(NAMESPACE_OID, name)
        if one.body["kind"] == "disposition":
            address = item_id(plan, one.body["rule"], one.body["occurrence"])
        event = EventBody.model_validate(one.body).root
        self.runner.run(self.client.record_result(NORTH, plan, address, event))

    def end(self, plan: UUID, said: dict[str, Any]) -> None:
        """A person ends an item."""
        words = {name: said[name] for name in ("disposition", "reason", "noted_on")}
        id = item_id(plan, said["rule"], said["occurrence"])
        body = Disposition.model_validate(words)
        self.runner.run(self.client.record_disposition(NORTH, plan, id, body))

    def answer(self, plan: UUID, day: int) -> FollowUp:
        """What does the stored plan say as of this day?"""
        return self.runner.run(self.client.read_plan(NORTH, plan, noon(day)))

    def conclude(self, plan: UUID, day: int) -> Conclusion:
        """What does the journey hear on this day?"""
        moment = AsOf(as_of=noon(day))
        return self.runner.run(self.client.record_conclusion(NORTH, plan, uuid4(), moment))


def outline(answer: FollowUp) -> tuple[Any, ...]:
    """The state, how it came to be, and every item with its end."""
    steps = [(str(one.to_state), one.on, one.rule) for one in answer.transitions]
    items = [
        (i.rule, i.occurrence, i.due, i.closes, str(i.status), i.disposition, i.ended_on)
        for i in answer.schedule
    ]
    return str(answer.state), steps, answer.risk_tier, items


def asked(heard: Conclusion) -> Ends:
    """What the calendar asks for in this conclusion, no key twice, and how each stands."""
    owed = [one for one in heard.obligations if one.ladder not in ALERTS]
    keys = [(one.rule, one.occurrence) for one in heard.obligations]
    assert len(keys) == len(set(keys))
    return {(one.rule, one.occurrence): str(one.status) for one in owed}


class StoredCourse(Course):
    """One patient, as the service hears of them."""

    clinic: ClassVar[Clinic]

    def __init__(self) -> None:
        super().__init__()
        self.plan: UUID | None = None
        self.heard: tuple[int, Ends] | None = None
        self.late = self.corrected = False

    def arrive(self, *tellings: Telling) -> None:
        """To the service too; what a person ends, they end at the item."""
        if self.plan is None:
            self.plan = self.clinic.open(self.told.label)
        for one in tellings:
            repeated = one.body["kind"] == "disposition" and any(
                other.body["kind"] == "disposition"
                and (other.body["rule"], other.body["occurrence"])
                == (one.body["rule"], one.body["occurrence"])
                for other in self.told.tellings
            )
            if repeated:
                continue
            if one.body["kind"] == "disposition":
                self.clinic.end(self.plan, one.body)
            else:
                self.clinic.tell(self.plan, one)
            self.told.tellings.append(one)
            self.corrected |= one.version > 1
            self.late |= self.heard is not None and one.day <= self.heard[0]

    @precondition(lambda self: self.heard is None or self.heard[0] < self.today)
    @rule()
    def a_journey_hears_of_it(self) -> None:
        """Nothing that was open is gone and nothing ends anew, unless it is told why."""
        assert self.plan is not None
        heard = self.clinic.conclude(self.plan, self.today)
        now = asked(heard)
        for key, status in (self.heard[1] if self.heard else {}).items():
            told_again = status != "open" and key not in now  # long ended, it is told no more
            if told_again or now.get(key) == status or (status == "open" and key in now):
                continue
            assert self.late or (self.corrected and heard.because_of), (key, status, now.get(key))
        self.heard, self.late, self.corrected = (self.today, now), False, False

    @precondition(lambda self: self.plan is not None)
    @rule(chance=st.randoms(use_true_random=False))
    def another_plan_hears_it_otherwise(self, chance: Any) -> None:
        """The same versions in another order: the same state and calendar."""
        other = self.clinic.open(self.told.label)
        shuffled = list(self.told.tellings)
        chance.shuffle(shuffled)
        for one in shuffled:
            self.clinic.tell(other, one)
        assert outline(self.clinic.answer(other, self.today)) == outline(self.now)

    @invariant()
    def what_is_stored_says_what_the_verb_says(self) -> None:
        """Of what plainly stands."""
        if self.plan is not None:
            assert outline(self.clinic.answer(self.plan, self.today)) == outline(self.now)


@pytest.fixture
def clinic(app: FastAPI, mint: TokenMint) -> Iterator[Clinic]:
    """The service on each database, started."""
    with asyncio.Runner() as runner:
        life = app.router.lifespan_context(app)
        runner.run(life.__aenter__())
        yield Clinic(app, mint, runner)
        runner.run(life.__aexit__(None, None, None))


def test_the_stored_plan_keeps_what_the_verb_keeps(clinic: Clinic) -> None:
    StoredCourse.clinic = clinic
    run_state_machine_as_test(
        StoredCourse, settings=settings(QUICK, max_examples=10, stateful_step_count=15)
    )
