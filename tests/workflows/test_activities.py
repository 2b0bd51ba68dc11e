"""What a journey asks of the services: handed over, told back, and weather is no refusal."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI, Request, Response
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.testing import ActivityEnvironment

from services.chassis.client import Refused, ServiceClient
from workflows.activities import (
    AssessmentActivities,
    CoordinationActivities,
    LocalizationActivities,
)
from workflows.contract import ConclusionRequest, EventOfJourney

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
PATIENT = {"id": "PLANTED-77", "sex": "female", "birth_date": "1979-04-02"}
A_CONCLUSION = {
    "id": "0" * 32,
    "service": "localization",
    "state": "SEARCHING",
    "concluded_at": "2026-03-01T09:00:00Z",
}
SEARCHING = {
    **{"id": "0" * 32, "as_of": "2026-03-01T09:00:00Z", "state": "SEARCHING"},
    **{"candidates": [], "next_steps": [], "dose_ledger": {"entries": [], "total_msv": 0}},
    **{"fired_rules": [], "caveats": [], "knowledge_version": "test"},
}
NOT_USED = {"observation": "o1", "rule": "V-01", "reason": "no unit"}
ANSWERS: dict[str, dict[str, Any]] = {
    "/conclusions/": A_CONCLUSION,
    "/facts/": {"accepted": [], "rejected": [NOT_USED]},
    "/outcome": {"outcome": "applied"},
    "localization/v1/plans/": SEARCHING,
}


class Desk:
    """Four services behind one address: says what it is told to say, and keeps what it was sent."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.sent: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        self.app = FastAPI()
        self.app.add_api_route("/{path:path}", self.serve, methods=["GET", "PUT"])

    async def serve(self, path: str, request: Request) -> Response:
        """The stored event, the answer laid out for this path, or an empty yes."""
        if request.method == "GET":
            return as_json(200, self.events[path.rpartition("/")[2]])
        for part, (status, answer) in self.answers.items():
            if part in path:
                return as_json(status, answer)
        self.sent[path] = await request.json()
        return as_json(200, next((a for part, a in ANSWERS.items() if part in path), {}))

    def client(self) -> ServiceClient:
        """How the activities reach it."""
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app))
        return ServiceClient("http://desk", lambda organisation: f"token of {organisation}", http)


def as_json(status: int, content: Any) -> Response:
    """A JSON answer."""
    return Response(json.dumps(content), status, media_type="application/json")


@pytest.fixture
def desk() -> Desk:
    """An empty desk."""
    return Desk()


def a_stored_event(desk: Desk, kind: str, payload: dict[str, Any]) -> EventOfJourney:
    """An event in coordination's inbox, and the journey's request to hand it over."""
    request = EventOfJourney(organisation="north", journey_id=uuid4(), at=NOW, event_id=uuid4())
    desk.events[str(request.event_id)] = {
        "id": str(request.event_id),
        "kind": kind,
        "occurred_at": "2026-02-01T08:00:00+08:00",
        "source": None,
        "version": 1,
        "payload": payload,
        "told_by": "laboratory",
        "told_at": "2026-02-01T09:00:00Z",
        "patient": PATIENT,
        "profile": "CN_adult",
    }
    return request


async def test_an_event_goes_to_its_owner_and_its_outcome_back(desk: Desk) -> None:
    request = a_stored_event(desk, "observations", {"observations": []})
    coordination = CoordinationActivities(desk.client())
    assessment = AssessmentActivities(desk.client(), coordination)
    handed = await ActivityEnvironment().run(assessment.record_facts, request)

    assert handed.applied
    assert handed.occurred_at == datetime(2026, 2, 1, tzinfo=UTC)
    facts = desk.sent[f"assessment/v1/records/{request.journey_id}/facts/{request.event_id}"]
    assert facts["observations"] == []
    assert PATIENT.items() <= facts["patient"].items()
    assert facts["profile"] == "CN_adult"
    assert outcome(desk, request.event_id) == {"outcome": "applied", "reason": "o1: no unit"}


async def test_what_is_handed_on_to_the_history_holds_nothing_of_the_patient(desk: Desk) -> None:
    payload = {"observations": [{"analyte": "s_phos", "value": 0.45, "unit": "mmol/L"}]}
    request = a_stored_event(desk, "observations", payload)
    coordination = CoordinationActivities(desk.client())
    assessment = AssessmentActivities(desk.client(), coordination)
    handed = await ActivityEnvironment().run(assessment.record_facts, request)

    assert "PLANTED" not in handed.model_dump_json()
    assert "0.45" not in handed.model_dump_json()


async def test_a_refusal_is_told_back_with_its_reason_and_place(desk: Desk) -> None:
    request = a_stored_event(desk, "study", {"modality": "x"})
    problem = {"pointer": "/modality", "code": "unknown", "detail": "not a modality"}
    desk.answers["/studies/"] = (422, {"detail": "1 value is wrong", "errors": [problem]})
    coordination = CoordinationActivities(desk.client())
    localization = LocalizationActivities(desk.client(), coordination)
    handed = await ActivityEnvironment().run(localization.record_study, request)

    assert not handed.applied
    assert outcome(desk, request.event_id) == {
        "outcome": "refused",
        "reason": "1 value is wrong (/modality: not a modality)",
    }


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_an_outage_and_a_token_that_is_not_accepted_are_weather(
    desk: Desk, status: int
) -> None:
    request = a_stored_event(desk, "study", {"modality": "CT"})
    desk.answers["/studies/"] = (status, {})
    coordination = CoordinationActivities(desk.client())
    localization = LocalizationActivities(desk.client(), coordination)

    with pytest.raises(ApplicationError) as raised:
        await ActivityEnvironment().run(localization.record_study, request)
    assert raised.value.type != "Refused"
    assert not raised.value.non_retryable
    assert raised.value.category is ApplicationErrorCategory.BENIGN
    assert not any("outcome" in path for path in desk.sent)


async def test_a_service_that_will_not_conclude_says_so_under_the_name_that_is_not_retried(
    desk: Desk,
) -> None:
    desk.answers["/assessments/"] = (404, {"title": "no such record"})
    coordination = CoordinationActivities(desk.client())
    assessment = AssessmentActivities(desk.client(), coordination)
    request = ConclusionRequest(
        organisation="north", journey_id=uuid4(), at=NOW, conclusion_id=uuid4()
    )

    with pytest.raises(Refused):
        await ActivityEnvironment().run(assessment.conclude_assessment, request)


async def test_a_search_after_an_operation_is_told_what_was_removed(desk: Desk) -> None:
    payload = {"performed_at": "2026-01-05", "site": "12611008", "margin": "R0"}
    surgery = a_stored_event(desk, "surgery", payload)
    localization = LocalizationActivities(desk.client(), CoordinationActivities(desk.client()))
    request = ConclusionRequest(
        organisation="north",
        journey_id=surgery.journey_id,
        at=NOW,
        conclusion_id=uuid4(),
        operations=(surgery.event_id,),
    )
    conclusion = await ActivityEnvironment().run(localization.conclude_localization, request)

    assert conclusion.state == "SEARCHING"
    path = f"localization/v1/plans/{surgery.journey_id}/resections/{surgery.event_id}"
    assert desk.sent[path] == {"performed_at": "2026-01-05", "site": "12611008"}


async def test_a_later_report_of_one_operation_is_told_as_its_correction(desk: Desk) -> None:
    payload = {"id": "op 3", "performed_at": "2026-01-05", "site": "12611008"}
    first = a_stored_event(desk, "surgery", payload)
    second = a_stored_event(desk, "surgery", payload | {"site": "87342007"})
    other = a_stored_event(desk, "surgery", {"performed_at": "2026-02-05"})
    localization = LocalizationActivities(desk.client(), CoordinationActivities(desk.client()))
    request = ConclusionRequest(
        organisation="north",
        journey_id=first.journey_id,
        at=NOW,
        conclusion_id=uuid4(),
        operations=(first.event_id, second.event_id, other.event_id),
    )
    await ActivityEnvironment().run(localization.conclude_localization, request)

    told = {path: body for path, body in desk.sent.items() if "/resections/" in path}
    corrected = [body for body in told.values() if body.get("status") == "corrected"]
    assert [body["site"] for body in corrected] == ["87342007"]
    assert len(told) == 2, "two operations, three reports"


async def test_what_no_owner_could_read_is_refused_with_its_place(desk: Desk) -> None:
    request = a_stored_event(desk, "study", {"modality": "CT", "PLANTED": "name"})
    localization = LocalizationActivities(desk.client(), CoordinationActivities(desk.client()))
    handed = await ActivityEnvironment().run(localization.record_study, request)

    assert not handed.applied
    assert "/PLANTED" in outcome(desk, request.event_id)["reason"]


async def test_of_a_decision_only_the_codes_are_read(desk: Desk) -> None:
    task = uuid4()
    payload = {"task": str(task), "answer": "localize", "reason": "Mrs PLANTED agrees"}
    request = a_stored_event(desk, "decision", payload)
    decision = await ActivityEnvironment().run(
        CoordinationActivities(desk.client()).read_decision, request
    )

    assert decision.task == task
    assert decision.answer == "localize"
    assert "PLANTED" not in decision.model_dump_json()


async def test_free_text_is_no_answer(desk: Desk) -> None:
    request = a_stored_event(desk, "decision", {"answer": "Mrs PLANTED agrees"})

    with pytest.raises(ApplicationError) as raised:
        await ActivityEnvironment().run(
            CoordinationActivities(desk.client()).read_decision, request
        )
    assert raised.value.type == "Refused"
    assert "PLANTED" not in str(raised.value)


def outcome(desk: Desk, event_id: UUID) -> Any:
    """What coordination was told of this event."""
    return next(body for path, body in desk.sent.items() if f"{event_id}/outcome" in path)
