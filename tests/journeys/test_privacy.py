"""A planted name and record number are looked for everywhere they must not be."""

from pathlib import Path
from uuid import uuid4

import httpx2

from tests.journeys.conftest import Ward
from tests.journeys.system import eventually

NAME = "Wilhelmina Plantedname"
RECORD_NUMBER = "MRN-77231-PLANTED"
ADDRESS = "Plantedstrasse 12"
PLANTED = (NAME, "Plantedname", RECORD_NUMBER, ADDRESS, "Plantedstrasse")

DAY = "2026-01-05T08:00:00+01:00"
LOW = {
    "id": f"lab {RECORD_NUMBER}",
    "analyte": "s_phos",
    "value": 0.4,
    "unit": "mmol/L",
    "taken_at": DAY,
}


def test_a_planted_name_and_record_number_stay_in_our_databases(ward: Ward) -> None:
    journey = str(uuid4())
    start = {"patient": {"id": RECORD_NUMBER, "sex": "female", "age_years": 50}, "assignee": NAME}
    address = f"/coordination/v1/journeys/{journey}"
    assert ward.system.send("PUT", address, start).status_code in (200, 201)
    told = [
        ("observations", {"observations": [LOW]}),
        ("examination", {"lesions": [{"id": NAME, "site": NAME}]}),
        ("study", {"modality": "mri", "description": f"{NAME}, {ADDRESS}", "coverage": [NAME]}),
        ("decision", {"task": None, "answer": "localize", "reason": f"{NAME} asked for it"}),
        ("surgery", {"performed_at": DAY, "site": "foot", "histology": f"of {NAME}"}),
        ("observations", {"observations": [{**LOW, "unit": NAME}]}),
        ("therapy", {"agent": f"{NAME}'s own", "started_on": "not a day"}),
    ]
    for kind, payload in told:
        event = {"id": str(uuid4()), "kind": kind, "occurred_at": DAY, "source": NAME}
        answer = ward.system.send("POST", f"{address}/events", event | {"payload": payload})
        assert answer.status_code in (202, 422), answer.text
        expect_clean("the answer to an event", answer.text)
    eventually(
        lambda: not ward.system.get(address)["events_waiting"] or None, "all events were read"
    )
    assert ward.system.send("POST", f"{address}/fast-forward", {"days": 40}).status_code == 200
    wrong = ward.system.send("POST", f"/coordination/v1/journeys/{NAME}/events", {"x": NAME})
    expect_clean("a problem document", wrong.text)
    eventually(lambda: ward.sent(journey) or None, "something was sent")
    ward.expect_each_delivered_once(journey)

    expect_clean("the metrics", metrics(ward))
    expect_clean("the log", ward.system.output.read_text())
    for body in ward.webhooks.accepted:
        expect_clean("a webhook", str(body))
    for message in ward.mail.accepted:
        expect_clean("an e-mail", message.as_string())
    ward.system.kill()  # what is on disk is what somebody would find
    for file in temporal_files(ward.system.data):
        expect_clean(file.name, file.read_bytes().decode("latin-1"))


def temporal_files(data: Path) -> list[Path]:
    """Everything the workflow engine wrote, its write-ahead log and its own log included."""
    files = list(data.glob("temporal*"))
    assert any(file.name == "temporal.db" and file.stat().st_size > 100_000 for file in files)
    return files


def metrics(ward: Ward) -> str:
    """What anybody who may scrape sees."""
    return httpx2.get(f"{ward.system.url}/metrics").text


def expect_clean(where: str, content: str) -> None:
    """None of the planted words stands there, in any of the ways it might be written."""
    for planted in PLANTED:
        for spelling in (planted, planted.replace(" ", "%20"), planted.lower()):
            assert spelling not in content, f"{spelling!r} stands in {where}"
