"""kill -9 of everything, at any moment: the same end, and no reminder lost or doubled."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.journeys.conftest import Ward
from tests.journeys.system import eventually
from tests.journeys.test_walk import EXPECTED, expect_the_end, standing
from tests.journeys.walk import the_walk


def test_killing_all_of_it_between_any_two_steps_changes_nothing(ward: Ward) -> None:
    walk = the_walk()
    for number, expected in enumerate(EXPECTED):
        if number:
            ward.system.kill()
            ward.system.start()
        walk.take(number, ward.system)
        assert standing(ward, walk) == expected, f"after step {number + 1}"
    expect_the_end(ward, walk)


def test_killing_all_of_it_while_events_are_on_their_way_loses_none(ward: Ward) -> None:
    journey = "5b0f7a52-9f5e-4a0f-8d1c-2f6f3d0c7e44"
    address = f"/coordination/v1/journeys/{journey}"
    start = {"patient": {"id": "p-1", "sex": "female", "age_years": 50}}
    assert ward.system.send("PUT", address, start).status_code in (200, 201)
    for number in range(5):
        low = {"id": f"o{number}", "analyte": "s_phos", "value": 0.4, "unit": "mmol/L"}
        at = datetime.now(UTC) - timedelta(days=40 - 8 * number)
        event = {"id": str(uuid4()), "kind": "observations", "occurred_at": at.isoformat()}
        sample = low | {"taken_at": at.isoformat(), "fasting": True}
        told = ward.system.send(
            "POST", f"{address}/events", event | {"payload": {"observations": [sample]}}
        )
        assert told.status_code == 202, told.text
        ward.system.kill()  # answered, and not a moment later
        ward.system.start()

    def all_concluded_from() -> bool | None:
        told = ward.system.get(address)
        if told["state"] is None or told["events_waiting"]:
            return None
        answer = ward.system.get(f"/assessment/v1/assessments/{told['conclusion']['id']}")
        drawn_from = {one["observation"] for one in answer["interpretations"]}
        return drawn_from == {f"o{number}" for number in range(5)} or None

    eventually(all_concluded_from, "every event was read, and is in what is concluded")
    ward.expect_each_delivered_once(journey)
