"""The whole system on one machine: it comes up, says so, ends when told, and says why when not."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import create_server
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.journeys.collector import Collector
from tests.journeys.system import System, a_system, eventually

THE_WAY = (
    ("tio-coordination", "StartWorkflow:TioJourney", "SignalWithStartWorkflow:TioJourney"),
    ("tio-workflows", "RunActivity:take_turn", "RunActivity:record_facts"),
    ("tio-assessment", "PUT /assessment/v1/records/{record_id}/facts/{event_id}"),
)
"""Who did what of one trace; or, where the journey or its history is older, the other."""

PARTS = ("assessment", "localization", "followup", "coordination", "workflows")


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """Who is sent its traces."""
    collector = Collector()
    yield collector
    collector.close()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[System]:
    """One system for the questions that change nothing for each other."""
    traced = {f"TIO_{part}_TRACES_URL".upper(): collector.url for part in PARTS}
    place = tmp_path_factory.mktemp("one") / "data"
    with a_system(place, **traced, OTEL_BSP_SCHEDULE_DELAY="300") as system:
        yield system


def up(data: Path, port: int) -> subprocess.CompletedProcess[str]:
    """`tio up`, when it is expected to refuse."""
    return subprocess.run(
        [sys.executable, "-m", "tio", "up", "--data", str(data), "--port", str(port)],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_says_where_it_is_and_how_to_sign_in(system: System) -> None:
    def said_all() -> bool | None:
        said = system.output.read_text()
        here = f"TIO Pathway is up on {system.url} (rehearsal)" in said
        return (here and f"{system.url}/sign-in?token=" in said) or None

    assert eventually(said_all, "it says where it is")


def test_one_address_answers_for_all_services(system: System) -> None:
    for service in ("assessment", "localization", "followup", "coordination"):
        described = httpx2.get(f"{system.url}/{service}/v1/openapi.json")
        assert described.status_code == 200
        assert any(path.startswith(f"/{service}/v1/") for path in described.json()["paths"])
    assert httpx2.get(f"{system.url}/healthz").json() == {"alive": True}
    assert httpx2.get(f"{system.url}/assessment/v1/assessments/nowhere").status_code == 401


def test_one_metrics_page_counts_services_journeys_and_the_process(system: System) -> None:
    assert httpx2.get(f"{system.url}/assessment/v1/openapi.json").status_code == 200
    text = httpx2.get(f"{system.url}/metrics").text

    for name in (
        'tio_http_requests_total{code="200",method="GET"',
        "tio_journeys",
        "temporal_",
        "process_resident_memory_bytes",
    ):
        assert name in text, name
    assert text.count("# HELP tio_http_requests ") == 1


def test_one_trace_leads_through_everything_and_names_nobody(
    system: System, collector: Collector
) -> None:
    journey, event, patient = str(uuid4()), str(uuid4()), "MRN-778812-Planted"
    address = f"/coordination/v1/journeys/{journey}"
    phosphate = {"id": "o1", "analyte": "s_phos", "value": 0.45, "unit": "mmol/L"}
    taken = "2026-03-01T08:00:00+01:00"
    told = {
        "id": event,
        "kind": "observations",
        "occurred_at": taken,
        "payload": {"observations": [phosphate | {"taken_at": taken}]},
    }
    start = {"patient": {"id": patient, "age_years": 50}}
    assert system.send("PUT", address, start).status_code in (200, 201)
    assert system.send("POST", f"{address}/events", told).status_code == 202

    def led_through() -> str | None:
        for trace, steps in collector.traces().items():
            if all(any((part, one) in steps for one in either) for part, *either in THE_WAY):
                return trace
        return None

    trace = eventually(led_through, "one trace leads from coordination to assessment")
    for content in collector.bytes:
        for named in (journey, journey.replace("-", ""), event, patient):
            assert named.encode() not in content
        for id in (journey, event):
            assert UUID(id).bytes not in content
    assert f'"trace_id":"{trace}"' in system.output.read_text()


def test_a_folder_in_use_is_refused_with_a_sentence(system: System) -> None:
    refused = up(system.data, 1)

    assert refused.returncode == 2
    assert "is in use by another process" in refused.stderr


def test_a_busy_address_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as taken:
        refused = up(tmp_path / "data", taken.getsockname()[1])

    assert refused.returncode == 2
    assert "cannot listen on" in refused.stderr


def test_a_misspelt_setting_is_refused_with_its_name(tmp_path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "tio", "up", "--data", str(tmp_path / "data"), "--port", "1"],
        env={"PATH": "/usr/bin:/bin", "TIO_COORDINATION_SMTP_HOTS": "mail"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert refused.returncode == 2
    assert "TIO_COORDINATION_SMTP_HOTS" in refused.stderr


def test_told_to_end_it_ends_and_the_same_folder_goes_on(tmp_path: Path) -> None:
    system = System(tmp_path / "data")
    try:
        system.start()
        journey = "/coordination/v1/journeys/0d2fbb8e-1f0c-4c5e-8e5d-0a6b7f0f5c11"
        start = {"patient": {"id": "p-1", "age_years": 50}}
        assert system.send("PUT", journey, start).status_code in (200, 201)
        system.stop()
        system.start()

        assert system.get(journey)["patient_id"] == "p-1"
    finally:
        system.stop()
