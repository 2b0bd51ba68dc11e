"""HTTP around orders: what was ordered, what became of it, and which report closed it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import NotFound
from services.chassis.etags import IfMatch, tell_version
from services.chassis.queries import OnlyKnownQueries
from services.localization import repository
from services.localization.answer import FollowedOrder, Plan
from services.localization.assembling import standing
from services.localization.stored import KeptOrder, OrderList
from services.localization.telling import shown, tell
from services.localization.told import PlacedOrder
from services.localization.versions import Version

router = APIRouter(
    prefix="/localization/v1/plans", tags=["localization"], route_class=OnlyKnownQueries
)


@router.put("/{plan_id}/orders/{order_id}", response_model=KeptOrder)
async def record_order(
    plan_id: UUID,
    order_id: UUID,
    order: PlacedOrder,
    response: Response,
    session: InTransaction,
    expected: IfMatch,
    caller: Annotated[Caller, requires("ServiceRequest", "cu")],
) -> KeptOrder:
    """Say what was ordered, or what has become of an order. Safe to repeat."""
    told = await tell(session, caller, plan_id, "order", order_id, order, expected)
    tell_version(response, told.version.number)
    return _kept(told.version, shown(told.plan))


@router.get("/{plan_id}/orders/{order_id}", response_model=KeptOrder)
async def read_order(
    plan_id: UUID,
    order_id: UUID,
    response: Response,
    session: InTransaction,
    caller: Annotated[Caller, requires("ServiceRequest", "r")],
) -> KeptOrder:
    """What has become of this order?"""
    kept = await _orders(session, caller, plan_id)
    found = next((one for one in kept if one.id == order_id), None)
    if found is None:
        raise NotFound("there is no such order")
    tell_version(response, found.version)
    return found


@router.get("/{plan_id}/orders", response_model=OrderList)
async def list_orders(
    plan_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("ServiceRequest", "r")],
) -> OrderList:
    """What was ordered in this search, and what has become of it?"""
    return OrderList(orders=await _orders(session, caller, plan_id))


async def _orders(session: InTransaction, caller: Caller, plan_id: UUID) -> list[KeptOrder]:
    plan = await repository.find_plan(session, caller.organisation, plan_id)
    if plan is None:
        raise NotFound("there is no such plan")
    audit.record(session, caller, "read", "ServiceRequest", None, patient=plan_id)
    known = await repository.entries_of(session, plan.organisation, plan.id, ["order"])
    answer = shown(plan)
    turn = {one.id: number for number, one in enumerate(answer.orders)}
    return sorted(
        (_kept(one, answer) for one in standing(known)), key=lambda one: turn[str(one.id)]
    )


def _kept(one: Version, answer: Plan) -> KeptOrder:
    followed: FollowedOrder = next(o for o in answer.orders if o.id == str(one.id))
    return KeptOrder(
        id=one.id,
        version=one.number,
        said=PlacedOrder.model_validate(one.body),
        followed=followed,
    )
