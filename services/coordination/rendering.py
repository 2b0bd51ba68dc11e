"""Pages from templates: their words, their headers, and what is shown when something is refused."""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader

from services.chassis.errors import Problem
from services.coordination import wording

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_STATIC = files("services.coordination").joinpath("static")
STATIC = {
    "pathway.css": (_STATIC.joinpath("pathway.css").read_text("utf-8"), "text/css"),
    "mark.svg": (_STATIC.joinpath("mark.svg").read_text("utf-8"), "image/svg+xml"),
}
"""The only files that are handed out, read once."""


def _moment(moment: datetime, zone: str = "UTC") -> str:
    local = moment.astimezone(ZoneInfo(zone))
    return f"{wording.day(local)}, {local:%H:%M}"


_TEMPLATES = Environment(
    loader=PackageLoader("services.coordination"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {
    "day": wording.day,
    "moment": _moment,
    "day_there": lambda moment, zone: wording.day(moment.astimezone(ZoneInfo(zone)).date()),
    "act": lambda act: wording.sentence(wording.act_in_words(act)),
    "title_of": wording.title,
    "plain": wording.plain,
    "sentence": wording.sentence,
    "source": wording.source_in_words,
    "days": wording.days,
}
_TEMPLATES.globals |= {"say": wording}


class NotSignedIn(Exception):
    """Nobody is signed in; the page says how to."""


def page(template: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
    """A page that no other site can frame, and no cache keeps."""
    shown = {"person": None, "engine_away": False} | shown
    return HTMLResponse(_TEMPLATES.get_template(template).render(shown), status, HEADERS)


class PageRoute(APIRoute):
    """A route for people: whatever is refused is said on a page, not in a document for machines."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Serve, and turn refusals into pages."""
        serve: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

        async def shown(request: Request) -> Response:
            try:
                return await serve(request)
            except NotSignedIn:
                return page("signed_out.html", status=401)
            except RequestValidationError:
                return _refusal(404, "There is nothing at this address.")
            except Problem as refusal:
                return _refusal(refusal.status, wording.sentence(refusal.detail) + ".")

        return shown


def _refusal(status: int, detail: str) -> Response:
    heading = "Not found" if status == 404 else "This was not done"
    return page("refusal.html", status=status, heading=heading, detail=detail)
