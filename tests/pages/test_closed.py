"""Nothing gets in from another address, and nothing about a patient gets out by one: every page."""

import re
from collections.abc import Iterator
from types import ModuleType
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import APIRouter
from sqlalchemy.exc import OperationalError

from services.coordination import pages, sign_in
from services.coordination.rendering import PageRoute
from tests.pages.running import Running
from tests.pages.test_axe import FORMS, PAGES
from tests.pages.test_pages import decisions
from tests.pages.ward import a_journey_on

SHOWN = [
    *(path for path in PAGES.values() if "{watched}" not in path),
    *(f"/journeys/{{asked}}/{form}/new" for form in FORMS.values()),
    "/journeys/{asked}/change",
    "/journeys/not-an-id",
    "/journeys/{asked}/seen?before=nothing",
]
ADDRESS = re.compile(r'(?:href|src|action|formaction|data-look-again)="([^"]*)"')
INLINE = re.compile(r"<script(?![^>]*\ssrc=)|<style|\son[a-z]+=|\sstyle=", re.IGNORECASE)
ELSEWHERE = re.compile(r"^(?!/(?!/)|#)")


@pytest.fixture(scope="module")
def browser_of(running: Running) -> Iterator[httpx2.Client]:
    """Somebody signed in; no script, no rendering, only what is sent."""
    with httpx2.Client(base_url=running.url, follow_redirects=True, timeout=30) as client:
        client.get(running.sign_in_link())
        yield client


def expect_closed(answer: httpx2.Response) -> None:
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; script-src 'self'; style-src 'self'; ")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"].startswith("text/html")
    assert not INLINE.search(answer.text)
    addresses = [one for one in ADDRESS.findall(answer.text) if one]
    assert [one for one in addresses if ELSEWHERE.match(one)] == []
    assert [one for one in addresses if "p-1042" in one] == []


def test_every_page_is_closed_also_one_that_refuses(
    running: Running, ward: None, asked: UUID, browser_of: httpx2.Client
) -> None:
    for path in SHOWN:
        expect_closed(browser_of.get(path.format(asked=asked)))
    with httpx2.Client(base_url=running.url) as nobody:
        expect_closed(nobody.get("/worklist"))
    found = browser_of.post("/worklist/search", data={"q": "p-1042", "csrf": "guessed"})
    assert found.status_code == 403
    expect_closed(found)


def test_a_page_says_so_when_the_database_is_away(
    running: Running, browser_of: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise OperationalError("", {}, Exception())

    async def wrong(*_: object) -> None:
        raise ValueError("p-1042 is in these words")

    for failing, status in ((away, 503), (wrong, 500)):
        monkeypatch.setattr("services.coordination.pages.worklist.queue_of", failing)
        answer = browser_of.get("/worklist")
        assert (answer.status_code, answer.headers["retry-after"]) == (status, "5")
        assert "Try again" in answer.text
        assert "p-1042" not in answer.text
        expect_closed(answer)


def forms() -> list[str]:
    """Every address that takes a form of somebody who is signed in."""
    parts = [sign_in, *(part for part in vars(pages).values() if isinstance(part, ModuleType))]
    routes = [route for part in parts for route in getattr(part, "router", APIRouter()).routes]
    found = {route.path for route in routes if isinstance(route, PageRoute) and _takes(route)}
    return sorted(found - {"/language"})


def _takes(route: PageRoute) -> bool:
    return "POST" in (route.methods or ())


def test_no_form_of_another_session_changes_anything(
    running: Running, browser_of: httpx2.Client
) -> None:
    journey = a_journey_on(running, "p-closed")
    guessed = {"csrf": "guessed", "event": str(uuid4()), "reason": "x"}
    assert len(forms()) > 15
    for form in forms():
        path = re.sub(r"\{journey_id\}", str(journey), form)
        answer = browser_of.post(re.sub(r"\{\w+\}", str(uuid4()), path), data=guessed)
        assert answer.status_code == 403, form
    assert decisions(running, journey) == []
    assert browser_of.get("/worklist").status_code == 200, "still signed in"


def test_cookies_are_for_the_browser_alone(running: Running) -> None:
    with httpx2.Client(base_url=running.url) as client:
        answers = [
            client.get(running.sign_in_link()),
            client.post("/language", data={"language": "zh", "back": "//elsewhere.example"}),
        ]
    for answer in answers:
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
    assert answers[-1].headers["location"] == "/worklist"
