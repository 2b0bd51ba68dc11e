"""Every kind of event against the real API: taken, or refused with a reason, and told once."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from deploy.temporal_server import TemporalServer
from tests.workflows.conftest import TEST_KEYS
from tests.workflows.every_kind import SAID, UNREADABLE
from tests.workflows.real_ward import Ward, a_real_ward
from workflows.client import connect
from workflows.codec import KeyRing
from workflows.contract import EventKind

T = TypeVar("T")
ENDS = ("death", "withdrawal")
PATIENCE_SECONDS = 60
LOOKS, PAUSE_SECONDS = 20, 0.05


class Loop:
    """A ward that lives on a loop of its own, for tests that are not asynchronous."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def run(self, act: Coroutine[Any, Any, T]) -> T:
        """What comes of it."""
        done: Future[T] = asyncio.run_coroutine_threadsafe(act, self._loop)
        return done.result(PATIENCE_SECONDS)

    def close(self) -> None:
        """Nothing runs here any more."""
        self._loop.call_soon_threadsafe(self._loop.stop)


@pytest.fixture(scope="module")
def running(
    temporal_server: TemporalServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Loop, Ward]]:
    """Coordination, follow-up and localization for real, and the loop on which they live."""
    loop, stack = Loop(), AsyncExitStack()
    folder: Path = tmp_path_factory.mktemp("every-kind")

    async def begin() -> Ward:
        keys = KeyRing.read(TEST_KEYS)
        client = await connect(temporal_server.address, temporal_server.namespace, keys)
        ward = a_real_ward(client, folder, "localization", "followup")
        return await stack.enter_async_context(ward)

    yield loop, loop.run(begin())
    loop.run(stack.aclose())
    loop.close()


def test_a_word_is_known_for_every_kind() -> None:
    assert set(SAID) == {kind.value for kind in EventKind}


async def told(ward: Ward, event: dict[str, Any]) -> Any:
    """Tell this very event."""
    return await ward._http.post(f"{ward.journey}/events", json=event)


async def settled(ward: Ward, before: int | None = None) -> Any:
    """The journey, once nothing waits any more and it has told, if it will, where it stands."""
    for _ in range(LOOKS):
        seen = await ward.once(lambda seen: not seen["events_waiting"])
        if before is None or seen["revision"] > before:
            return seen
        await asyncio.sleep(PAUSE_SECONDS)
    return seen


async def outcomes(ward: Ward) -> dict[str, str]:
    """What became of events that were not taken, with the reason."""
    entries = (await ward.read("/timeline?limit=500"))["entries"]
    return {one["reference"]: one["detail"] for one in entries if one["what"] == "refused"}


class Life(RuleBasedStateMachine):
    """One journey to which anything may happen, in any order, more than once."""

    loop: ClassVar[Loop]
    running: ClassVar[Ward]

    def __init__(self) -> None:
        super().__init__()
        self.ward = Ward(self.running._http, self.running.followup)
        self.told: list[dict[str, Any]] = []
        self.revision = 0
        self.seen: Any = None
        start = {"patient": {"id": "p-1", "sex": "female", "age_years": 50}}
        assert self.loop.run(self.ward.put(self.ward.journey, start)).status_code == 200
        self._look()

    def _look(self, event: str | None = None) -> None:
        """Where it stands now; an event that was taken may have moved it."""
        before = None if self.seen is None else self.seen["revision"]
        self.seen = self.loop.run(settled(self.ward))
        if event is not None and event not in self.loop.run(outcomes(self.ward)):
            self.seen = self.loop.run(settled(self.ward, before))

    def _tell(self, event: dict[str, Any]) -> Any:
        return self.loop.run(told(self.ward, event))

    @rule(kind=st.sampled_from(sorted(SAID)), undone=st.booleans(), hours=st.integers(1, 9))
    def something_happens(self, kind: str, undone: bool, hours: int) -> None:
        """It is kept, or whoever tells it hears why not."""
        payload = SAID[kind] | ({"undone": True} if undone and kind in ENDS else {})
        at = f"2026-11-20T{hours:02}:00:00Z"
        event: dict[str, Any] = {"id": str(uuid4()), "kind": kind, "occurred_at": at}
        event["payload"] = payload
        closed = self.seen["phase"] == "closed"
        answer = self._tell(event)
        if kind == "merge" and not closed:
            assert answer.status_code == 422, answer.text
            assert answer.json()["errors"][0]["pointer"] == "/payload/other"
        elif closed and not (undone and kind in ENDS):
            assert answer.status_code == 409, answer.text
            assert "closed" in answer.json()["detail"]
        else:
            assert answer.status_code == 202, answer.text
            self.told.append(event)
        self._look(event["id"] if answer.status_code == 202 else None)

    @precondition(lambda self: self.seen["phase"] == "closed")
    @rule()
    def it_is_opened_again(self) -> None:
        """By a decision, unless a word that ended it still stands."""
        said = {"answer": "reopen", "reason": "it was closed by mistake"}
        at = "2026-11-20T09:00:00Z"
        event: dict[str, Any] = {"id": str(uuid4()), "kind": "decision", "occurred_at": at}
        event["payload"] = said
        assert self._tell(event).status_code == 202
        self.told.append(event)
        self._look(event["id"])

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def it_is_told_again(self, data: st.DataObject) -> None:
        """The same telling; another content under its id is none."""
        event = data.draw(st.sampled_from(self.told))
        before = self.loop.run(outcomes(self.ward))
        again = self._tell(event)
        other = self._tell(event | {"source": "somebody else"})
        assert (again.status_code, other.status_code) == (202, 409)
        assert again.json()["repeated"]
        stood = self.seen["phase"], self.seen["paused_since"], self.seen["zone"]
        self._look()
        assert (self.seen["phase"], self.seen["paused_since"], self.seen["zone"]) == stood
        assert self.loop.run(outcomes(self.ward)) == before

    @precondition(lambda self: self.seen["phase"] != "closed")
    @rule(kind=st.sampled_from(sorted(SAID)))
    def nobody_can_read_it(self, kind: str) -> None:
        """Whoever tells it hears where it goes wrong, and nothing changes."""
        at = "2026-11-20T09:00:00Z"
        event = {"id": str(uuid4()), "kind": kind, "occurred_at": at, "payload": UNREADABLE}
        answer = self._tell(event)
        assert answer.status_code == 422, (kind, answer.text)
        assert answer.json()["errors"][0]["pointer"].startswith("/payload")

    @invariant()
    def what_is_shown_holds_together(self) -> None:
        """Progress only grows, every end has one disposition, a closed journey owes nothing."""
        seen = self.seen
        assert seen["revision"] >= self.revision
        self.revision = seen["revision"]
        for one in seen["obligations"]:
            assert (one["status"] == "open") == (one["disposition"] is None), one
        owed = [one for one in seen["obligations"] if one["status"] == "open"]
        keys = [(one["rule"], one["occurrence"]) for one in owed]
        assert len(keys) == len(set(keys))
        if seen["phase"] == "closed":
            assert not owed
            assert seen["task"] is None
            assert seen["closed_because"]
        for reason in self.loop.run(outcomes(self.ward)).values():
            assert reason.partition(": ")[2]


def test_anything_may_happen_to_a_journey(running: tuple[Loop, Ward]) -> None:
    Life.loop, Life.running = running
    Life.TestCase.settings = settings(
        max_examples=8,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    Life.TestCase().runTest()


@pytest.mark.parametrize("kind", sorted(SAID))
def test_every_kind_is_taken_or_refused_with_a_reason_and_is_told_once(
    running: tuple[Loop, Ward], kind: str
) -> None:
    Life.loop, Life.running = running
    life = Life()
    life.something_happens(kind, False, 8)
    life.what_is_shown_holds_together()
    refused = life.loop.run(outcomes(life.ward))
    for event in life.told:
        assert life._tell(event).json()["repeated"]
    assert life.loop.run(outcomes(life.ward)) == refused
    if life.seen["phase"] != "closed":
        life.nobody_can_read_it(kind)
