"""What the other services know, for the pages: asked in the name of whoever looks at the page."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel, RootModel

from services.chassis.auth import Caller
from services.chassis.client import ServiceClient
from services.chassis.tokens import TokenMint

TOKEN_SECONDS = 60


class WholeAnswers:
    """Asks the services for their answers; coordination itself keeps only codes and days.

    `token_of` makes a token in the name of a person; without it, the pages only read.
    """

    def __init__(
        self,
        services: Mapping[str, ServiceClient],
        token_of: Callable[[Caller], str] | None = None,
    ) -> None:
        self._services, self._token_of = services, token_of

    async def __call__(
        self, organisation: str, service: str, record: UUID, conclusion: UUID
    ) -> dict[str, Any]:
        """What did this service answer when it drew this conclusion?"""
        kept: dict[str, Any] = await self._services[service].exchange(
            "GET", _place(service, record, conclusion), dict[str, Any], organisation=organisation
        )
        answer: dict[str, Any] = kept.get("answer", kept)
        return answer

    async def look(self, caller: Caller, path: str) -> dict[str, Any]:
        """What stands at this address of another service?"""
        return await self._of(caller, path).exchange(
            "GET", path, dict[str, Any], organisation=caller.organisation
        )

    async def tell(self, caller: Caller, method: str, path: str, said: BaseModel) -> dict[str, Any]:
        """Say this to another service: a question that stores nothing, or a decision."""
        return await self._of(caller, path).exchange(
            method, path, dict[str, Any], organisation=caller.organisation, body=said
        )

    async def picture(self, caller: Caller, path: str) -> bytes:
        """The picture at this address of another service; empty where there is none."""
        return await self._of(caller, path).fetch(path, caller.organisation)

    def _of(self, caller: Caller, path: str) -> ServiceClient:
        service = self._services[path.split("/", 2)[1]]
        if self._token_of is None:
            return service
        token = self._token_of(caller)
        return service.speaking_as(lambda organisation: token)


class Said(RootModel[dict[str, Any]]):
    """A body whose shape its reader checks."""


def tokens_of_people(mint: TokenMint) -> Callable[[Caller], str]:
    """Tokens in the name of whoever sits in front of a page, with no more than they may do."""

    def token_of(caller: Caller) -> str:
        return mint.mint(
            caller.subject,
            caller.organisation,
            sorted(caller.scopes),
            TOKEN_SECONDS,
            display=caller.display,
        )

    return token_of


def _place(service: str, record: UUID, conclusion: UUID) -> str:
    if service == "assessment":
        return f"/assessment/v1/assessments/{conclusion}"
    return f"/{service}/v1/plans/{record}/conclusions/{conclusion}"
