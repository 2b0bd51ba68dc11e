"""The whole way of a patient, walked in a browser: from the first results to the calendar after an
operation. In both languages, with script and without; the system behind it is the real one."""

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
    """A person with a browser, in one language, with script or without."""

    system: System
    browser: Browser
    language: str
    script: bool

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
    params=[("en", True), ("zh", True), ("en", False), ("zh", False)],
    ids=["en-script", "zh-script", "en-bare", "zh-bare"],
)
def walker(request: pytest.FixtureRequest, system: System, browser: Browser) -> Walker:
    """Each way of using the pages."""
    language, script = request.param
    return Walker(system, browser, language, script)


def link_of(system: System, person: str) -> str:
    """A fresh link; Playwright keeps a loop in this thread, so it is made in another."""

    async def make() -> str:
        database = Database(f"sqlite:///{system.data / 'coordination.db'}")
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


def fill_sheet(page: Page, sheet: dict[str, tuple[str, str]], days_ago: int) -> None:
    """Type a laboratory report."""
    drawn = datetime.now(UTC) - timedelta(days=days_ago)
    page.fill("[id=taken_at]", f"{drawn:%Y-%m-%d}T08:30")
    page.select_option("[id=fasting]", "yes")
    for key, (value, unit) in sheet.items():
        page.fill(f"[id='value.{key}']", value)
        page.select_option(f"[id='unit.{key}']", unit)
    if "s_fgf23_i" in sheet:
        page.select_option("#assay", "KAINOS_ELISA")


def send(page: Page) -> None:
    """Press the button of the form of this page."""
    page.locator("form.sheet button[type=submit]").click()


def fill_scan(page: Page, modality: str, covered: list[str]) -> None:
    """Type what was done and what it covered."""
    page.select_option("#modality", modality)
    if modality == "pet_ct":
        page.select_option("#tracer", "ga68_dotatate")
    page.fill("#performed_at", f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}")
    for part in covered:
        page.check(f"[name=coverage][value='{part}']")


def fill_lesion(page: Page, size: str, uptake: str) -> None:
    """Type the one lesion that is seen."""
    page.select_option("[id='lesion.1.site']", "femur")
    page.select_option("[id='lesion.1.laterality']", "right")
    page.fill("[id='lesion.1.size_mm']", size)
    page.select_option("[id='lesion.1.mimic']", "none")
    if uptake:
        page.select_option("[id='lesion.1.uptake']", uptake)
    else:
        page.select_option("[id='lesion.1.correlate']", "yes")


def decide(page: Page, answer: str, why: str) -> None:
    """Answer the open question of the page."""
    until(page, lambda: page.locator(f"[name=answer][value={answer}]").count() > 0, answer)
    page.check(f"[name=answer][value={answer}]")
    page.fill("#reason", why)
    page.locator("form[action$=decisions] button[type=submit]").click()


def test_a_patient_is_walked_from_the_first_results_to_the_calendar(walker: Walker) -> None:
    name = f"walk-{walker.language}-{'script' if walker.script else 'bare'}"
    journey = a_patient(walker.system, name)
    page = walker.sits_down("coordinator")
    place = f"{walker.system.url}/journeys/{journey}"
    expect(page.locator("html")).to_have_attribute(
        "lang", "zh-Hans" if walker.language == "zh" else "en"
    )

    page.goto(f"{place}/results/new")
    fill_sheet(page, DRAWN_FIRST, 20)
    send(page)
    page.goto(f"{place}/results/new")
    fill_sheet(page, DRAWN_SECOND, 1)
    send(page)
    question = page.locator("#asked-s_ca")
    expect(question).to_contain_text("mg/dL")
    assert page.url.endswith("/results"), "nothing was stored"
    page.select_option("[id='unit.s_ca']", "mg/dL")
    send(page)
    assert page.url == place

    probable = "很可能为 TIO" if walker.language == "zh" else "TIO probable"
    verdict = page.locator(".verdict")
    until(page, lambda: verdict.count() > 0 and probable in verdict.inner_text(), probable)
    expect(page.locator("#concluded ~ *").first).to_be_visible()
    assert page.locator(".differential > li").count() >= 2

    page.goto(f"{walker.system.url}/worklist")
    row = page.locator("tbody tr", has_text=name)
    expect(row.locator(".why .tag").first).to_be_visible()
    expect(row).to_contain_text("寻找肿瘤" if walker.language == "zh" else "look for the tumor")
    row.locator("a.patient").click()
    decide(page, "localize", "persistent wasting, FGF23 high")

    page.goto(f"{place}/examinations/new")
    page.fill("#examined_at", f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}")
    for normal in page.locator("input[type=radio][value=normal]").all():
        normal.check()
    send(page)
    assert page.url == place
    ordering = page.locator("form.order")
    until(page, lambda: ordering.count() > 0, "a scan to accept")
    ordering.first.locator("button").click()
    assert page.url == place

    page.goto(f"{place}/studies/new")
    trunk = ["head", "chest", "abdomen", "pelvis", "left thigh", "right thigh"]
    fill_scan(page, "pet_ct", trunk)
    send(page)
    gaps = page.locator("#gaps")
    expect(gaps).to_be_visible()
    expect(gaps).to_contain_text("双足" if walker.language == "zh" else "feet")
    page.check("[name=coverage][value='entire body']")
    fill_lesion(page, "14", "above_liver")
    send(page)
    assert page.url == place
    page.goto(f"{place}/studies/new")
    fill_scan(page, "mri", ["right thigh"])
    fill_lesion(page, "14", "")
    send(page)
    until(page, lambda: page.locator("#candidate-1").count() > 0, "a candidate on the body")
    expect(page.locator(".body-map .mark-of").first).to_be_visible()

    decide(page, "operate", "one lesion, concordant in two studies")
    page.goto(f"{place}/operations/new")
    page.fill("#performed_at", f"{datetime.now(UTC):%Y-%m-%d}")
    page.select_option("#site", "femur")
    page.select_option("#laterality", "right")
    page.select_option("#margin", "wide")
    page.select_option("#tissue", "bone")
    send(page)
    until(page, lambda: page.locator("table.years").count() > 0, "the calendar of five years")
    assert page.locator("table.years tbody tr").count() >= 5

    put_off = page.locator("form.inline[action$=postponements]")
    until(page, lambda: put_off.count() > 0, "something to put off")
    due = page.locator(".dues > li", has=put_off).last
    until_day = f"{datetime.now(UTC) + timedelta(days=900):%Y-%m-%d}"
    due.locator("details", has=put_off).locator("summary").click()
    due.locator("[name=until]").fill(until_day)
    due.locator("form.inline[action$=postponements] [name=reason]").fill("the patient travels")
    due.locator("form.inline[action$=postponements] button").click()
    until(page, lambda: page.locator("form.put-off").count() > 0, "put off")
    page.locator("form.put-off button").first.click()
    until(page, lambda: page.locator("form.put-off").count() == 0, "due as before")

    page.goto(f"{place}/letter")
    expect(page.locator("article.letter")).to_contain_text(name)
    expect(page.locator("article.letter")).to_contain_text("mmol/L")
    assert len(page.pdf()) > 10_000
    assert name not in page.url


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
