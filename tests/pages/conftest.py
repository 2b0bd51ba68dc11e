"""A running coordination with journeys on it, and Debian's Chromium in front of it."""

import shutil
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.pages.running import Running, a_running_coordination
from tests.pages.ward import a_journey_with_everything, other_journeys


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Page tests come last: Playwright keeps a loop in this thread, which async tests mind."""
    items.sort(key=lambda item: "/pages/" in item.path.as_posix())


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The browser of this machine, quiet."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return {
        **browser_type_launch_args,
        "executable_path": found or shutil.which("google-chrome"),
        "headless": True,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One coordination for the page tests of a file: none counts the journeys of another."""
    with a_running_coordination(tmp_path_factory.mktemp("pages")) as service:
        yield service


@pytest.fixture(scope="module")
def asked(running: Running) -> UUID:
    """A journey with results, a conclusion, things due, something refused and an open question."""
    return a_journey_with_everything(running)


@pytest.fixture(scope="module")
def ward(running: Running, asked: UUID) -> None:
    """More journeys, so that the worklist has an order."""
    other_journeys(running)


@pytest.fixture
def signed_in(page: Page, running: Running) -> Page:
    """A coordinator in front of the worklist."""
    page.goto(running.sign_in_link())
    return page


@pytest.fixture
def without_script(browser: Browser, running: Running) -> Iterator[Page]:
    """The same coordinator with scripts switched off."""
    context: BrowserContext = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(running.sign_in_link())
    yield page
    context.close()
