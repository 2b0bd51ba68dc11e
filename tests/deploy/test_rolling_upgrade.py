"""An installation goes over to the next release while patients' reminders fall due in it."""

import asyncio
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from tests import postgres
from tests.deploy.rolling import Rolled, rolled, the_next_release
from tests.journeys.chaos import Cohort, counted
from tests.journeys.conftest import a_ward

JOURNEYS = 6
WHILE_IT_ROLLS_SECONDS = 15.0
GO_OVER = ("assessment", "followup", "coordination", "workflows")
"""Localization has nothing that assessment has not."""

PANEL = {
    "patient": {"id": "p-1", "sex": "female", "birth_date": "1979-04-02"},
    "as_of": "2026-03-01T09:00:00+00:00",
    "observations": [{"id": "o1", "analyte": "s_phos", "value": 0.45, "unit": "mmol/L"}],
}


class Callers:
    """Somebody reads and writes all the time, over each service's one address."""

    def __init__(self, system: Rolled) -> None:
        self._system, self._ending = system, threading.Event()
        self.answered: list[int] = []
        self.failed: list[str] = []

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Until the block is left."""
        calling = threading.Thread(target=self._call)
        calling.start()
        try:
            yield
        finally:
            self._ending.set()
            calling.join()

    def _call(self) -> None:
        assessment = self._system.address_of("assessment")
        headers = {"Authorization": f"Bearer {self._system.token}"}
        one_each = httpx2.Limits(max_keepalive_connections=0)
        with httpx2.Client(timeout=30, limits=one_each, headers=headers) as http:
            while not self._ending.wait(0.05):
                start = {"patient": {"id": "late", "age_years": 50}}
                for method, address, body in (
                    ("GET", f"{self._system.url}/coordination/v1/worklist", None),
                    ("PUT", f"{self._system.url}/coordination/v1/journeys/{uuid4()}", start),
                    ("POST", f"{assessment}/assessment/v1/evaluate", PANEL),
                ):
                    try:
                        answer = http.request(method, address, json=body)
                    except httpx2.TransportError as error:
                        self.failed.append(f"{method} {address}: {type(error).__name__}")
                        continue
                    self.answered.append(answer.status_code)
                    if not answer.is_success:
                        self.failed.append(f"{method} {address}: {answer.status_code}")


async def failed_steps(cohort: Cohort) -> int:
    """How many tasks of these journeys failed, whatever for?"""
    temporal = await Client.connect(cohort.engine)
    failed = 0
    for journey in cohort.ids:
        handle = temporal.get_workflow_handle(f"journey/local/{journey}")
        async for event in handle.fetch_history_events():
            failed += event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    return failed


def test_two_versions_work_side_by_side_and_nobody_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "CHOSEN", "postgres")
    tree = the_next_release(tmp_path / "next")
    dice = random.Random(8)
    with a_ward(tmp_path / "data", rolled) as ward:
        system = ward.system
        assert isinstance(system, Rolled)
        cohort = Cohort(ward, system.engine)
        cohort.begin(JOURNEYS)
        expected = dict.fromkeys(cohort.ids, cohort.on_the_first_morning())
        begins = time.time() + 2
        moments = {one: begins + dice.uniform(0, WHILE_IT_ROLLS_SECONDS) for one in cohort.ids}
        asyncio.run(cohort.move_clocks(moments))
        callers = Callers(system)
        with callers.at_work():
            done = system.migrate(tree)
            assert set(system.readiness().values()) == {200}, "the version before minds"
            for name in GO_OVER:
                system.go_over(name, tree)
            went_over = time.time()
            seen = counted(cohort, expected)
        assert set(system.readiness().values()) == {200}
        for name, page in system.numbers().items():
            judged = subprocess.run(
                ["promtool", "check", "metrics"], input=page, capture_output=True, text=True
            )
            assert judged.returncode in (0, 3), f"{name}: {judged.stderr}"
        failed = asyncio.run(failed_steps(cohort))

    assert "newest shape" not in done, "every service has one more migration"
    assert callers.failed == []
    assert len(callers.answered) > 100
    assert failed == 0
    assert seen["reminders"] >= JOURNEYS
    assert (seen["lost"], seen["doubled"]) == (0, 0)
    assert sum(seen["repeated_under_the_same_id"].values()) == 0
    assert any(moment < went_over for moment in moments.values())
