"""What a request costs, against the least that FastAPI could do with its body."""

from itertools import cycle
from uuid import uuid4

import httpx2

from tests.bench.follow_ups import FOLLOW_UPS
from tests.bench.panels import PANEL
from tests.bench.searches import SEARCHES
from tests.bench.served import against

EVALUATIONS, STORED, FOLLOWED = 1500, 400, 600
AIM, AIM_OF_A_SEARCH, AIM_OF_A_FOLLOW_UP = 0.6, 0.5, 0.5


async def evaluate() -> dict[str, float]:
    """POST evaluate against an empty endpoint that parses the same body, per CPU-second."""

    async def ask(client: httpx2.AsyncClient, url: str) -> httpx2.Response:
        return await client.post(f"{url}/assessment/v1/evaluate", json=PANEL)

    ceiling, ours = await against("empty", ask, EVALUATIONS)
    return _shown("empty_endpoint_ms", ceiling, "evaluate_ms", ours)


async def searched() -> dict[str, float]:
    """POST evaluate of a search against an empty endpoint that parses the same bodies."""
    turn = cycle(SEARCHES)

    async def ask(client: httpx2.AsyncClient, url: str) -> httpx2.Response:
        return await client.post(f"{url}/localization/v1/evaluate", json=next(turn))

    ceiling, ours = await against("empty_search", ask, EVALUATIONS, "localization")
    return _shown("empty_endpoint_ms", ceiling, "evaluate_ms", ours, AIM_OF_A_SEARCH)


async def followed() -> dict[str, float]:
    """POST evaluate of a follow-up against an empty endpoint that parses the same bodies."""
    turn = cycle(FOLLOW_UPS)

    async def ask(client: httpx2.AsyncClient, url: str) -> httpx2.Response:
        return await client.post(f"{url}/followup/v1/evaluate", json=next(turn))

    ceiling, ours = await against("empty_follow_up", ask, FOLLOWED, "followup")
    return _shown("empty_endpoint_ms", ceiling, "evaluate_ms", ours, AIM_OF_A_FOLLOW_UP)


async def stored() -> dict[str, float]:
    """PUT an assessment against a bare insert of the same size, per CPU-second."""

    async def ask(client: httpx2.AsyncClient, url: str) -> httpx2.Response:
        return await client.put(f"{url}/assessment/v1/assessments/{uuid4()}", json=PANEL)

    ceiling, ours = await against("insert", ask, STORED)
    return _shown("bare_insert_ms", ceiling, "stored_assessment_ms", ours)


def _shown(bare: str, ceiling: float, name: str, ours: float, aim: float = AIM) -> dict[str, float]:
    return {
        bare: round(ceiling, 3),
        name: round(ours, 3),
        "ratio": round(ceiling / ours, 3),
        "aim": aim,
    }
