"""HTTP around venous sampling as a picture."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import NotFound
from services.chassis.queries import OnlyKnownQueries
from services.localization import repository
from services.localization.telling import shown
from services.localization.vein_map import vein_map

router = APIRouter(
    prefix="/localization/v1/plans", tags=["localization"], route_class=OnlyKnownQueries
)
PICTURE = "image/svg+xml"
ALONE = "default-src 'none'; style-src 'unsafe-inline'"
"""The picture brings its two colours with it, and loads nothing."""


@router.get(
    "/{plan_id}/venous-samplings/{sampling_id}/drawing",
    response_class=Response,
    responses={200: {"content": {PICTURE: {"schema": {"type": "string"}}}}},
)
async def draw_sampling(
    plan_id: UUID,
    sampling_id: UUID,
    session: InTransaction,
    caller: Annotated[Caller, requires("Procedure", "r")],
) -> Response:
    """Where does FGF23 step up between the veins? As a picture, with all of it in words inside."""
    plan = await repository.find_plan(session, caller.organisation, plan_id)
    read = shown(plan).venous_sampling if plan is not None else []
    found = next((one for one in read if one.session == str(sampling_id)), None)
    if found is None:
        raise NotFound("there is no such sampling")
    audit.record(session, caller, "read", "Procedure", sampling_id, patient=plan_id)
    headers = {"Content-Security-Policy": ALONE, "Cache-Control": "no-store"}
    return Response(vein_map(found), media_type=PICTURE, headers=headers)
