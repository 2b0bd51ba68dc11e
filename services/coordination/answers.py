"""The whole answer behind a conclusion, fetched from the service that gave it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.chassis.client import ServiceClient


class WholeAnswers:
    """Asks the services for their answers; coordination itself keeps only codes and days."""

    def __init__(self, services: Mapping[str, ServiceClient]) -> None:
        self._services = services

    async def __call__(
        self, organisation: str, service: str, record: UUID, conclusion: UUID
    ) -> dict[str, Any]:
        """What did this service answer when it drew this conclusion?"""
        kept: dict[str, Any] = await self._services[service].exchange(
            "GET", _place(service, record, conclusion), dict[str, Any], organisation=organisation
        )
        answer: dict[str, Any] = kept.get("answer", kept)
        return answer


def _place(service: str, record: UUID, conclusion: UUID) -> str:
    if service == "assessment":
        return f"/assessment/v1/assessments/{conclusion}"
    return f"/{service}/v1/plans/{record}/conclusions/{conclusion}"
