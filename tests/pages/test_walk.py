"""The whole way of a patient, walked in a browser: from the first results to the calendar after an
operation. In both languages, with script and without, and once by the keyboard alone; the system
behind it is the real one."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from services.chassis.database import Database
from services.coordination.sign_in import create_sign_in_link
from tests.journeys.system import System, a_system
from tests.pages.hands import Hands, Keys
from tests.postgres import opened

PATIENCE_SECONDS = 90
LOCALES = {"en": "en-GB", "zh": "zh-CN"}
DRAWN_FIRST = {
    "s_phos": ("0.48", "mmol/L"),
    "u_phos": ("20", "mmol/L"),
    "s_creat": ("60", "umol/L"),
    "u_creat": ("8", "mmol/L"),
}
DRAWN_SECOND = {
    **DRAWN_FIRST,
    "s_phos": ("0.45", "mmol/L"),
    "s_ca": ("9.0", "mmol/L"),
    "s_alb": ("40", "g/L"),
    "s_pth": ("5", "pmol/L"),
    "s_25ohd": ("55", "nmol/L"),
    "s_125d": ("40", "pmol/L"),
    "s_alp": ("260", "U/L"),
    "s_fgf23_i": ("130", "pg/mL"),
}
"""The second sheet has one unit that cannot be right: calcium of 9.0 mmol/L."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all walks."""
    with a_system(tmp_path_factory.mktemp("walk") / "data") as running:
        yield running


@dataclass
class Walker:
    """A person with a browser, in one language, with script or without, by mouse or by keys."""

    system: System
    browser: Browser
    language: str
    script: bool
    hands: type[Hands] = Hands

    def sits_down(self, name: str) -> Page:
        """Signed in, in front of the worklist."""
        context = self.browser.new_context(
            java_script_enabled=self.script,
            locale=LOCALES[self.language],
            viewport={"width": 1280, "height": 900},
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(self.system.url + link_of(self.system, name))
        return page


@pytest.fixture(
    params=[("en", True, Keys), ("zh", True, Hands), ("en", False, Hands), ("zh", False, Hands)],
    ids=["en-script-keys", "zh-script", "en-bare", "zh-bare"],
)
def walker(request: pytest.FixtureRequest, system: System, browser: Browser) -> Walker:
    """Each way of using the pages."""
    language, script, hands = request.param
    return Walker(system, browser, language, script, hands)


def link_of(system: System, person: str) -> str:
    """A fresh link; Playwright keeps a loop in this thread, so it is made in another."""

    async def make() -> str:
        database = Database(**opened(system.data, "coordination"))
        try:
            return await create_sign_in_link(database, "local", person)
        finally:
            await database.close()

    made: list[str] = []
    thread = threading.Thread(target=lambda: made.append(asyncio.run(make())))
    thread.start()
    thread.join()
    return made[0]


def until(page: Page, seen: Callable[[], bool], what: str) -> None:
    """Look at the page again and again until it shows this."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not seen():
        assert time.monotonic() < deadline, f"not seen: {what}\n{page.inner_text('main')[:3000]}"
        time.sleep(0.5)
        try:
            page.goto(page.url.partition("#")[0])
        except Error:  # with script, the page was just about to show the news by itself
            page.wait_for_load_state()


def a_patient(system: System, name: str) -> UUID:
    """A journey that begins, with what the referring doctor told."""
    journey = uuid4()
    start = {"patient": {"id": name, "sex": "female", "age_years": 46}, "zone": "Asia/Shanghai"}
    place = f"/coordination/v1/journeys/{journey}"
    assert system.send("PUT", place, start).status_code == 200
    findings = {
        "bone_pain": True,
        "proximal_weakness": True,
        "family_history_low_phosphate": False,
        "symptom_onset_age": 44,
    }
    event = {
        "id": str(uuid4()),
        "kind": "findings",
        "occurred_at": datetime.now(UTC).isoformat(),
        "payload": {"findings": findings},
    }
    assert system.send("POST", f"{place}/events", event).status_code == 202
    return journey


def fill_sheet(hands: Hands, sheet: dict[str, tuple[str, str]], days_ago: int) -> None:
    """Type a laboratory report."""
    drawn = datetime.now(UTC) - timedelta(days=days_ago)
    hands.write("[id=taken_at]", f"{drawn:%Y-%m-%d}T08:30")
    hands.choose("[id=fasting]", "yes")
    for key, (value, unit) in sheet.items():
        hands.write(f"[id='value.{key}']", value)
        hands.choose(f"[id='unit.{key}']", unit)
    if "s_fgf23_i" in sheet:
        hands.choose("#assay", "KAINOS_ELISA")


def send(hands: Hands) -> None:
    """Press the button of the form of this page."""
    hands.press("form.sheet button[type=submit]")


def fill_scan(hands: Hands, modality: str, covered: list[str]) -> None:
    """Type what was done and what it covered."""
    hands.choose("#modality", modality)
    if modality == "pet_ct":
        hands.choose("#tracer", "ga68_dotatate")
    hands.write("#performed_at", f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}")
    for part in covered:
        hands.tick(f"[name=coverage][value='{part}']")


def fill_lesion(hands: Hands, size: str, uptake: str) -> None:
    """Type the one lesion that is seen."""
    hands.choose("[id='lesion.1.site']", "femur")
    hands.choose("[id='lesion.1.laterality']", "right")
    hands.write("[id='lesion.1.size_mm']", size)
    if uptake:
        hands.choose("[id='lesion.1.uptake']", uptake)
    else:
        hands.choose("[id='lesion.1.correlate']", "yes")
    hands.choose("[id='lesion.1.mimic']", "none")


def decide(hands: Hands, answer: str, why: str) -> None:
    """Answer the open question of the page."""
    page, here = hands.page, f"[name=answer][value={answer}]"
    until(page, lambda: page.locator(here).count() > 0, answer)
    hands.tick(here)
    hands.write("#reason", why)
    hands.press("form[action$=decisions] button[type=submit]")


def test_a_patient_is_walked_from_the_first_results_to_the_calendar(walker: Walker) -> None:
    name = f"walk-{walker.language}-{'script' if walker.script else 'bare'}"
    journey = a_patient(walker.system, name)
    page = walker.sits_down("coordinator")
    hands = walker.hands(page)
    place = f"{walker.system.url}/journeys/{journey}"
    expect(page.locator("html")).to_have_attribute(
        "lang", "zh-Hans" if walker.language == "zh" else "en"
    )

    page.goto(f"{place}/results/new")
    fill_sheet(hands, DRAWN_FIRST, 20)
    send(hands)
    page.goto(f"{place}/results/new")
    fill_sheet(hands, DRAWN_SECOND, 1)
    send(hands)
    question = page.locator("#asked-s_ca")
    expect(question).to_contain_text("mg/dL")
    assert page.url.endswith("/results"), "nothing was stored"
    hands.choose("[id='unit.s_ca']", "mg/dL")
    send(hands)
    assert page.url == place

    probable = "很可能为 TIO" if walker.language == "zh" else "TIO probable"
    verdict = page.locator(".verdict")
    until(page, lambda: verdict.count() > 0 and probable in verdict.inner_text(), probable)
    expect(page.locator("#concluded ~ *").first).to_be_visible()
    assert page.locator(".differential > li").count() >= 2

    hands.press("header nav a[href='/worklist']")
    row = page.locator("tbody tr", has_text=name)
    expect(row.locator(".why .tag").first).to_be_visible()
    expect(row).to_contain_text("寻找肿瘤" if walker.language == "zh" else "look for the tumor")
    hands.press(row.locator("a.patient"))
    decide(hands, "localize", "persistent wasting, FGF23 high")

    page.goto(f"{place}/examinations/new")
    hands.write("#examined_at", f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}")
    for normal in page.locator("input[type=radio][value=normal]").all():
        hands.tick(normal)
    send(hands)
    assert page.url == place
    ordering = page.locator("form.order")
    until(page, lambda: ordering.count() > 0, "a scan to accept")
    hands.press(ordering.first.locator("button"))
    assert page.url == place

    page.goto(f"{place}/studies/new")
    trunk = ["head", "chest", "abdomen", "pelvis", "left thigh", "right thigh"]
    fill_scan(hands, "pet_ct", trunk)
    send(hands)
    gaps = page.locator("#gaps")
    expect(gaps).to_be_visible()
    expect(gaps).to_contain_text("双足" if walker.language == "zh" else "feet")
    hands.tick("[name=coverage][value='entire body']")
    fill_lesion(hands, "14", "above_liver")
    send(hands)
    assert page.url == place
    page.goto(f"{place}/studies/new")
    fill_scan(hands, "mri", ["right thigh"])
    fill_lesion(hands, "14", "")
    send(hands)
    until(page, lambda: page.locator("#candidate-1").count() > 0, "a candidate on the body")
    expect(page.locator(".body-map .mark-of").first).to_be_visible()

    decide(hands, "operate", "one lesion, concordant in two studies")
    page.goto(f"{place}/operations/new")
    hands.write("#performed_at", f"{datetime.now(UTC):%Y-%m-%d}")
    hands.choose("#site", "femur")
    hands.choose("#laterality", "right")
    hands.choose("#tissue", "bone")
    hands.choose("#margin", "wide")
    send(hands)
    until(page, lambda: page.locator("table.years").count() > 0, "the calendar of five years")
    assert page.locator("table.years tbody tr").count() >= 5

    put_off = page.locator("form.inline[action$=postponements]")
    until(page, lambda: put_off.count() > 0, "something to put off")
    due = page.locator(".dues > li", has=put_off).last
    until_day = f"{datetime.now(UTC) + timedelta(days=900):%Y-%m-%d}"
    hands.press(due.locator("details", has=put_off).locator("summary"))
    hands.write(due.locator("[name=until]"), until_day)
    hands.write(due.locator("form.inline[action$=postponements] [name=reason]"), "she travels")
    hands.press(due.locator("form.inline[action$=postponements] button"))
    until(page, lambda: page.locator("form.put-off").count() > 0, "put off")
    hands.press("form.put-off button")
    until(page, lambda: page.locator("form.put-off").count() == 0, "due as before")

    hands.press("nav.tell a[href$='/letter']")
    expect(page.locator("article.letter")).to_contain_text(name)
    expect(page.locator("article.letter")).to_contain_text("mmol/L")
    assert len(page.pdf()) > 10_000
    assert name not in page.url


@pytest.mark.parametrize("walker", [("en", True, Hands), ("zh", False, Hands)], indirect=True)
def test_of_two_who_take_the_same_journey_the_second_is_told(walker: Walker) -> None:
    name = f"two-{walker.language}-{'script' if walker.script else 'bare'}"
    a_patient(walker.system, name)
    first, second = walker.sits_down("ada"), walker.sits_down("ben")
    for page in (first, second):
        page.goto(f"{walker.system.url}/worklist")
    take = "form[action$=assignee] button"

    first.locator("tbody tr", has_text=name).locator(take).click()
    expect(first.locator(".notice.done")).to_contain_text("ada")
    second.locator("tbody tr", has_text=name).locator(take).click()
    expect(second.locator("main")).to_contain_text("ada")
    expect(second.locator("h1")).to_have_text(
        "有人先于您作了更改" if walker.language == "zh" else "Somebody was there before you"
    )

    first.locator(".notice.done button").click()
    row = first.locator("tbody tr", has_text=name)
    expect(row.locator(take)).to_be_visible()
