"""HTTP around many assessments at once; nothing is stored."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from services.assessment.batch import MOST_ITEMS, Moment, items_of, lines_of
from services.assessment.contract import BatchItem, Verdicts
from services.assessment.site_settings import CallerAtSite, requires_at_site
from services.chassis.errors import Problem

router = APIRouter(prefix="/assessment/v1", tags=["assessment"])

MAY_CONCLUDE = requires_at_site("ClinicalImpression", "c")
LINES = "application/x-ndjson"
ITEM: dict[str, Any] = BatchItem.model_json_schema(ref_template="#/components/schemas/{model}")
del ITEM["$defs"]  # an evaluation's nouns are described once, with its own endpoint
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["requests"],
                    "properties": {
                        "requests": {"type": "array", "maxItems": MOST_ITEMS, "items": ITEM}
                    },
                }
            },
            LINES: {"schema": {"type": "string", "description": "one such item a line"}},
        },
    }
}


@router.post("/evaluations", response_model=Verdicts, openapi_extra=BODY)
async def evaluate_many(
    request: Request, caller: Annotated[CallerAtSite, MAY_CONCLUDE]
) -> Response:
    """What do these data, of many patients, allow to conclude? A verdict each, in order."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    moment = Moment(datetime.now(UTC), caller.site)
    # All of it first: most callers send the whole body before they read any of the answer.
    body = await request.body()
    if kind == LINES:
        return StreamingResponse(_lines(moment, lines_of(body)), media_type=LINES)
    if kind != "application/json" and not kind.endswith("+json"):
        raise Problem(f"the body must be JSON (application/json) or {LINES}", status=415)
    verdicts = [verdict async for verdict in moment.verdicts(items_of(body))]
    return Response(b'{"results":[' + b",".join(verdicts) + b"]}", media_type="application/json")


async def _lines(moment: Moment, items: Sequence[object]) -> AsyncIterator[bytes]:
    async for verdict in moment.verdicts(items):
        yield verdict + b"\n"
