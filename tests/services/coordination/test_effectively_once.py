"""Whatever happens in whatever order: one obligation, one step, one message, in its hours."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules.reminders import hours_on
from knowledge.terms.obligation import Conclusion, Ladder, Obligation, ObligationStatus
from services.chassis import migrations
from services.chassis.database import Database
from services.coordination.contract import Disposition, Progress
from services.coordination.hours import of_journey
from services.coordination.ledger import Ledger
from services.coordination.reminding import withdraw_deliveries
from services.coordination.said_before import REACHED
from services.coordination.tables import (
    DeliveryRow,
    JourneyRow,
    ObligationRow,
    ReminderRow,
    SubscriptionRow,
    WorkingTimeRow,
)
from services.coordination.working_time import WorkingTime
from services.coordination.worklist import NOTHING_DUE

BEGIN = datetime(2127, 1, 6, 10, tzinfo=UTC)
"""In the future, so that nothing is sent by the clock on the wall."""

ORGANISATION = "north"
CAP = 1


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with its tables, made once."""
    file: Path = tmp_path_factory.mktemp("once") / "coordination.sqlite"
    found = f"sqlite:///{file}"

    async def migrated() -> None:
        database = Database(found)
        await migrations.migrate(database, "services.coordination")
        await database.close()

    asyncio.run(migrated())
    return found


A_LAB = (Ladder.LAB, 20)
things = st.lists(
    st.sampled_from(
        [A_LAB, A_LAB, A_LAB, (Ladder.DOSE, 13), (Ladder.IMAGING, 36), (Ladder.DECISION, 0)]
    ),
    min_size=3,
    max_size=5,
).map(lambda rest: [A_LAB, A_LAB, *rest])
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 60 * 24 * 20)),
        st.tuples(st.just("wake"), st.just(0)),
        st.tuples(st.just("wake"), st.just(0)),
        st.tuples(st.just("repeat"), st.just(0)),
        st.tuples(st.just("done"), st.integers(0, 6)),
        st.tuples(st.just("done"), st.integers(0, 6)),
        st.tuples(st.just("again"), st.integers(0, 4)),
        st.tuples(st.just("put off"), st.integers(0, 4)),
        st.tuples(st.just("refuse"), st.just(0)),
    ),
    min_size=5,
    max_size=40,
)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    owed=things,
    happens=happenings,
    zone=st.sampled_from(["Europe/Berlin", "Asia/Shanghai", "America/St_Johns"]),
    country=st.sampled_from([None, "DE", "CN"]),
)
def test_whatever_happens_each_step_is_said_once_in_its_hours_and_never_after_its_reason(
    url: str, owed: list[tuple[Ladder, int]], happens: list[Any], zone: str, country: str | None
) -> None:
    asyncio.run(lived(url, owed, happens, zone, country))


async def lived(
    url: str, owed: list[tuple[Ladder, int]], happens: list[Any], zone: str, country: str | None
) -> None:
    database = Database(url)
    try:
        life = Life(database, owed, zone, country)
        await life.begin()
        for what, number in happens:
            await life.go_on(what, number)
        await life.expect_order()
    finally:
        await database.close()


class Life:
    """One journey that is told, woken, and asked what it said."""

    def __init__(
        self, database: Database, owed: list[tuple[Ladder, int]], zone: str, country: str | None
    ) -> None:
        self.database, self.id = database, uuid4()
        self.zone, self.country = zone, country
        self.organisation = f"{ORGANISATION}-{self.id}"
        self.at, self.revision = BEGIN, 0
        self.wake: datetime | None = None
        self.done: dict[int, datetime] = {}
        self.owed = [
            Obligation(
                rule=f"R-{number}",
                occurrence="1",
                act="s_phos",
                due=BEGIN.date() + timedelta(days=days),
                opens=BEGIN.date(),
                ladder=ladder,
            )
            for number, (ladder, days) in enumerate(owed)
        ]

    async def begin(self) -> None:
        """It starts, on a site with hours of its own and somebody who listens."""
        site = WorkingTime(country=self.country, messages_a_day=CAP)
        async with self.database.across.transaction() as session:
            session.add(
                WorkingTimeRow(
                    organisation=self.organisation,
                    body=site.model_dump(mode="json", exclude_defaults=True),
                    told_by="x",
                    told_at=self.at,
                )
            )
            session.add(
                SubscriptionRow(
                    organisation=self.organisation, id=uuid4(), channel="webhook", roles=[]
                )
            )
            session.add(
                JourneyRow(
                    organisation=self.organisation,
                    id=self.id,
                    patient={"id": "p"},
                    patient_id=str(self.id),
                    request_hash="",
                    zone=self.zone,
                    profile="INT_adult",
                    started_at=self.at,
                    as_of=self.at,
                    rank_at=NOTHING_DUE,
                )
            )
        await self.tell()

    async def tell(self) -> None:
        """Report what is owed and what is done by now."""
        self.revision += 1
        obligations = tuple(
            one.model_copy(update={"status": ObligationStatus.DONE}) if n in self.done else one
            for n, one in enumerate(self.owed)
        )
        conclusion = Conclusion(
            id=uuid4(),
            service="followup",
            state="S",
            concluded_at=self.at,
            obligations=obligations,
        )
        progress = Progress(
            revision=self.revision, at=self.at, phase="surveillance", conclusion=conclusion
        )
        async with self.database.across.transaction() as session:
            self.wake = (await (await self.ledger(session)).report(progress)).at

    async def ledger(self, session: AsyncSession) -> Ledger:
        return Ledger(session, await self.journey(session), rehearsal=False)

    async def journey(self, session: AsyncSession) -> JourneyRow:
        found = await session.get(JourneyRow, (self.organisation, self.id))
        assert found is not None
        return found

    async def go_on(self, what: str, number: int) -> None:
        """One thing happens."""
        which = number % len(self.owed)
        if what == "wait":
            self.at += timedelta(minutes=number)
        if what == "wake" and self.wake is not None:
            self.at = max(self.at, self.wake)
        if what in ("wait", "wake", "repeat"):
            async with self.database.across.transaction() as session:
                self.wake = (await (await self.ledger(session)).wake(self.at)).at
            assert self.wake is None or self.wake > self.at
        elif what == "done":
            self.done.setdefault(which, self.at)
            await self.tell()
        elif what == "again":
            self.done.pop(which, None)
            await self.tell()
        elif what == "put off":
            await self.put_off(which)
        elif what == "refuse":
            async with self.database.across.transaction() as session:
                journey = await self.journey(session)
                journey.preferences = {"refuses": ["sms"], "at": "", "event": ""}

    async def put_off(self, which: int) -> None:
        """As a postponement is carried out."""
        key = (f"R-{which}", "1")
        async with self.database.across.transaction() as session:
            ledger = await self.ledger(session)
            row = await session.get(ObligationRow, (self.organisation, self.id, *key))
            assert row is not None
            if row.status == "open":
                later = max(row.due, row.postponed_until or row.due, self.at.date())
                row.postponed_until = later + timedelta(days=17)
                row.postponed_at = self.at
                journey = await self.journey(session)
                await withdraw_deliveries(session, journey, [key])
                await ledger.rank()

    async def expect_order(self) -> None:
        """What was said stands as it should."""
        async with self.database.across.reading() as session:
            journey = await self.journey(session)
            mine = col(ReminderRow.organisation) == self.organisation
            said = (await session.exec(select(ReminderRow).where(mine))).all()
            theirs = col(DeliveryRow.organisation) == self.organisation
            deliveries = (await session.exec(select(DeliveryRow).where(theirs))).all()
            ladders = {
                row.rule: row.ladder
                for row in (
                    await session.exec(
                        select(ObligationRow).where(
                            col(ObligationRow.organisation) == self.organisation
                        )
                    )
                ).all()
            }
        site = WorkingTime(country=self.country)
        hours = of_journey(journey, site, self.at)
        reached = [one for one in said if one.status in REACHED]
        for one in reached:
            assert hours_on(ladders[one.rule], hours).may_be_told(one.recipient, one.recorded_at)
            assert one.recorded_at >= one.due_at
        for rule, ended_at in ((f"R-{n}", at) for n, at in self.done.items()):
            assert all(one.recorded_at <= ended_at for one in reached if one.rule == rule)
        told = Counter(self.day(one) for one in reached if one.recipient == "patient")
        assert not told or max(told.values()) <= CAP
        assert len({one.id for one in said}) == len(said)
        assert Counter(row.reminder for row in deliveries) == Counter(one.id for one in reached)

    def day(self, said: ReminderRow) -> date:
        return said.recorded_at.astimezone(ZoneInfo(self.zone)).date()


def test_a_disposition_is_one_of_the_five_of_the_specification_or_says_who_gave_up() -> None:
    five = {"DONE", "NOT_INDICATED", "DECLINED", "TRANSFERRED", "DECEASED"}

    assert {one.value for one in Disposition} - five == {"WITHDRAWN", "MISSED"}
