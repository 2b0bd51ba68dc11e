"""Who concludes for a journey that stays with an edition: a process of that edition, or nobody.

Which edition a journey stays with is asked of coordination before each conclusion. A process that
answers by another edition says so and is asked again later: a journey waits rather than that it is
judged by an edition it was kept from.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, TypeAdapter

from services.chassis.client import ServiceClient
from services.chassis.editions import HEADER
from services.coordination.client import CoordinationClient

T = TypeVar("T")

CONCLUDES = re.compile(r"/(?:records|plans)/([0-9a-f-]{36})/(?:assessments|conclusions)/")
"""The addresses at which something is concluded for a journey, and its id."""

ADDRESSES: TypeAdapter[dict[str, dict[str, str]]] = TypeAdapter(dict[str, dict[str, str]])


def addresses_in(file: Path | None) -> dict[str, dict[str, str]]:
    """Which edition is answered by whom: `{edition: {service: address}}`."""
    return {} if file is None else ADDRESSES.validate_python(json.loads(file.read_text()))


class ByEdition(ServiceClient):
    """Asks as `usual` does; what concludes for a journey is asked of a process of its edition."""

    def __init__(
        self,
        usual: ServiceClient,
        coordination: ServiceClient,
        others: Mapping[str, ServiceClient] | None = None,
    ) -> None:
        self._usual, self._others = usual, dict(others or {})
        self._coordination = CoordinationClient(coordination)

    async def exchange(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        organisation: str,
        body: BaseModel | None = None,
        partial: bool = False,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> T:
        """Ask, and read the answer as `answer`."""
        asked, sent = self._usual, dict(headers or {})
        concludes = CONCLUDES.search(path)
        if concludes is not None:
            pinned = await self._coordination.read_edition(organisation, UUID(concludes.group(1)))
            if pinned.edition is not None:
                asked = self._others.get(pinned.edition, self._usual)
                sent[HEADER] = pinned.edition
        return await asked.exchange(
            method,
            path,
            answer,
            organisation=organisation,
            body=body,
            partial=partial,
            headers=sent,
            query=query,
        )

    async def close(self) -> None:
        """Give the connections back."""
        for client in (self._usual, *self._others.values()):
            await client.close()
