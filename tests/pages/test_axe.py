"""axe-core on every page and form: both languages, light and dark."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page

from tests.pages.running import Running
from tests.pages.ward import a_journey_on, due_in, now, report
from tests.services.coordination.builders import a_conclusion

ASKED = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
PAGES = {
    "worklist": "/worklist",
    "nothing-found": "/worklist?view=lost",
    "programme": "/programme",
    "journey": "/journeys/{asked}",
    "watched": "/journeys/{watched}",
    "seen": "/journeys/{asked}/seen",
    "letter": "/journeys/{watched}/letter",
    "results": "/journeys/{asked}/results/new",
    "examination": "/journeys/{asked}/examinations/new",
    "scan": "/journeys/{asked}/studies/new",
    "operation": "/journeys/{asked}/operations/new",
    "change": "/journeys/{asked}/change",
    "not-found": "/journeys/00000000-0000-0000-0000-000000000000",
}
LOCALES = {"en": "en-GB", "zh": "zh-CN"}


@pytest.fixture(scope="module")
def watched(running: Running) -> UUID:
    """A patient who is followed after an operation, with proposals and a calendar."""
    journey = a_journey_on(running, "p-watched")
    conclusion = a_conclusion(due_in(-2), due_in(30, rule="FUP-07", act="local_mri"))
    report(running, journey, at=now(), conclusion=conclusion)
    return journey


@pytest.fixture(params=["en", "zh"])
def reader(
    request: pytest.FixtureRequest, browser: Browser, running: Running
) -> Iterator[BrowserContext]:
    """Somebody signed in, who reads one of the languages."""
    context = browser.new_context(locale=LOCALES[request.param], reduced_motion="reduce")
    page = context.new_page()
    page.goto(running.sign_in_link())
    page.close()
    yield context
    context.close()


def found(page: Page) -> list[str]:
    """What axe has to say: rule, how bad, and where."""
    answer: Any = Axe().run(page, options=ASKED).response
    return [
        f"{one['id']} ({one['impact']}): {[node['target'] for node in one['nodes']][:5]}"
        for one in answer["violations"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(
    reader: BrowserContext,
    running: Running,
    ward: None,
    asked: UUID,
    watched: UUID,
    name: str,
) -> None:
    page = reader.new_page()
    page.goto(running.url + PAGES[name].format(asked=asked, watched=watched))
    for fold in page.locator("details:not([open]) > summary").all():
        if fold.is_visible():
            fold.click()

    assert found(page) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert found(page) == [], "in the dark"


@pytest.mark.parametrize("form", ["results", "examinations", "studies", "operations"])
def test_axe_finds_nothing_on_a_form_that_came_back(
    reader: BrowserContext, running: Running, asked: UUID, form: str
) -> None:
    page = reader.new_page()
    page.goto(f"{running.url}/journeys/{asked}/{form}/new")
    page.locator("form.sheet button[type=submit]").click()

    assert page.get_by_role("alert").count() >= 1
    assert found(page) == []


def test_axe_would_find_something(reader: BrowserContext, running: Running) -> None:
    page = reader.new_page()
    page.goto(f"{running.url}/worklist")
    page.evaluate("document.querySelector('h1').outerHTML = '<img src=/static/mark.svg>'")

    assert re.search("image-alt", " ".join(found(page)))
