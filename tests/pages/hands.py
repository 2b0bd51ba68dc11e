"""How a form is filled in: with a mouse, or by the keyboard alone."""

from playwright.sync_api import Locator, Page

MOST_TABS = 500
IS_HERE = "e => e === document.activeElement"
IN_ITS_GROUP = """e => {
  const now = document.activeElement;
  return now === e || (e.type === 'radio' && now.type === 'radio' && now.name === e.name);
}"""
IN_SIGHT = """() => {
  const e = document.activeElement, box = e.getBoundingClientRect();
  const style = getComputedStyle(e);
  return box.bottom > 0 && box.top < innerHeight && style.outlineStyle !== 'none';
}"""


STOPS_BETWEEN = """e => {
  const groups = new Set();
  const stops = [...document.querySelectorAll(
    'a[href],button,select,textarea,summary,input:not([type=hidden]),[tabindex="0"]',
  )].filter((one) => {
    if (one.disabled || !one.getClientRects().length) return false;
    if (one.type !== 'radio') return true;
    const first = !groups.has(one.name);
    groups.add(one.name);
    return first;
  });
  const at = stops.indexOf(document.activeElement);
  const to = stops.findIndex((one) => one === e || (one.type === 'radio' && one.name === e.name));
  return at < 0 || to < at ? 0 : to - at;
}"""
"""How far it is at least: nobody has to look after each Tab on the way."""


class Hands:
    """A mouse, and a keyboard to type."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def _at(self, place: str | Locator) -> Locator:
        return (self.page.locator(place) if isinstance(place, str) else place).first

    def press(self, place: str | Locator) -> None:
        """A button, a link, or the line that opens a fold."""
        self._at(place).click()

    def write(self, place: str | Locator, text: str) -> None:
        """Into a field, instead of what stood there."""
        self._at(place).fill(text)

    def choose(self, place: str | Locator, value: str) -> None:
        """One of a list."""
        self._at(place).select_option(value)

    def tick(self, place: str | Locator) -> None:
        """A box, or one of several answers."""
        self._at(place).check()


class Keys(Hands):
    """The keyboard alone: the next field is the one that Tab reaches, and it has to be seen."""

    def reach(self, place: str | Locator, when: str = IS_HERE) -> Locator:
        """Tab on until it is there."""
        target = self._at(place)
        target.wait_for(state="attached")
        for _ in range(target.evaluate(STOPS_BETWEEN) - 2):
            self.page.keyboard.press("Tab")
        for _ in range(MOST_TABS):
            if target.evaluate(when):
                assert self.page.evaluate(IN_SIGHT), f"{place}: focus cannot be seen"
                return target
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{place} is not reached by the keyboard")

    def press(self, place: str | Locator) -> None:
        """Enter; what leads to another page has led there."""
        target = self.reach(place)
        if target.evaluate("e => e.matches('summary')"):
            self.page.keyboard.press("Enter")
        else:
            with self.page.expect_navigation():
                self.page.keyboard.press("Enter")

    def write(self, place: str | Locator, text: str) -> None:
        """Typed; a day is typed part by part, as its field asks for them."""
        target = self.reach(place)
        kind = target.get_attribute("type")
        if kind not in ("date", "datetime-local"):
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)
        else:
            day, _, hour = text.partition("T")
            year, month, on = day.split("-")
            minutes = "".join(hour.split(":"))
            self.page.keyboard.type(f"{month}{on}{year}")
            if minutes:
                self.page.keyboard.press("Tab")
                self.page.keyboard.type(f"{minutes}AM")
        assert target.input_value() == text, (place, target.input_value())

    def choose(self, place: str | Locator, value: str) -> None:
        """Arrow by arrow, from the top of the list."""
        target = self.reach(place)
        self.page.keyboard.press("Home")
        for _ in range(target.locator("option").count()):
            if target.input_value() == value:
                return
            self.page.keyboard.press("ArrowDown")
        assert target.input_value() == value, (place, value)

    def tick(self, place: str | Locator) -> None:
        """Space for a box; arrows between answers that exclude each other."""
        target = self.reach(place, IN_ITS_GROUP)
        self.page.keyboard.press("Space")
        for _ in range(20):
            if target.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{place} is not ticked")
