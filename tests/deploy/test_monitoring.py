"""What operators see: rules that are tested, and dashboards whose every question has an answer."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from fastapi.routing import APIRoute

from deploy.grafana.dashboards import PAGES, Page, drawn, file_of
from services.coordination import routes, subscriptions, upkeep_routes
from tests.journeys.system import a_free_port, eventually

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
ALERTS = [
    rule
    for file in RULES
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
    if "alert" in rule
]
ONLY_AFTER_A_FAILURE = {"temporal_workflow_task_execution_failed_total"}
"""The SDK begins to count these with the first one; a healthy system does not show them."""


JUDGED = sorted((PROMETHEUS / "tests").glob("*.yml"))


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Prometheus' own judge."""
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=60)


def test_each_alert_rings_on_one_side_of_its_line_and_not_on_the_other() -> None:
    judged = promtool("test", "rules", *JUDGED)

    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.parametrize(
    ("judge", "right", "wrong"),
    [
        ("promises", "14.4 * 0.001", "144 * 0.001"),
        ("promises", ">= 5\n", ">= 4\n"),
        ("alerts", "> 300", "> 30"),
        ("overdue", "> 0.2\n", "> 0.19\n"),
        ("overdue", "offset 1d", "offset 2d"),
        ("standing_still", "> 900", "> 901"),
        ("standing_still", "> 600", "> 6000"),
        ("standing_still", "> 3 * 3600", "> 4 * 3600"),
        ("standing_still", "> 120\n", "> 1200\n"),
        ("standing_still", "> 4 * 3600", "> 5 * 3600"),
        ("standing_still", "> 86400", "> 86399"),
        ("standing_still", "for: 15m", "for: 20m"),
    ],
)
def test_a_number_planted_wrong_is_noticed(
    tmp_path: Path, judge: str, right: str, wrong: str
) -> None:
    shutil.copytree(PROMETHEUS, tmp_path / "prometheus")
    alerts = tmp_path / "prometheus" / "rules" / "alerts.yml"
    assert right in alerts.read_text()
    alerts.write_text(alerts.read_text().replace(right, wrong))

    judged = promtool("test", "rules", tmp_path / "prometheus" / "tests" / f"{judge}_test.yml")

    assert judged.returncode != 0


def test_each_alert_is_tested_and_has_its_page_in_the_runbook() -> None:
    tested = "".join(file.read_text() for file in JUDGED)
    for alert in ALERTS:
        assert f"alertname: {alert['alert']}\n" in tested
        page = ROOT / alert["annotations"]["runbook"]
        assert page.read_text().startswith(f"# {alert['alert']}\n")
        assert alert["labels"]["severity"] in ("page", "ticket")
    pages = {page.stem for page in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert pages == {alert["alert"] for alert in ALERTS}


def test_a_page_of_the_runbook_names_addresses_that_are_there() -> None:
    served = {
        (method.upper(), path)
        for router in (routes.router, upkeep_routes.router, subscriptions.router)
        for route in router.routes
        if isinstance(route, APIRoute)
        for method, path in ((method, route.path) for method in route.methods or ())
    }
    named = {
        (method, path)
        for page in (ROOT / "docs" / "runbooks").glob("*.md")
        for method, path in re.findall(r"`(GET|PUT|POST) (/coordination\S+?)`", page.read_text())
    }

    assert len(named) >= 4
    assert named <= served


@pytest.mark.parametrize("board", PAGES, ids=lambda board: board.name)
def test_a_dashboard_is_what_its_code_draws(board: Page) -> None:
    assert file_of(board).read_text() == drawn(board) + "\n", "run `make dashboards`"


# -- a real Prometheus beside a running demo ----------------------------------------------------


class Watched:
    """A demo that has told its stories, and a Prometheus that has looked at it several times."""

    def __init__(self, demo: str, prometheus: str) -> None:
        self.demo, self.prometheus = demo, prometheus
        self.moment: float | None = None
        """When it had seen enough; asked of that moment, a late look later changes nothing."""

    def ask(self, query: str) -> list[Any]:
        """What Prometheus answers."""
        asked: dict[str, Any] = {"query": query}
        if self.moment is not None:
            asked["time"] = self.moment
        answer = httpx2.get(f"{self.prometheus}/api/v1/query", params=asked).json()
        assert answer["status"] == "success", f"{query}: {answer}"
        result: list[Any] = answer["data"]["result"]
        return result


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Both of them as processes of their own."""
    place = tmp_path_factory.mktemp("watched")
    demo, prometheus = a_free_port(), a_free_port()
    shutil.copytree(PROMETHEUS / "rules", place / "rules")
    settings = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    settings["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    settings["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{demo}"]}]
    (place / "prometheus.yml").write_text(yaml.safe_dump(settings))
    commands = [
        [sys.executable, "-m", "tio", "demo", "--port", str(demo)],
        [
            "prometheus",
            f"--config.file={place}/prometheus.yml",
            f"--storage.tsdb.path={place}/data",
            f"--web.listen-address=127.0.0.1:{prometheus}",
        ],
    ]
    with (place / "output").open("wb") as output:
        running = [subprocess.Popen(each, stdout=output, stderr=output) for each in commands]
        watched = Watched(f"http://127.0.0.1:{demo}", f"http://127.0.0.1:{prometheus}")
        try:
            yield _seen(watched)
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(30)


def _seen(watched: Watched) -> Watched:
    def reminders_were_sent() -> bool | None:
        try:
            sent = watched.ask("sum(tio_reminders_total) > 5")
        except httpx2.TransportError:
            return None
        return bool(sent) or None

    eventually(reminders_were_sent, "Prometheus has seen reminders being sent")
    before = time.time()

    def looked_again() -> float | None:
        seen = watched.ask(f"timestamp(up == 1) > {before} + 3")
        return float(seen[0]["value"][1]) if seen else None

    watched.moment = eventually(looked_again, "Prometheus has looked again")
    return watched


def test_prometheus_accepts_what_is_counted(watched: Watched) -> None:
    page = httpx2.get(f"{watched.demo}/metrics", headers={"Accept": "text/plain"}).text

    judged = subprocess.run(
        ["promtool", "check", "metrics"], input=page, capture_output=True, text=True, timeout=60
    )
    # It warns of names that are ours to choose; what it cannot read ends with 1.
    assert judged.returncode in (0, 3), judged.stderr


@pytest.mark.parametrize("board", PAGES, ids=lambda board: board.name)
def test_every_panel_of_a_dashboard_has_an_answer(watched: Watched, board: Page) -> None:
    unanswered = [
        target["expr"]
        for panel in json.loads(drawn(board))["panels"]
        for target in panel.get("targets", [])
        if not watched.ask(target["expr"])
    ]
    assert not unanswered


def test_every_number_that_an_alert_looks_at_is_there(watched: Watched) -> None:
    names = {
        name
        for alert in ALERTS
        for name in re.findall(r"\b(?:tio|temporal)[a-z0-9_:]+|\bup\b", alert["expr"])
    }
    assert "tio:reminder_late:ratio_5m" in names
    missing = {name for name in names - ONLY_AFTER_A_FAILURE if not watched.ask(name)}
    assert not missing
