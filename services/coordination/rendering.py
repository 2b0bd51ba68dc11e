"""Pages from templates: their words, their headers, and what is shown when something is refused."""

from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from datetime import datetime
from importlib.resources import files
from traceback import extract_tb
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.chassis.errors import Problem
from services.chassis.logging import get_logger
from services.coordination import language, wording

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_STATIC = files("services.coordination").joinpath("static")
_KINDS = {"css": "text/css", "svg": "image/svg+xml", "js": "text/javascript"}
STATIC = {
    name: (_STATIC.joinpath(name).read_text("utf-8"), _KINDS[name.rpartition(".")[2]])
    for name in ("pathway.css", "pathway.js", "mark.svg")
}
"""The only files that are handed out, read once."""

_place: ContextVar[str] = ContextVar("place", default="/worklist")


def _moment(moment: datetime, zone: str = "UTC") -> str:
    return language.moment(moment.astimezone(ZoneInfo(zone)))


ABOUT = " It is about: "
"""What a caveat is about stands behind its sentence, in the words of the laboratory."""


NOT_SAID = "nobody has said: "
"""What nobody has said stands behind it, as codes."""


def told(text: object) -> Markup:
    """A sentence that another service wrote, marked as English where it has no translation."""
    opening, said_of, codes = str(text or "").partition(NOT_SAID)
    if said_of and not opening:
        missing = language.listed([wording.plain(code) for code in codes.split(", ")])
        return escape(language.say("Nobody has said: ") + missing)
    words, mark, about = str(text or "").partition(ABOUT)
    if not language.is_said(words):
        words = wording.sentence(words)
    if not language.is_said(words):
        return Markup('<span lang="en">{}</span>').format(wording.sentence(str(text or "")))
    said = wording.sentence(language.say(words))
    return escape(said + language.say(" It is about: ") + about if mark else said)


_TEMPLATES = Environment(
    loader=PackageLoader("services.coordination"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_TEMPLATES.filters |= {
    "day": language.day,
    "month": language.month,
    "moment": _moment,
    "day_there": lambda moment, zone: language.day(moment.astimezone(ZoneInfo(zone)).date()),
    "act": lambda act: wording.sentence(wording.act_in_words(act)),
    "title_of": wording.title,
    "plain": wording.plain,
    "sentence": wording.sentence,
    "source": wording.source_in_words,
    "days": wording.days,
    "listed": lambda words: language.listed([str(word) for word in words]),
    "told": told,
    "map_words": lambda pairs: [(code, language.say(words)) for code, words in pairs],
}
_TEMPLATES.globals |= {"say": wording, "_": language.say, "ngettext": language.count}


class NotSignedIn(Exception):
    """Nobody is signed in; the page says how to."""


def page(template: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
    """A page that no other site can frame, and no cache keeps."""
    spoken = language.spoken()
    shown = {
        "person": None,
        "engine_away": False,
        "language": spoken,
        "tag": language.TAGS[spoken],
        "other_languages": [
            (code, language.TAGS[code], words)
            for code, words in language.LANGUAGES.items()
            if code != spoken
        ],
        "place": _place.get(),
    } | shown
    headers = HEADERS | {"Content-Language": language.TAGS[spoken]}
    return HTMLResponse(_TEMPLATES.get_template(template).render(shown), status, headers)


class PageRoute(APIRoute):
    """A route for people: whatever is refused is said on a page, not in a document for machines."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Serve in the language that is wanted, and turn refusals into pages."""
        serve: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

        async def shown(request: Request) -> Response:
            language.choose(request)
            _place.set(_shown_at(request))
            try:
                return await serve(request)
            except NotSignedIn:
                return page("signed_out.html", status=401)
            except RequestValidationError:
                return _refusal(404, language.say("There is nothing at this address."))
            except (OperationalError, PoolTimeout) as failure:
                get_logger("coordination").error("database", error=type(failure).__name__)
                return _refusal(503, language.say("The database cannot be reached just now."))
            except Problem as refusal:
                return _refusal(refusal.status, wording.sentence(language.say(refusal.detail)))
            except Exception as failure:
                # Its words may be a patient's; its type and place are ours.
                last = extract_tb(failure.__traceback__)[-1]
                place = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
                get_logger("coordination").error(
                    "failed", error=type(failure).__name__, where=place
                )
                return _refusal(500, language.say("Tell whoever runs this system, with the time."))

        return shown


LONGEST_PLACE = 500


def _shown_at(request: Request) -> str:
    """Where the same can be read in another language: with what was asked for in the address.

    What came of a form has no address: back to the page of its patient, or to the worklist.
    """
    path, wanted = request.url.path, request.url.query
    if request.method != "GET":
        of_a_patient = path.startswith("/journeys/")
        return "/".join(path.split("/")[:3]) if of_a_patient else "/worklist"
    place = f"{path}?{wanted}" if wanted else path
    return place if len(place) <= LONGEST_PLACE else path


HEADINGS = {
    403: "This was not done",
    404: "Not found",
    412: "Somebody was there before you",
    500: "Something went wrong on our side",
    503: "Not just now",
}
"""What stands above a refusal."""


def _refusal(status: int, detail: str) -> Response:
    heading = language.say(HEADINGS.get(status, "This was not done"))
    ended = detail if detail.endswith((".", "。")) else f"{detail}."
    answer = page("refusal.html", status=status, heading=heading, detail=ended, retry=status >= 500)
    if status >= 500:
        answer.headers["Retry-After"] = "5"
    return answer
