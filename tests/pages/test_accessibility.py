"""The basics that everybody needs: structure, names, size, room, and no traps."""

from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from tests.pages.running import Running, picture
from tests.pages.test_pages import a_question, decisions

CHECKS = """() => {
  const wrong = [];
  if (!document.documentElement.lang) wrong.push('no lang');
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
  let last = 0;
  for (const h of document.querySelectorAll('h1,h2,h3,h4')) {
    const level = Number(h.tagName[1]);
    if (level > last + 1) wrong.push(`heading jumps to ${h.tagName}: ${h.textContent.trim()}`);
    last = level;
  }
  for (const input of document.querySelectorAll('input:not([type=hidden]),select,textarea'))
    if (!input.labels.length) wrong.push('no label: ' + input.name);
  for (const table of document.querySelectorAll('table')) {
    if (!table.caption) wrong.push('table without caption');
    for (const th of table.querySelectorAll('th')) if (!th.scope) wrong.push('th without scope');
  }
  for (const link of document.querySelectorAll('a,button'))
    if (!link.textContent.trim()) wrong.push('nothing to read in ' + link.outerHTML);
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size !== ids.length) wrong.push('an id twice');
  for (const attribute of document.querySelectorAll('*'))
    for (const {name} of attribute.attributes)
      if (name.startsWith('on') || name === 'style') wrong.push('inline ' + name);
  return wrong;
}"""

TARGETS = """() => {
  const small = [];
  const pressed = 'button,select,input:not([type=hidden]),summary,nav a,.patient,.button';
  for (const e of document.querySelectorAll(pressed)) {
    const box = e.getBoundingClientRect();
    if (box.width && (box.height < 24 || box.width < 24))
      small.push(`${e.tagName} ${e.textContent.trim().slice(0, 20)} ${box.width}x${box.height}`);
  }
  return small;
}"""

CONTRAST = """() => {
  const parse = c => {
    const m = c.match(/[\\d.]+/g).map(Number);
    return {rgb: m.slice(0, 3), a: m[3] ?? 1};
  };
  const light = rgb => {
    const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = rgb.map(v => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.a > 0.99) return c.rgb;
    }
    return [255, 255, 255];
  };
  const poor = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !e.getClientRects().length) continue;
    if (e.closest('svg')) continue;
    const a = light(parse(getComputedStyle(e).color).rgb), b = light(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.add(`${e.className || e.tagName}: ${ratio.toFixed(2)}`);
  }
  return [...poor];
}"""


@pytest.fixture(
    params=["worklist", "journey", "results", "scan", "letter", "programme", "signed-out"]
)
def a_page(
    request: pytest.FixtureRequest,
    page: Page,
    running: Running,
    ward: None,
    asked: UUID,
) -> Page:
    """Each of the pages."""
    if request.param != "signed-out":
        page.goto(running.sign_in_link())
    places = {
        "journey": f"/journeys/{asked}",
        "results": f"/journeys/{asked}/results/new",
        "scan": f"/journeys/{asked}/studies/new",
        "letter": f"/journeys/{asked}/letter",
        "programme": "/programme",
    }
    page.goto(running.url + places.get(request.param, "/worklist"))
    return page


def test_every_page_is_built_so_that_it_can_be_read_aloud(a_page: Page) -> None:
    assert a_page.evaluate(CHECKS) == []


def test_everything_that_is_pressed_is_large_enough(a_page: Page) -> None:
    assert a_page.evaluate(TARGETS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_stands_out_from_its_ground(a_page: Page, scheme: str) -> None:
    a_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    a_page.reload()
    assert a_page.evaluate(CONTRAST) == []


def test_nothing_is_cut_off_on_a_narrow_screen(
    a_page: Page, request: pytest.FixtureRequest
) -> None:
    a_page.set_viewport_size({"width": 320, "height": 800})

    width = a_page.evaluate("document.documentElement.scrollWidth")

    picture(a_page, f"narrow-{request.node.callspec.params['a_page']}")
    assert width <= 320


def test_the_keyboard_gets_everywhere_and_sees_where_it_is(a_page: Page) -> None:
    a_page.keyboard.press("Tab")
    skip = a_page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    a_page.keyboard.press("Enter")
    expect(a_page.locator("main")).to_be_focused()


def test_pages_are_framed_by_nobody_and_run_no_foreign_script(page: Page, running: Running) -> None:
    answer = page.goto(running.sign_in_link())

    assert answer is not None
    headers = answer.headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"


def test_the_pages_print(page: Page, running: Running, asked: UUID) -> None:
    page.goto(running.sign_in_link())
    page.goto(f"{running.url}/journeys/{asked}")
    page.emulate_media(media="print")

    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(page.get_by_role("heading", name="What was concluded")).to_be_visible()
    assert len(page.pdf()) > 10_000


def test_a_question_is_answered_by_the_keyboard_alone(page: Page, running: Running) -> None:
    journey = a_question(running, "p-keys")
    page.goto(running.sign_in_link())
    page.goto(f"{running.url}/journeys/{journey}")

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.name || document.activeElement.type") == name:
                return
        raise AssertionError(f"{name} is not reached")

    tab_to("answer")
    page.keyboard.press("Space")
    tab_to("reason")
    page.keyboard.type("one lesion, concordant")
    tab_to("submit")
    page.keyboard.press("Enter")

    expect(page.get_by_text("An answer is stored")).to_be_visible()
    [told] = decisions(running, journey)
    assert told["payload"]["answer"] == "operate"


def test_keys_move_on_the_worklist(page: Page, running: Running, ward: None) -> None:
    page.goto(running.sign_in_link())
    page.keyboard.press("j")
    expect(page.locator(".patient").nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
