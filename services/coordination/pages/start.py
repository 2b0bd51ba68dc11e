"""Where work begins, how pages look, and in which language they are read."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from services.chassis.errors import NotFound
from services.coordination import language
from services.coordination.parts import parts_of
from services.coordination.rendering import STATIC, PageRoute
from services.coordination.sign_in import Person

router = APIRouter(route_class=PageRoute)

YEAR_SECONDS = 31_536_000


@router.get("/", response_class=Response)
async def start_page(person: Person) -> Response:
    """The worklist is where work begins."""
    return RedirectResponse("/worklist", 303)


@router.get("/static/{name}", response_class=Response)
async def static_file(name: str) -> Response:
    """How the pages look: one stylesheet, one script, one mark."""
    kept = STATIC.get(name)
    if kept is None:
        raise NotFound("there is nothing at this address")
    content, media_type = kept
    return Response(content, media_type=media_type, headers={"Cache-Control": "no-cache"})


@router.post("/language", response_class=Response)
async def choose_language(
    request: Request,
    chosen: Annotated[str, Form(alias="language", max_length=10)] = "",
    back: Annotated[str, Form(max_length=500)] = "/worklist",
) -> Response:
    """Read the pages in another language from now on, also before anybody is signed in."""
    inside = back.startswith("/") and not back.startswith(("//", "/\\"))
    answer = RedirectResponse(back if inside else "/worklist", 303)
    if chosen in language.LANGUAGES:
        answer.set_cookie(
            language.COOKIE,
            chosen,
            max_age=YEAR_SECONDS,
            httponly=True,
            samesite="lax",
            secure=parts_of(request).settings.public_url.startswith("https:"),
            path="/",
        )
    return answer
