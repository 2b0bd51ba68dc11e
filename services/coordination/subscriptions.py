"""Who hears reminders, and where: `PUT` and `GET /coordination/v1/subscriptions/{id}`."""

import base64
import binascii
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic_core import PydanticCustomError

from services.chassis import audit
from services.chassis.auth import Caller, authenticated, requires
from services.chassis.database import InTransaction
from services.chassis.errors import (
    FieldProblem,
    Forbidden,
    NotFound,
    PreconditionRequired,
    Unprocessable,
)
from services.chassis.etags import IfMatch, tell_version
from services.coordination import reach
from services.coordination.contract import Subscription, SubscriptionRequest
from services.coordination.reading import subscription_of
from services.coordination.settings import CoordinationSettings
from services.coordination.tables import SubscriptionRow
from services.coordination.working_time import expect_place

router = APIRouter(prefix="/coordination/v1/subscriptions", tags=["subscriptions"])

SHORTEST_SECRET = 24
"""Bytes; Standard Webhooks asks for 24 to 64."""


@router.put("/{subscription_id}", response_model=Subscription)
async def record_subscription(
    subscription_id: UUID,
    wanted: SubscriptionRequest,
    request: Request,
    response: Response,
    session: InTransaction,
    expected: IfMatch,
    caller: Annotated[Caller, Depends(authenticated)],
) -> Subscription:
    """Let somebody hear reminders, or change where. A change says which version it changes."""
    settings: CoordinationSettings = request.app.state.settings
    _expect_usable(wanted, settings.webhook_private_networks)
    place = (caller.organisation, subscription_id)
    row = await session.get(SubscriptionRow, place, with_for_update=True)
    _expect_scope(caller, "c" if row is None else "u")
    if row is None:
        expected.check(None)
        row = SubscriptionRow(
            organisation=caller.organisation, id=subscription_id, **wanted.model_dump()
        )
        session.add(row)
        audit.record(session, caller, "create", "Subscription", subscription_id)
    elif not _says(row, wanted):
        if not expected.is_given():
            raise PreconditionRequired("send If-Match with the ETag of the version you edit")
        expected.check(row.version)
        for name, value in wanted.model_dump().items():
            setattr(row, name, value)
        row.version += 1
        audit.record(session, caller, "update", "Subscription", subscription_id)
    tell_version(response, row.version)
    return subscription_of(row)


@router.get("/{subscription_id}", response_model=Subscription)
async def read_subscription(
    subscription_id: UUID,
    response: Response,
    session: InTransaction,
    caller: Annotated[Caller, requires("Subscription", "r")],
) -> Subscription:
    """Show a subscription; its secret is not shown to anybody."""
    row = await session.get(SubscriptionRow, (caller.organisation, subscription_id))
    if row is None:
        raise NotFound("there is no such subscription")
    tell_version(response, row.version)
    return subscription_of(row)


def _expect_scope(caller: Caller, verb: str) -> None:
    """To create and to change are two rights."""
    if not caller.may("Subscription", verb):
        raise Forbidden(f"this needs the scope system/Subscription.{verb}")


def _says(row: SubscriptionRow, wanted: SubscriptionRequest) -> bool:
    return row.model_dump(include=set(SubscriptionRequest.model_fields)) == wanted.model_dump()


def _expect_usable(wanted: SubscriptionRequest, private: bool) -> None:
    if wanted.url is not None:
        try:
            reach.expect_allowed(wanted.url, private)
        except reach.NotAllowed as refusal:
            raise _wrong("/url", "address_not_allowed", str(refusal)) from None
    try:
        expect_place(wanted.country, wanted.subdivision)
    except PydanticCustomError as refusal:
        raise _wrong("/country", refusal.type, refusal.message()) from None
    if wanted.secret is not None and wanted.channel == "webhook":
        try:
            secret = base64.b64decode(wanted.secret.removeprefix("whsec_") + "==", validate=False)
        except (ValueError, binascii.Error):
            secret = b""
        if len(secret) < SHORTEST_SECRET:
            detail = f"base64 of at least {SHORTEST_SECRET} random bytes, `whsec_` may go before it"
            raise _wrong("/secret", "secret_weak", detail)


def _wrong(place: str, code: str, detail: str) -> Unprocessable:
    problem = FieldProblem(pointer=place, code=code, detail=detail)
    return Unprocessable("1 value cannot be accepted; see errors", errors=[problem])
