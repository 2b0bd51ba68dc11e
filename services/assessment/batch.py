"""Many patients in one call: each is read, assessed and answered by itself."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from knowledge.site import Site
from knowledge.terms.sent import Native
from services.assessment.assess import assess
from services.assessment.contract import Assessment, BatchItem
from services.chassis.context import current_request_id
from services.chassis.errors import Problem, Unprocessable, not_json, unreadable
from services.chassis.items import Unread, read_item
from services.chassis.logging import get_logger

ANSWER: TypeAdapter[Assessment] = TypeAdapter(Assessment)
MOST_ITEMS = 1000
"""More than a body of the usual limit holds; who raises that limit is held by this one."""

AT_ONCE = 4
"""So many are assessed before other requests have their turn: a millisecond or two."""

LONGEST_ID = 200


class Sent(Native):
    """A batch as it arrives: its items are looked at one by one, so none can spoil the rest."""

    requests: Annotated[list[Any], Field(max_length=MOST_ITEMS)]


def items_of(body: bytes) -> Sequence[object]:
    """What stands in this JSON body? Only the frame is refused here, never an item."""
    try:
        said = from_json(body)
    except ValueError:
        raise not_json() from None
    try:
        return Sent.model_validate(said).requests
    except ValidationError as refusal:
        raise unreadable(refusal, said) from None


def lines_of(body: bytes) -> Sequence[object]:
    """The same for one item a line; empty lines are passed over."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    if len(lines) > MOST_ITEMS:
        raise Unprocessable(f"a batch may have {MOST_ITEMS} items")
    return lines


@dataclass(frozen=True, slots=True)
class Moment:
    """What is the same for every item: now, and the settings of the site."""

    now: datetime
    site: Site | None

    async def verdicts(self, items: Iterable[object]) -> AsyncIterator[bytes]:
        """One verdict an item, in order, as JSON; others have their turn in between."""
        for index, sent in enumerate(items):
            if index % AT_ONCE == 0:
                await asyncio.sleep(0)
            yield self.verdict(index, sent)

    def verdict(self, index: int, sent: object) -> bytes:
        """What becomes of this item: an answer, or the problem with it."""
        try:
            asked = read_item(sent, BatchItem)
        except Unread as refusal:
            return _refused(index, _id_of(sent), refusal.problem())
        try:
            answer = ANSWER.dump_json(assess(asked, now=self.now, site=self.site), by_alias=True)
        except Exception as ours:
            get_logger("assessment").error("batch", error=type(ours).__name__)
            problem = Problem("this item could not be assessed; the fault is ours", status=500)
            return _refused(index, asked.id, problem)
        return _opened(index, asked.id, 200) + b',"answer":' + answer + b"}"


def _refused(index: int, id: str | None, problem: Problem) -> bytes:
    document = problem.document(f"urn:uuid:{current_request_id()}").model_dump_json()
    return _opened(index, id, problem.status) + b',"problem":' + document.encode() + b"}"


def _opened(index: int, id: str | None, status: int) -> bytes:
    """A verdict's first fields; the caller closes it."""
    named = {"id": id} if id is not None else {}
    return to_json({"index": index, **named, "status": status})[:-1]


def _id_of(sent: object) -> str | None:
    """The name the caller gave to an item that cannot be read, if that much can be."""
    if isinstance(sent, bytes):
        try:
            sent = from_json(sent)
        except ValueError:
            return None
    id = sent.get("id") if isinstance(sent, dict) else None
    return id if isinstance(id, str) and 0 < len(id) <= LONGEST_ID else None
