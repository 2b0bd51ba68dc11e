"""By the keyboard, on paper, and with nothing from anywhere else."""

from uuid import UUID

from playwright.sync_api import Page, expect

from tests.pages.running import Running


def test_what_stands_on_every_page_can_be_skipped(page: Page, running: Running) -> None:
    page.goto(running.sign_in_link())
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_pages_print(page: Page, running: Running, asked: UUID) -> None:
    page.goto(running.sign_in_link())
    page.goto(f"{running.url}/journeys/{asked}")
    page.emulate_media(media="print")

    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(page.get_by_role("heading", name="What was concluded")).to_be_visible()
    assert len(page.pdf()) > 10_000


def test_keys_move_on_the_worklist(page: Page, running: Running, ward: None) -> None:
    page.goto(running.sign_in_link())
    page.keyboard.press("j")
    expect(page.locator(".patient").nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
