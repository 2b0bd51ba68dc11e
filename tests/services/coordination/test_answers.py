"""Whole answers: fetched where they are kept, and unpacked."""

from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI

from services.chassis.client import ServiceClient
from services.coordination.answers import WholeAnswers

RECORD, CONCLUSION = UUID(int=1), UUID(int=2)

KEPT: dict[str, dict[str, Any]] = {
    f"/assessment/v1/assessments/{CONCLUSION}": {"id": "x", "class": "A"},
    f"/localization/v1/plans/{RECORD}/conclusions/{CONCLUSION}": {"answer": {"class": "L"}},
    f"/followup/v1/plans/{RECORD}/conclusions/{CONCLUSION}": {"answer": {"class": "F"}},
}


@pytest.mark.parametrize(
    ("service", "expected"), [("assessment", "A"), ("localization", "L"), ("followup", "F")]
)
async def test_each_service_is_asked_where_it_keeps_its_answers(
    service: str, expected: str
) -> None:
    app = FastAPI()

    @app.get("/{place:path}")
    async def kept(place: str) -> dict[str, Any]:
        return KEPT["/" + place]

    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport) as http:
        client = ServiceClient("http://services", lambda organisation: "token", http)
        answers = WholeAnswers({service: client})

        answer = await answers("north", service, RECORD, CONCLUSION)

    assert answer["class"] == expected
