"""Every page and form, in every state a person meets it in, can be used by everybody: axe-core
finds nothing, in both languages, in light and in dark; nothing is lost at 400 % zoom."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page

from tests.pages.room import CHECKS, LOST, TARGETS
from tests.pages.running import DATABASE_AWAY, Running, the_worklist_meets
from tests.pages.test_pages import a_question
from tests.pages.ward import a_journey_on, due_in, now, report
from tests.services.coordination.builders import a_conclusion

WHOLE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
OF_COLOUR = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
"""In the dark a page is the same but for its colours."""

RUN = """options => axe.run(document, options).then(({violations}) => violations.map(one =>
  `${one.id} (${one.impact}): ${one.nodes.slice(0, 5).map(node => node.target).join(', ')}`))"""

ZOOMED = {"width": 320, "height": 256}
"""A screen of 1280 x 1024 at 400 %."""

PAGES = {
    "worklist": "/worklist",
    "nothing-found": "/worklist?view=lost",
    "programme": "/programme",
    "journey": "/journeys/{asked}",
    "watched": "/journeys/{watched}",
    "seen": "/journeys/{asked}/seen",
    "letter": "/journeys/{watched}/letter",
    "board": "/journeys/{asked}/letter?purpose=board",
    "not-found": "/journeys/00000000-0000-0000-0000-000000000000",
}
FORMS = {
    "results": "results",
    "examination": "examinations",
    "scan": "studies",
    "operation": "operations",
    "findings": "findings",
    "exposures": "exposures",
    "genetics": "genetics",
}
LOCALES = {"en": "en-GB", "zh": "zh-CN"}


@pytest.fixture(scope="module")
def watched(running: Running) -> UUID:
    """A patient who is followed after an operation, with proposals and a calendar."""
    journey = a_journey_on(running, "p-watched")
    conclusion = a_conclusion(due_in(-2), due_in(30, rule="FUP-07", act="local_mri"))
    report(running, journey, at=now(), conclusion=conclusion)
    return journey


@pytest.fixture(scope="module", params=LOCALES)
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


def found(page: Page, options: Any) -> list[str]:
    """What axe has to say: rule, how bad, and where."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    violations: list[str] = page.evaluate(RUN, options)
    return violations


def expect_usable(page: Page) -> None:
    """By everybody: read aloud, pressed with a thumb, in the dark, four times as large."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert found(page, WHOLE) == []
    assert page.evaluate(CHECKS) == []
    assert page.evaluate(TARGETS) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert found(page, OF_COLOUR) == [], "in the dark"
    page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED["width"]
    assert page.evaluate(LOST) == []
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_use_a_page(
    reader: BrowserContext, running: Running, ward: None, asked: UUID, watched: UUID, name: str
) -> None:
    page = reader.new_page()
    page.goto(running.url + PAGES[name].format(asked=asked, watched=watched))

    expect_usable(page)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_everybody_can_use_a_form_and_what_it_says_when_it_came_back(
    reader: BrowserContext, running: Running, asked: UUID, form: str
) -> None:
    page = reader.new_page()
    page.goto(f"{running.url}/journeys/{asked}/{form}/new")
    page.locator("form.sheet button[type=submit]").click()

    assert page.get_by_role("alert").count() >= 1
    expect_usable(page)


def test_a_thumb_finds_a_link_however_short_its_word_or_narrow_its_letters(
    reader: BrowserContext, running: Running, ward: None, watched: UUID
) -> None:
    """A machine without Chinese letters draws narrower ones."""
    page = reader.new_page()
    page.goto(f"{running.url}/journeys/{watched}")
    page.evaluate("for (const one of document.querySelectorAll('nav a')) one.textContent = 'i'")

    assert page.evaluate(TARGETS) == []
    page.close()


def a_handing_over(page: Page, running: Running) -> None:
    page.goto(f"{running.url}/worklist")
    page.locator(".several summary").click()
    page.locator("[name=journey]").first.check()
    page.fill("#assignee", "ada")
    page.locator("#many button").click()


def a_death(page: Page, running: Running) -> None:
    page.goto(f"{running.url}/journeys/{a_question(running, 'p-shown')}/change")
    page.check("#what-death")
    page.fill("#reason", "letter of the family")
    page.locator("form.sheet button[type=submit]").click()


def a_change_without_a_word(page: Page, running: Running) -> None:
    page.goto(f"{running.url}/journeys/{a_question(running, 'p-wordless')}/change")
    page.locator("form.sheet button[type=submit]").click()


def a_decision_without_a_reason(page: Page, running: Running) -> None:
    page.goto(f"{running.url}/journeys/{a_question(running, 'p-silent')}")
    page.check("[name=answer] >> nth=0")
    page.fill("#reason", "  ")
    page.locator("form[action$=decisions] button").click()


def nobody(page: Page, running: Running) -> None:
    page.context.clear_cookies()
    page.goto(f"{running.url}/worklist")


def the_database_is_away(page: Page, running: Running) -> None:
    with the_worklist_meets(DATABASE_AWAY):
        page.goto(f"{running.url}/worklist")


def an_error_of_ours(page: Page, running: Running) -> None:
    with the_worklist_meets(ValueError("of ours")):
        page.goto(f"{running.url}/worklist")


@pytest.mark.parametrize(
    "happens",
    [
        *(a_handing_over, a_death, a_change_without_a_word, a_decision_without_a_reason),
        *(the_database_is_away, an_error_of_ours, nobody),
    ],
)
def test_everybody_can_use_what_a_form_leads_to(
    reader: BrowserContext,
    running: Running,
    ward: None,
    happens: Callable[[Page, Running], None],
) -> None:
    page = reader.new_page()
    happens(page, running)

    expect_usable(page)


def test_axe_would_find_something(page: Page, running: Running) -> None:
    page.goto(running.sign_in_link())
    page.evaluate("document.querySelector('h1').outerHTML = '<img src=/static/mark.svg>'")

    assert "image-alt" in " ".join(found(page, WHOLE))


def test_what_is_off_the_screen_or_covered_would_be_found(page: Page, running: Running) -> None:
    page.goto(running.sign_in_link())
    page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
    page.evaluate("""() => {
        const wide = document.createElement('button');
        wide.textContent = 'wide'; wide.style.cssText = 'position:absolute;left:400px;top:9px';
        const cover = document.createElement('div');
        cover.style.cssText = 'position:fixed;inset:0;background:red';
        document.body.append(wide, cover);
    }""")

    lost = " ".join(page.evaluate(LOST))
    assert "wide" in lost
    assert "covered" in lost
