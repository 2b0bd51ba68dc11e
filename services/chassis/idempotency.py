"""A POST that is repeated is answered, not done, again (`Idempotency-Key`)."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy import delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.auth import Caller, authenticated
from services.chassis.database import Database, InTransaction
from services.chassis.errors import Conflict, Unprocessable
from services.chassis.tables import KEPT_ANSWER


class OneAnswer:
    """The answer that belongs to this key: the one given before, or the one to be kept now.

    In a route: `if once.answer: return once.answer`, and at its end `return await once.keep(made)`.
    """

    def __init__(
        self, session: AsyncSession, place: Mapping[str, str] | None, request_hash: str
    ) -> None:
        self._session, self._place, self._request_hash = session, place, request_hash
        self.answer: Response | None = None

    async def look(self) -> None:
        """Was this asked before? 422 when the same key came with another body."""
        assert self._place is not None
        connection = await self._session.connection()
        known = (
            await connection.execute(select(KEPT_ANSWER).filter_by(**self._place))
        ).one_or_none()
        if known is None:
            return
        if known.request_hash != self._request_hash:
            raise Unprocessable("this Idempotency-Key was used for another request")
        self.answer = Response(known.body, known.status, known.headers)

    async def keep(
        self, made: BaseModel, status: int = 201, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Answer with `made`, now and whenever the request is repeated."""
        body = made.model_dump_json(by_alias=True).encode()
        sent = {"content-type": "application/json"} | dict(headers or {})
        if self._place is not None:
            connection = await self._session.connection()
            await connection.execute(
                KEPT_ANSWER.insert().values(
                    **self._place,
                    request_hash=self._request_hash,
                    status=status,
                    headers=sent,
                    body=body,
                    kept_at=datetime.now(UTC),
                )
            )
        return Response(body, status, sent)


async def _once(
    request: Request,
    session: InTransaction,
    caller: Annotated[Caller, Depends(authenticated)],
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
) -> AsyncIterator[OneAnswer]:
    if idempotency_key is None:
        yield OneAnswer(session, None, "")
        return
    route = f"{request.method} {request.scope['route'].path}"
    place = {"organisation": caller.organisation, "route": route, "key": idempotency_key}
    asked = hashlib.sha256(f"{request.url.path}?{request.url.query}\n".encode())
    asked.update(await request.body())
    once = OneAnswer(session, place, asked.hexdigest())
    database: Database = request.app.state.database
    under_way = tuple(place.values())
    if under_way in database.in_flight:
        raise _under_way()
    database.in_flight.add(under_way)
    try:
        await _hold(database, session, under_way)
        await once.look()
        yield once
    finally:
        database.in_flight.discard(under_way)


async def _hold(database: Database, session: AsyncSession, under_way: tuple[str, ...]) -> None:
    """Keep other processes from doing the same until this transaction ends.

    SQLite needs nothing: its transactions begin as writers, one after the other.
    """
    if database.is_sqlite:
        return
    digest = hashlib.sha256("\n".join(under_way).encode()).digest()
    number = int.from_bytes(digest[:8], signed=True)
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(number))):
        raise _under_way()


def _under_way() -> Conflict:
    return Conflict(
        "a request with this Idempotency-Key is under way", headers={"Retry-After": "1"}
    )


Once = Annotated[OneAnswer, Depends(_once, scope="function")]
"""The dependency: `once: Once`."""


async def forget(session: AsyncSession, before: datetime) -> None:
    """Drop answers kept before that instant; a day is the usual time to keep them."""
    connection = await session.connection()
    await connection.execute(delete(KEPT_ANSWER).where(KEPT_ANSWER.c.kept_at < before))
