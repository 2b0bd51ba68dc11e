"""Life happens, on the system as its user starts it: what is said, it is said once."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.conftest import Ward, a_ward
from tests.journeys.system import System, eventually
from tests.services.followup.timelines import AREAS

TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """One system on which several patients live."""
    with a_ward(tmp_path_factory.mktemp("life") / "data") as ward:
        yield ward


class Person:
    """One patient and their journey."""

    def __init__(self, system: System, **start: Any) -> None:
        self._system = system
        self.id = str(uuid4())
        self.journey = f"/coordination/v1/journeys/{self.id}"
        patient = {"id": f"p-{self.id[:8]}", "sex": "female", "age_years": 50}
        answer = system.send("PUT", self.journey, {"patient": patient, "zone": "UTC"} | start)
        assert answer.status_code == 200, answer.text

    def tell(self, kind: str, payload: dict[str, Any] | None = None, **said: Any) -> None:
        """Something happened; it is taken in before we go on."""
        now = datetime.now(UTC).isoformat()
        event = {"id": str(uuid4()), "kind": kind, "occurred_at": now, "payload": payload or {}}
        answer = self._system.send("POST", f"{self.journey}/events", event | said)
        assert answer.status_code == 202, answer.text
        self.once(lambda seen: not seen["events_waiting"], f"{kind} is taken in")

    def look(self) -> Any:
        """The journey as it stands."""
        return self._system.get(self.journey)

    def once(self, is_so: Callable[[Any], object], what: str) -> Any:
        """The journey, once it stands so."""

        def look() -> Any:
            seen = self.look()
            return seen if is_so(seen) else None

        return eventually(look, what)

    def at_rest(self) -> Any:
        """Where it stands when it has told everything: the clock is moved only then."""
        self.live(1)
        return self.look()

    def live(self, days: int) -> None:
        """Let time pass."""
        answer = self._system.send("POST", f"{self.journey}/fast-forward", {"days": days})
        assert answer.status_code == 200, answer.text


def ago(days: int) -> str:
    """A day in the past."""
    return str(TODAY - timedelta(days=days))


def owed(seen: Any) -> set[tuple[str, str, str]]:
    """What is open, and by which day."""
    found = (one for one in seen["obligations"] if one["status"] == "open")
    return {(one["rule"], one["occurrence"], one["due"]) for one in found}


OPERATION = {"id": "operation 1", "performed_at": ago(40), "site": "thigh", "margin": "wide"}


def sample(day: int, value: float, **more: Any) -> dict[str, Any]:
    """A fasting phosphate with its laboratory's interval."""
    said = {"id": f"p {day}", "analyte": "s_phos", "value": value, "unit": "mmol/L"}
    said |= {"taken_at": f"{ago(day)}T08:00:00Z", "fasting": True}
    interval = {"reference_range": {"low": 0.8, "high": 1.45}}
    return {"observations": [said | interval | more], "drug_exposures": []}


AFTER_AN_OPERATION = ("POSTOPERATIVE", "EARLY_RESPONSE", "PROVISIONAL_PERSISTENT")
RESULTS = [sample(38, 0.6), sample(30, 0.9), sample(2, 1.1)]


@pytest.mark.parametrize(
    "order",
    [[0, 1, 2, 3], [3, 1, 0, 2], [1, 2, 3, 0, 0, 2]],
    ids=["as it happened", "the operation last but two", "before the operation, and twice"],
)
def test_results_late_early_and_doubled_end_in_the_same_place(
    ward: Ward, order: list[int], expected: dict[str, Any]
) -> None:
    person = Person(ward.system)
    stories = [("surgery", OPERATION), *(("observations", one) for one in RESULTS)]
    told = [str(uuid4()) for _ in stories]
    for number in order:
        kind, payload = stories[number]
        person.tell(kind, payload, id=told[number], occurred_at=f"{ago(40 - number)}T09:00:00Z")
    seen = person.at_rest()
    assert seen["state"] in AFTER_AN_OPERATION
    first = expected.setdefault("stands", (seen["state"], owed(seen)))
    assert (seen["state"], owed(seen)) == first


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """Where the first order led."""
    return {}


def test_an_order_that_was_cancelled_leaves_the_scan_owed(ward: Ward) -> None:
    person = Person(ward.system)
    person.tell("decision", {"answer": "localize", "reason": "a low phosphate, wasted"})
    areas = dict.fromkeys(AREAS, "normal")
    person.tell("examination", {"examined_at": ago(3), "areas": areas})
    wanted = {"id": "order 1", "act": "sstr_pet_ct"}
    person.tell("order", wanted | {"status": "active", "ordered_on": ago(2)})
    ended = {"status": "revoked", "ended_by": "refused", "ended_on": ago(1), "version": 2}
    person.tell("order", wanted | ended)
    seen = person.once(
        lambda seen: any(
            one["act"] == "sstr_pet_ct" and one["status"] == "open" for one in seen["obligations"]
        ),
        "the scan is owed",
    )
    assert seen["phase"] == "localization"


def test_a_life_is_paused_moved_handed_over_ended_by_mistake_and_goes_on(ward: Ward) -> None:
    person = Person(ward.system, assignee="ward-7")
    person.tell("surgery", OPERATION | {"performed_at": ago(1)})
    before = person.once(lambda seen: owed(seen), "checks are due")
    person.tell("pause", {"reason": "abroad"})
    person.once(lambda seen: seen["paused_since"], "paused")
    at_once = ids(ward, person)  # on a working day, after the hour of sending
    person.live(10)
    assert ids(ward, person) == at_once
    person.tell("resume")
    person.once(lambda seen: not seen["paused_since"], "resumed")
    person.tell("relocation", {"zone": "Pacific/Kiritimati"})
    person.tell("transfer", {"site": "south", "assignee": "ward-9"})
    person.live(5)
    person.tell("death", {"died_on": ago(0)})
    closed = person.once(lambda seen: seen["phase"] == "closed", "closed")
    assert not owed(closed)
    quiet = len(said(ward, person))
    person.tell("death", {"undone": True, "reason": "a namesake"})
    again = person.once(lambda seen: seen["phase"] == "surveillance" and owed(seen), "alive")
    assert {rule for rule, _, _ in owed(again)} >= {rule for rule, _, _ in owed(before)} - {
        "FUP-01"
    }
    assert len(said(ward, person)) == quiet
    person.live(30)
    rungs = [(one["rule"], one["occurrence"], one["rung"]) for one in said(ward, person)]
    assert len(rungs) == len(set(rungs)) > quiet
    eventually(lambda: len(heard(ward, person)) == len(rungs) or None, "each arrived")
    accepted = [key for key, _ in ward.webhooks.accepted]
    assert len(accepted) == len(set(accepted))


def said(ward: Ward, person: Person) -> list[Any]:
    """What was sent."""
    answer = ward.system.get(f"{person.journey}/reminders?limit=500")["reminders"]
    return [one for one in answer if one["status"] in ("sent", "sent-late")]


def ids(ward: Ward, person: Person) -> set[str]:
    """Which reminders were sent."""
    return {one["id"] for one in said(ward, person)}


def heard(ward: Ward, person: Person) -> list[str]:
    """What reached the receiver of webhooks."""
    return [key for key, body in ward.webhooks.accepted if body["data"]["journey"] == person.id]
