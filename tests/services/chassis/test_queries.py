"""A query that nobody knows is refused."""

from typing import Annotated

import httpx2
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query

from services.chassis.errors import answer_problems
from services.chassis.queries import OnlyKnownQueries


async def paging(limit: int = 20) -> int:
    return limit


router = APIRouter(route_class=OnlyKnownQueries)


@router.get("/things")
async def things(
    limit: Annotated[int, Depends(paging)], as_of: Annotated[str, Query(alias="as-of")] = "now"
) -> str:
    return f"{limit} {as_of}"


@router.get("/bare")
async def bare() -> str:
    return "bare"


@pytest.fixture
async def http() -> httpx2.AsyncClient:
    app = FastAPI()
    app.include_router(router, prefix="/v1")
    answer_problems(app)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://x")


@pytest.mark.parametrize("query", ["", "?limit=3", "?limit=3&as-of=then", "?"])
async def test_what_a_route_or_its_dependencies_name_is_taken(
    http: httpx2.AsyncClient, query: str
) -> None:
    assert (await http.get(f"/v1/things{query}")).status_code == 200


@pytest.mark.parametrize("name", ["as_of", "Limit", "curser", "a/b"])
async def test_anything_else_is_refused_by_its_name(http: httpx2.AsyncClient, name: str) -> None:
    reply = await http.get("/v1/things", params={name: "1", "limit": "2"})

    assert reply.status_code == 422
    (problem,) = reply.json()["errors"]
    assert problem["pointer"] == "/query/" + name.replace("/", "~1")
    assert "as-of, limit" in problem["detail"]


async def test_a_route_without_queries_takes_none(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/v1/bare")).status_code == 200
    assert (await http.get("/v1/bare?x=1")).status_code == 422
