"""`python -m tests.pages.screenshots`: a picture of every page in every state, into docs/."""

import asyncio
import base64
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from playwright.sync_api import Browser, Page, sync_playwright

from simulation.play import Stage
from simulation.stories import stories
from tests.journeys.system import System, a_system
from tests.pages.hands import Hands
from tests.pages.running import (
    DATABASE_AWAY,
    Running,
    a_running_coordination,
    the_worklist_meets,
)
from tests.pages.test_walk import (
    DRAWN_SECOND,
    fill_scan,
    fill_sheet,
    link_of,
    send,
)
from tests.pages.ward import (
    a_journey_on,
    a_journey_with_everything,
    a_phosphate,
    other_journeys,
    tell,
)
from tests.services.coordination.builders import a_progress, path

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PEOPLE, SEED = 80, 7
QUALITY = 0.55
AS_WEBP = """async ([png, quality]) => {
  const picture = new Image();
  picture.src = `data:image/png;base64,${png}`;
  await picture.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.getContext('2d').drawImage(picture, 0, 0);
  return canvas.toDataURL('image/webp', quality).split(',')[1];
}"""
"""The browser makes its pictures small by itself: a third of what JPEG takes."""


class Camera:
    """Pictures of one address, in a language and a light."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser, self._url = browser, url

    @contextmanager
    def sits(
        self, link: str, *, zh: bool = False, dark: bool = False, phone: bool = False
    ) -> Iterator[Page]:
        """Somebody in front of a screen."""
        context = self._browser.new_context(
            locale="zh-CN" if zh else "en-GB",
            color_scheme="dark" if dark else "light",
            viewport=PHONE if phone else WIDE,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        page = context.new_page()
        if link:
            page.goto(link)
        yield page
        context.close()


def take(page: Page, name: str) -> None:
    """Keep a picture of the whole page, and check that it is one."""
    page.wait_for_load_state("networkidle")
    whole = base64.b64encode(page.screenshot(full_page=True)).decode()
    drawer = page.context.new_page()
    picture = base64.b64decode(drawer.evaluate(AS_WEBP, [whole, QUALITY]))
    drawer.close()
    assert len(picture) > 3_000, name
    (FOLDER / f"{name}.webp").write_bytes(picture)


def play(system: System) -> dict[str, UUID]:
    """Let every story happen; each patient's journey by name."""
    asyncio.run(Stage(system.url, system.token).play_all())
    return {story.name: story.journey for story in stories()}


def of_the_system(browser: Browser, system: System, journeys: dict[str, UUID]) -> None:
    """Pages with the real services behind them."""
    camera, url = Camera(browser, system.url), system.url
    probable, localized, operated = (
        f"{url}/journeys/{journeys[f'made-up-{name}']}"
        for name in ("probable", "localized", "operated")
    )
    with camera.sits(url + link_of(system, "coordinator")) as page:
        page.goto(f"{url}/worklist")
        take(page, "worklist")
        page.goto(f"{url}/worklist?view=stalled")
        take(page, "worklist-nothing-found")
        page.goto(f"{url}/worklist")
        for tick in page.locator("[name=journey]").all()[:3]:
            tick.check()
        page.locator(".several summary").click()
        page.fill("#assignee", "ada")
        page.locator("#many button").click()
        take(page, "worklist-preview")
        page.locator("form button[type=submit]").last.click()
        take(page, "worklist-undo")
        page.locator(".notice.done button").click()
        page.goto(probable)
        take(page, "patient-to-decide")
        page.goto(operated)
        take(page, "patient-followed")
        page.goto(f"{operated}/seen")
        take(page, "who-saw")
        page.goto(f"{operated}/letter")
        take(page, "letter")
        page.goto(f"{probable}/examinations/new")
        take(page, "form-examination")
        page.goto(f"{probable}/operations/new")
        take(page, "form-operation")
        for form in ("findings", "exposures", "genetics"):
            page.goto(f"{probable}/{form}/new")
            take(page, f"form-{form}")
            send(Hands(page))
            take(page, f"form-{form}-errors")
        page.goto(f"{probable}/change")
        take(page, "form-change")
        page.check("#what-death")
        page.fill("#reason", "letter of the family")
        send(Hands(page))
        take(page, "change-preview")
        page.goto(f"{probable}/results/new")
        take(page, "form-results")
        fill_sheet(Hands(page), DRAWN_SECOND | {"s_phos": ("3.1", "mmol/L")}, 1)
        send(Hands(page))
        take(page, "form-results-asked-back")
        page.goto(f"{probable}/studies/new")
        fill_scan(Hands(page), "pet_ct", ["head", "chest", "abdomen", "pelvis"])
        send(Hands(page))
        take(page, "form-scan-not-negative")
        page.goto(f"{probable}/studies/new")
        send(Hands(page))
        take(page, "form-scan-errors")
        page.goto(f"{url}/journeys/{uuid4()}")
        take(page, "not-found")
    with camera.sits(url + link_of(system, "协调员"), zh=True) as page:
        page.goto(f"{url}/worklist")
        take(page, "worklist-zh")
        page.goto(localized)
        take(page, "patient-localized-zh")
        page.goto(f"{localized}/letter?purpose=board")
        take(page, "letter-board-zh")
        page.goto(f"{probable}/results/new")
        take(page, "form-results-zh")
        page.goto(f"{probable}/exposures/new")
        take(page, "form-exposures-zh")
        page.goto(f"{probable}/change")
        take(page, "form-change-zh")
    with camera.sits(url + link_of(system, "coordinator"), dark=True) as page:
        page.goto(f"{url}/worklist")
        take(page, "worklist-dark")
        page.goto(f"{probable}/results/new")
        take(page, "form-results-dark")
        page.goto(localized)
        take(page, "patient-localized-dark")
    with camera.sits(url + link_of(system, "coordinator"), phone=True) as page:
        page.goto(f"{url}/worklist")
        take(page, "worklist-phone")
        page.goto(localized)
        take(page, "patient-localized-phone")
        page.goto(f"{probable}/studies/new")
        take(page, "form-scan-phone")
    with camera.sits("") as page:
        page.goto(f"{url}/worklist")
        take(page, "signed-out")


def a_programme(running: Running) -> None:
    """Many patients who went different ways at different paces."""
    chance, now = random.Random(SEED), datetime.now(UTC)
    for number in range(PEOPLE):
        journey = a_journey_on(running, f"programme-{number}")
        at = now - timedelta(days=chance.randint(60, 700))
        tell(running, journey, a_phosphate(number, 0.5, at.isoformat()))
        for revision, phase in enumerate(
            ("assessment", "localization", "treatment", "surveillance")
        ):
            at += timedelta(days=chance.randint(5, 150))
            if at > now or chance.random() < 0.12:
                break
            report = a_progress(revision + 1, at.isoformat(), phase=phase)
            answer = running.api.put(f"{path(journey)}/progress", json=report)
            assert answer.status_code == 200, answer.text


def of_the_services(browser: Browser, running: Running) -> None:
    """States that need a service that is away, and numbers that need many patients."""
    camera = Camera(browser, running.url)
    with camera.sits(running.sign_in_link()) as page:
        page.goto(f"{running.url}/worklist")
        take(page, "worklist-empty")
    asked = a_journey_with_everything(running)
    other_journeys(running)
    with camera.sits(running.sign_in_link()) as page:
        running.engine.away = True
        page.goto(f"{running.url}/journeys/{asked}")
        page.wait_for_timeout(300)
        page.reload()
        page.fill("#reason", "  ")
        take(page, "engine-away")
        page.check("[name=answer] >> nth=0")
        page.locator("form[action$=decisions] button").click()
        take(page, "not-stored")
        running.engine.away = False
        a_programme(running)
        page.goto(f"{running.url}/worklist")
        take(page, "worklist-work-under-way")
        page.goto(f"{running.url}/programme")
        take(page, "programme")
        with the_worklist_meets(DATABASE_AWAY):
            page.goto(f"{running.url}/worklist")
            take(page, "database-away")
    with camera.sits(running.sign_in_link(), zh=True, dark=True) as page:
        page.goto(f"{running.url}/programme")
        take(page, "programme-zh-dark")


def index() -> None:
    """One page that shows them all."""
    lines = ["# Every page, in every state", ""]
    lines += ["Made by `make screenshots`; look at them when a page has changed.", ""]
    for picture in sorted(FOLDER.glob("*.webp")):
        lines += [
            f"## {picture.stem.replace('-', ' ')}",
            "",
            f"![{picture.stem}]({picture.name})",
            "",
        ]
    (FOLDER / "README.md").write_text("\n".join(lines), "utf-8")


def main() -> int:
    """Bring everything up, take all pictures, and leave nothing running."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    found = next(
        place
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (place := shutil.which(name))
    )
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
    with tempfile.TemporaryDirectory() as folder, a_system(Path(folder) / "data") as system:
        journeys = play(system)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=arguments)
            of_the_system(browser, system, journeys)
            browser.close()
    with (
        tempfile.TemporaryDirectory() as folder,
        a_running_coordination(Path(folder)) as running,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        of_the_services(browser, running)
        browser.close()
    index()
    return 0


if __name__ == "__main__":
    sys.exit(main())
