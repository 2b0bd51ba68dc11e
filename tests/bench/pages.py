"""How quick are the pages with a hundred thousand journeys in the database? One process, wall clock
at the browser's end; beside it what a busy machine does not change: processor time, and how often
the database is asked. The first page of the worklist, and the page of a patient of five years."""

import asyncio
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import uvicorn
from sqlalchemy import event, insert
from sqlalchemy.engine import Engine as Connected

from services.chassis.context import done_for
from services.chassis.database import Database
from services.chassis.tokens import SigningKey
from services.coordination.app import create_app
from services.coordination.settings import CoordinationSettings
from services.coordination.sign_in import create_sign_in_link
from services.coordination.tables import (
    EventRow,
    JourneyRow,
    MomentRow,
    ObligationRow,
    ReminderRow,
)
from tests import postgres
from tests.journeys.system import a_free_port
from tests.pages.answers import ANSWERS
from tests.pages.running import Engine, Neighbours, conclusions

JOURNEYS = 100_000
AT_A_TIME = 5_000
LOOKS = 100
MONTHS = 60
ORGANISATION = "bench"
PHASES = ("assessment", "localization", "treatment", "surveillance", "closed")
SEED = 11


def figures() -> dict[str, Any]:
    """Both pages on both databases, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        found = {"sqlite": _measured(Path(folder), f"sqlite:///{folder}/pages.db")}
    with tempfile.TemporaryDirectory() as folder, _postgres() as url:
        found["postgresql"] = _measured(Path(folder), url)
    return {"journeys": JOURNEYS, **found}


@contextmanager
def _postgres() -> Iterator[str]:
    name = f"pages_{uuid4().hex}"
    postgres.make_database(name)
    try:
        yield postgres.signed_in_as(postgres.ACROSS, postgres.server().get_uri(database=name))
    finally:
        postgres.drop_database(name)


def _measured(folder: Path, url: str) -> dict[str, Any]:
    key = SigningKey.create_or_read(folder / "key.json")
    key.publish(folder / "jwks.json")
    port = a_free_port()
    settings = CoordinationSettings(
        database_url=url,
        owner_database_url=postgres.owner_of(url),
        jwks=str(folder / "jwks.json"),
        issuer="bench",
        audience="tio",
        log_level="error",
        relay_interval_seconds=60,
    )
    app = create_app(settings, Engine(), conclusions, Neighbours())
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        journey = asyncio.run(_fill(url))
        asyncio.run(_look_at_the_tables(postgres.owner_of(url) or url))
        link = asyncio.run(_link(url))
        base = f"http://127.0.0.1:{port}"
        with httpx2.Client(base_url=base, timeout=60, follow_redirects=True) as browser:
            assert browser.get(link).status_code == 200
            return {
                "worklist_first_page": _times(browser, "/worklist"),
                "patient_page": _times(browser, f"/journeys/{journey}"),
            }
    finally:
        server.should_exit = True
        thread.join()


def _times(browser: httpx2.Client, path: str) -> dict[str, float]:
    with _questions() as asked:
        browser.get(path)
        questions = sum(" audit_" not in one and not one.startswith("BEGIN") for one in asked)
    spent, worked = [], time.process_time()
    for _ in range(LOOKS):
        began = time.perf_counter()
        answer = browser.get(path)
        spent.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text[:500]
    spent.sort()
    return {
        "questions_to_the_database": questions,
        "kilobytes": round(len(answer.content) / 1000),
        "processor_ms": round((time.process_time() - worked) / LOOKS * 1000, 1),
        "median_ms": round(spent[LOOKS // 2], 1),
        "p95_ms": round(spent[int(LOOKS * 0.95)], 1),
        "slowest_ms": round(spent[-1], 1),
    }


@contextmanager
def _questions() -> Iterator[list[str]]:
    """Every statement that is sent to a database in this block."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(Connected, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Connected, "before_cursor_execute", note)


async def _look_at_the_tables(url: str) -> None:
    """As a database does by itself in time."""
    database = Database(url)
    try:
        async with database.transaction() as session:
            await (await session.connection()).exec_driver_sql("ANALYZE")
    finally:
        await database.close()


async def _link(url: str) -> str:
    database = Database(url)
    try:
        return await create_sign_in_link(database, ORGANISATION, "coordinator")
    finally:
        await database.close()


async def _fill(url: str) -> UUID:
    """Journeys in every phase, each with something due; some overdue, some refused."""
    chance, now = random.Random(SEED), datetime.now(UTC)
    database, one = Database(url), uuid4()
    try:
        for first in range(0, JOURNEYS, AT_A_TIME):
            ids = [uuid4() for _ in range(AT_A_TIME)]
            ids[0] = one if first == 0 else ids[0]
            journeys, owed, events = [], [], []
            for number, id in enumerate(ids, first):
                due = now + timedelta(days=chance.randint(-60, 400))
                journeys.append(_journey(id, number, due, chance, now))
                owed.append(_owed(id, due, now))
                events.append(_event(id, now, refused=chance.random() < 0.01))
            rows = {JourneyRow: journeys, ObligationRow: owed, EventRow: events}
            await _keep(database, rows)
        await _keep(database, _five_years_of(one, now))
    finally:
        await database.close()
    return one


async def _keep(database: Database, rows: dict[Any, list[dict[str, Any]]]) -> None:
    with done_for(ORGANISATION):
        async with database.transaction() as session:
            connection = await session.connection()
            for table, values in rows.items():
                await connection.execute(insert(table), values)


def _five_years_of(id: UUID, now: datetime) -> dict[Any, list[dict[str, Any]]]:
    """A result, something that was done, a reminder and two moments for each month."""
    months = [now - timedelta(days=30 * month) for month in range(1, MONTHS + 1)]
    done = [
        _owed(id, at, now) | {"occurrence": f"{at:%Y-%m-%d}", "status": "done"} for at in months
    ]
    said = [
        {
            **{
                name: one[name] for name in ("organisation", "journey", "rule", "occurrence", "act")
            },
            "rung": "T+7",
            "id": uuid4(),
            "recipient": "patient",
            "means": "sms",
            "due": one["due"],
            "due_at": one["overdue_at"],
            "recorded_at": one["overdue_at"],
            "status": "sent",
        }
        for one in done
    ]
    seen = [
        {
            "organisation": ORGANISATION,
            "journey": id,
            "key": f"{what}:{at:%Y-%m-%d}",
            "at": at,
            "what": what,
            "detail": detail,
        }
        for at in months
        for what, detail in (("event", "observations"), ("disposition", "s_phos: DONE"))
    ]
    told = [_event(id, at, refused=False) for at in months]
    return {ObligationRow: done, EventRow: told, ReminderRow: said, MomentRow: seen}


def _journey(
    id: UUID, number: int, due: datetime, chance: random.Random, now: datetime
) -> dict[str, Any]:
    conclusion = {
        "id": str(uuid4()),
        "service": "assessment",
        "state": str(ANSWERS["assessment"]["class"]),
        "concluded_at": now.isoformat(),
    }
    return {
        "organisation": ORGANISATION,
        "id": id,
        "patient": {"id": f"p-{number}", "sex": "female", "age_years": 50},
        "patient_id": f"p-{number}",
        "request_hash": "",
        "zone": "Europe/Berlin",
        "profile": "INT_adult",
        "assignee": chance.choice((None, "coordinator", "ada", "ben")),
        "started_at": now,
        "phase": chance.choices(PHASES, (30, 20, 10, 35, 5))[0],
        "state": "TIO_PROBABLE",
        "revision": 1,
        "as_of": now,
        "conclusion": conclusion,
        "next_due": due.date(),
        "next_act": "s_phos",
        "rank_at": due,
        "priority_at": due,
    }


def _owed(id: UUID, due: datetime, now: datetime) -> dict[str, Any]:
    return {
        "organisation": ORGANISATION,
        "journey": id,
        "rule": "FUP-01",
        "occurrence": "day-1",
        "service": "assessment",
        "act": "s_phos",
        "opens": due.date(),
        "due": due.date(),
        "ladder": "lab",
        "created_at": now,
        "overdue_at": due,
    }


def _event(id: UUID, now: datetime, refused: bool) -> dict[str, Any]:
    taken = now.isoformat()
    phosphate = {
        "id": "o1",
        "analyte": "s_phos",
        "value": 0.45,
        "unit": "mmol/L",
        "taken_at": taken,
    }
    return {
        "organisation": ORGANISATION,
        "journey": id,
        "id": uuid4(),
        "kind": "observations",
        "occurred_at": now,
        "payload": {"observations": [phosphate]},
        "request_hash": "",
        "told_by": "lab",
        "told_at": now,
        "outcome": "refused" if refused else "applied",
    }
