"""Problem and its few children, and RFC 9457 answers for everything that can go wrong.

A problem points at the place and says what is wrong with it; it never repeats what stood there,
because that may be somebody's record.
"""

from collections.abc import Mapping, Sequence
from decimal import DecimalException
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from services.chassis.context import current_request_id
from services.chassis.logging import get_logger

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 100
"""A body with thousands of mistakes gets its first hundred named."""

TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""RFC 9110's names where `HTTPStatus` differs by the version of Python: a `type` must not."""

UNPARSED = "There was an error parsing the body"
"""What FastAPI says of bytes that are no text, or of a nesting nobody means."""

Instant = AwareDatetime
"""A time with its offset; one without is refused."""


class FieldProblem(BaseModel):
    """What is wrong with one value, and where it stands."""

    pointer: str = Field(description="JSON Pointer to the offending value")
    code: str
    detail: str


class ProblemDocument(BaseModel):
    """RFC 9457: why a request was not done."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldProblem] = []


class Problem(Exception):
    """A request that is not done, and why. Its words go to the caller: no patient data in them."""

    status = 400

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        title: str | None = None,
        type: str | None = None,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status or self.status
        self.title = title or TITLES.get(self.status) or HTTPStatus(self.status).phrase
        self.type = type or f"urn:tio:problem:{self.title.lower().replace(' ', '-')}"
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def document(self, instance: str) -> ProblemDocument:
        """This problem as RFC 9457 writes it."""
        return ProblemDocument(
            type=self.type,
            title=self.title,
            status=self.status,
            detail=self.detail,
            instance=instance,
            errors=self.errors,
        )

    def response(self) -> Response:
        """This problem as the answer to the request under way."""
        document = self.document(f"urn:uuid:{current_request_id()}")
        exclude = None if self.errors else {"errors"}
        return Response(
            document.model_dump_json(exclude=exclude), self.status, self.headers, MEDIA_TYPE
        )


class Unauthorized(Problem):
    """We do not know who asks."""

    status = 401


class Forbidden(Problem):
    """We know who asks, and they may not."""

    status = 403


class NotFound(Problem):
    """There is no such thing, or it belongs to another organisation: the answer is the same."""

    status = 404


class Conflict(Problem):
    """It contradicts what is already there."""

    status = 409


class Gone(Problem):
    """It was there, and was destroyed for good."""

    status = 410


class PreconditionFailed(Problem):
    """Somebody changed it in the meantime."""

    status = 412


class Unprocessable(Problem):
    """It can be read, but it cannot be meant."""

    status = 422


class PreconditionRequired(Problem):
    """An edit must say which version it edits."""

    status = 428


class Unavailable(Problem):
    """Something we need is away; ask again."""

    status = 503


def pointer(parts: Sequence[str | int]) -> str:
    """These steps as a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def field_problems(errors: Sequence[Mapping[str, Any]], body: object) -> list[FieldProblem]:
    """Where, in what the caller sent, is each thing that pydantic refused?"""
    return [
        FieldProblem(pointer=_place(error, body), code=error["type"], detail=_harmless(error))
        for error in errors[:MOST_ERRORS]
    ]


def not_json() -> Problem:
    """There is nothing in this body that could be pointed at."""
    place = FieldProblem(pointer="", code="json_invalid", detail="this is not JSON")
    return Problem("the body is not JSON", errors=[place])


def unreadable(refusal: ValidationError, body: object, within: str = "") -> Unprocessable:
    """What pydantic refused in `body`, which stands at the pointer `within` of what was sent."""
    errors = refusal.errors(include_url=False)
    places = field_problems([{**error, "loc": ("body", *error["loc"])} for error in errors], body)
    return _unprocessable(
        len(errors),
        [place.model_copy(update={"pointer": within + place.pointer}) for place in places],
    )


def _unprocessable(count: int, places: Sequence[FieldProblem]) -> Unprocessable:
    values = "1 value" if count == 1 else f"{count} values"
    return Unprocessable(f"{values} cannot be accepted; see errors", errors=places)


def _place(error: Mapping[str, Any], body: object) -> str:
    """pydantic's `loc` also names union members and validators; only real steps are kept."""
    source, *loc = error["loc"]
    if source != "body":
        return pointer(error["loc"])
    steps: list[str | int] = []
    here = body
    for position, part in enumerate(loc):
        is_last = position == len(loc) - 1
        in_object = isinstance(here, dict) and part in here
        in_list = isinstance(here, list) and isinstance(part, int) and 0 <= part < len(here)
        if in_object or in_list:
            here = here[part]  # type: ignore[index]
        elif not (is_last and error["type"] == "missing"):
            continue
        steps.append(part)
    return pointer(steps)


def _harmless(error: Mapping[str, Any]) -> str:
    """pydantic's sentence, unless it quotes the value."""
    if error["type"] == "union_tag_invalid":
        return f"must be one of {error['ctx']['expected_tags']}"
    if error["type"].startswith("uuid_"):
        return "Input should be a valid UUID"
    message = str(error["msg"])
    given = error.get("input")
    quoted = isinstance(given, str) and len(given) > 2 and given in message
    return "this value cannot be read" if quoted else message


async def _invalid(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, RequestValidationError)
    errors = refusal.errors()
    if any(error["type"] == "json_invalid" for error in errors):
        return not_json().response()
    if isinstance(refusal.body, bytes):
        return Problem(
            "the body must be JSON, with Content-Type: application/json", status=415
        ).response()
    return _unprocessable(len(errors), field_problems(errors, refusal.body)).response()


async def _http(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, HTTPException)
    if refusal.status_code == 400 and refusal.detail == UNPARSED:
        return not_json().response()
    known = {
        404: "there is nothing at this address",
        405: "this address does not know that method",
    }
    detail = known.get(refusal.status_code, refusal.detail)
    return Problem(detail, status=refusal.status_code, headers=refusal.headers).response()


async def _problem(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Problem)
    return refusal.response()


async def _cannot_be_stored(request: Request, refusal: Exception) -> Response:
    """The database looked at a value and said no: a NUL in a text, a number out of its range."""
    _log(request, refusal)
    return Unprocessable("a value in this request cannot be stored").response()


def out_of_reach() -> Problem:
    """A day of the year 9999, a dose of a googol: nobody can count on from there."""
    return Unprocessable("a day or a number in this request is too far from all others to count")


async def _cannot_be_counted(request: Request, refusal: Exception) -> Response:
    """What was sent led beyond the last day or the largest number there is."""
    _log(request, refusal, "counting")
    return out_of_reach().response()


async def _database_is_away(request: Request, refusal: Exception) -> Response:
    _log(request, refusal)
    away = Unavailable("the database cannot be reached just now", headers={"Retry-After": "1"})
    return away.response()


def _log(request: Request, refusal: Exception, what: str = "database") -> None:
    get_logger(request.app.state.name).error(what, error=type(refusal).__name__)


def answer_problems(app: FastAPI) -> None:
    """Let everything that goes wrong in `app` be answered as a problem document."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DataError, _cannot_be_stored)
    for beyond in (OverflowError, DecimalException):
        app.add_exception_handler(beyond, _cannot_be_counted)
    for away in (OperationalError, PoolTimeout):
        app.add_exception_handler(away, _database_is_away)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entry of each problem that any route may answer."""
    return {
        status: {
            "description": TITLES.get(status) or HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status in statuses
    }
