"""Signing in on one machine: a link that works once, then a session that only the browser knows."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import delete, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import audit
from services.chassis.auth import Caller
from services.chassis.context import done_for
from services.chassis.database import Database, InTransaction, go_on_for, show
from services.chassis.errors import Forbidden
from services.coordination.parts import parts_of
from services.coordination.rendering import NotSignedIn, PageRoute
from services.coordination.tables import SessionRow, SignInRow

COOKIE = "tio_session"
SCOPES = (
    "user/EpisodeOfCare.crs user/Task.rsu user/Communication.r "
    "user/CarePlan.cru user/MedicationRequest.c user/ClinicalImpression.crs "
    "user/ServiceRequest.crs user/BodyStructure.r user/Procedure.r user/Observation.r "
    "user/Organization.r"
)
"""What a clinician may: see, tell and answer journeys, ask what a value would mean, and decide."""

router = APIRouter(include_in_schema=False, route_class=PageRoute)


class SignedIn(NamedTuple):
    """A person in front of a page."""

    caller: Caller
    csrf: str


async def create_sign_in_link(
    database: Database,
    organisation: str,
    person: str,
    lifetime: timedelta = timedelta(hours=1),
) -> str:
    """The path of a link that lets this person in once; only a hash of it is kept."""
    token = secrets.token_urlsafe(32)
    with done_for(organisation):
        async with database.transaction() as session:
            session.add(
                SignInRow(
                    token_hash=_hash(token),
                    organisation=organisation,
                    person=person,
                    expires_at=datetime.now(UTC) + lifetime,
                )
            )
    return f"/sign-in?token={token}"


@router.get("/sign-in", response_class=Response)
async def sign_in(request: Request, session: InTransaction, token: str = "") -> Response:
    """Exchange the link for a session. It works once, whoever comes first."""
    now = datetime.now(UTC)
    await show(session, _hash(token))
    known = await session.get(SignInRow, _hash(token))
    connection = await session.connection()
    taken = await connection.execute(
        update(SignInRow)
        .where(
            col(SignInRow.token_hash) == _hash(token),
            col(SignInRow.used_at).is_(None),
            col(SignInRow.expires_at) > now,
        )
        .values(used_at=now)
    )
    if known is None or taken.rowcount != 1:
        raise NotSignedIn
    await go_on_for(session, known.organisation)
    settings = parts_of(request).settings
    await connection.execute(delete(SessionRow).where(col(SessionRow.expires_at) <= now))
    lifetime = timedelta(hours=settings.session_hours)
    secret = secrets.token_urlsafe(32)
    session.add(
        SessionRow(
            token_hash=_hash(secret),
            organisation=known.organisation,
            person=known.person,
            csrf=secrets.token_urlsafe(32),
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    audit.record(
        session, Caller.of(known.person, known.organisation, ""), "create", "Session", None
    )
    answer = _to("/worklist")
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings.public_url.startswith("https:"),
        path="/",
    )
    return answer


async def _signed_in(request: Request, session: InTransaction) -> SignedIn:
    """Who sits in front of this page?"""
    secret = request.cookies.get(COOKIE)
    if not secret:
        raise NotSignedIn
    await show(session, _hash(secret))
    row = await session.get(SessionRow, _hash(secret))
    if row is None or row.expires_at <= datetime.now(UTC):
        raise NotSignedIn
    await go_on_for(session, row.organisation)
    caller = Caller.of(row.person, row.organisation, SCOPES, row.person)
    return SignedIn(caller, row.csrf)


Person = Annotated[SignedIn, Depends(_signed_in, scope="function")]
"""`person: Person`: whoever is signed in; everyone else is shown how to."""


def expect_own_form(person: SignedIn, csrf: str) -> None:
    """Refuse a form that was not made for this session."""
    if not hmac.compare_digest(person.csrf.encode(), csrf.encode()):
        raise Forbidden("this form is not from this session; open the page again")


@router.post("/sign-out", response_class=Response)
async def sign_out(
    request: Request, person: Person, session: InTransaction, csrf: Annotated[str, Form()] = ""
) -> Response:
    """End this session, here and in the database."""
    expect_own_form(person, csrf)
    await end_session(session, request.cookies.get(COOKIE, ""))
    answer = _to("/worklist")
    answer.delete_cookie(COOKIE, path="/")
    return answer


async def end_session(session: AsyncSession, secret: str) -> None:
    """Forget a session; its cookie opens nothing any more."""
    connection = await session.connection()
    await connection.execute(delete(SessionRow).where(col(SessionRow.token_hash) == _hash(secret)))


def _to(path: str) -> RedirectResponse:
    return RedirectResponse(path, 303, {"Referrer-Policy": "no-referrer"})


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
