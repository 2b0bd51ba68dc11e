"""The dashboards, as code: `make dashboards` draws them into the JSON that Grafana reads.

A panel is a question somebody on call or in charge asks, and the query that answers it. Gauges of
coordination are read from its one database by each of its processes: `max`, never the sum of them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

HERE = Path(__file__).parent
SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
HEIGHT, NARROW, WIDE = 8, 6, 12


@dataclass(frozen=True)
class Panel:
    """One question: a number when `now`, else a curve."""

    asks: str
    query: str
    legend: str = ""
    unit: str = "short"
    now: bool = False


@dataclass(frozen=True)
class Page:
    """One dashboard: rows of panels under headings."""

    name: str
    title: str
    rows: Sequence[tuple[str, Sequence[Panel]]]


def quantile(share: str, seconds: str, by: str = "") -> str:
    """What this share of all observations stayed under, in the last five minutes."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({seconds}_seconds_bucket[5m])))"


PAGES = (
    Page(
        "journeys",
        "TIO: journeys",
        (
            (
                "Where everybody is",
                (
                    Panel("Open journeys", "max(tio_journeys_open)", now=True),
                    Panel("Told, not yet read", "max(tio_events_waiting)", now=True),
                    Panel("Journeys by phase", "max by (phase) (tio_journeys)", "{{phase}}"),
                ),
            ),
            (
                "From a result to its journey",
                (
                    Panel(
                        "Nine in ten arrive within",
                        quantile("0.9", "tio_event_to_journey"),
                        unit="s",
                    ),
                    Panel("Oldest not yet told", "max(tio_outbox_oldest_seconds)", unit="s"),
                    Panel("Waiting to be told", "max(tio_outbox_pending)"),
                    Panel("Slower than promised", "tio:event_slow:ratio_1h", unit="percentunit"),
                ),
            ),
            (
                "Does everybody go on?",
                (
                    Panel("Stuck", "sum(max by (reason) (tio_journeys_stuck))", now=True),
                    Panel(
                        "Oldest erasure not done", "max(tio_erasure_oldest_seconds)", "", "s", True
                    ),
                    Panel("Stuck, by reason", "max by (reason) (tio_journeys_stuck)", "{{reason}}"),
                    Panel(
                        "Repairs, an hour",
                        "sum by (outcome) (increase(tio_journey_repairs_total[1h]))",
                        "{{outcome}}",
                    ),
                    Panel(
                        "Since the last round of each relay, where it is longest",
                        "time() - min by (relay) (tio_relay_heartbeat_timestamp_seconds)",
                        "{{relay}}",
                        unit="s",
                    ),
                ),
            ),
        ),
    ),
    Page(
        "reminders",
        "TIO: reminders",
        (
            (
                "Is everybody reminded in time?",
                (
                    Panel(
                        "Late in the last hour",
                        "tio:reminder_late:ratio_1h",
                        unit="percentunit",
                        now=True,
                    ),
                    Panel(
                        "On their way", "sum(max by (channel) (tio_deliveries_waiting))", now=True
                    ),
                    Panel(
                        "First that is overdue and not sent",
                        "max(tio_reminder_oldest_overdue_seconds)",
                        unit="s",
                    ),
                    Panel(
                        "Steps settled, an hour",
                        "sum by (outcome) (increase(tio_reminders_total[1h]))",
                        "{{outcome}}",
                    ),
                    Panel(
                        "Nine in ten are recorded within",
                        quantile("0.9", "tio_reminder_lateness"),
                        unit="s",
                    ),
                ),
            ),
            (
                "Do they arrive?",
                (
                    Panel(
                        "Attempts, an hour",
                        "sum by (channel, outcome) (increase(tio_deliveries_total[1h]))",
                        "{{channel}} {{outcome}}",
                    ),
                    Panel(
                        "Waiting by channel",
                        "max by (channel) (tio_deliveries_waiting)",
                        "{{channel}}",
                    ),
                    Panel("Oldest on its way", "max(tio_deliveries_oldest_seconds)", unit="s"),
                    Panel("Who could not be told", "max(tio_undelivered_open)"),
                ),
            ),
        ),
    ),
    Page(
        "programme",
        "TIO: clinical programme",
        (
            (
                "What is owed",
                (
                    Panel("Overdue", 'max(tio_obligations{due="overdue"})', now=True),
                    Panel("Due within a day", 'max(tio_obligations{due="today"})', now=True),
                    Panel(
                        "Share of what is open that is overdue",
                        'max(tio_obligations{due="overdue"}) / sum(max by (due) (tio_obligations))',
                        unit="percentunit",
                    ),
                    Panel("Open by when it is due", "max by (due) (tio_obligations)", "{{due}}"),
                    Panel("Patients nobody can reach", "max(tio_patients_lost)"),
                ),
            ),
            (
                "The funnel, and how long it takes (not shown: fewer than eleven)",
                (
                    Panel("Came this far", "max by (step) (tio_programme_reached)", "{{step}}"),
                    Panel("Journeys by phase", "max by (phase) (tio_journeys)", "{{phase}}"),
                    Panel(
                        "Half had come this far, days after the first low phosphate",
                        'max by (step) (tio_programme_days{share="0.5"})',
                        "{{step}}",
                        unit="d",
                    ),
                    Panel(
                        "Nine in ten had come this far",
                        'max by (step) (tio_programme_days{share="0.9"})',
                        "{{step}}",
                        unit="d",
                    ),
                ),
            ),
        ),
    ),
    Page(
        "services",
        "TIO: services",
        (
            (
                "Requests",
                (
                    Panel(
                        "Requests a second",
                        "sum by (service) (rate(tio_http_requests_total[5m]))",
                        "{{service}}",
                        unit="reqps",
                    ),
                    Panel(
                        "Answered with an error of ours",
                        "tio:request_failed:ratio_5m",
                        "{{service}}",
                        unit="percentunit",
                    ),
                    Panel(
                        "99 of 100 are answered within",
                        quantile("0.99", "tio_http_request_duration", "service"),
                        "{{service}}",
                        unit="s",
                    ),
                    Panel(
                        "Refused, by code",
                        'sum by (code) (rate(tio_http_requests_total{code=~"4.."}[5m])'
                        " or 0 * rate(tio_http_requests_total[5m]))",
                        "{{code}}",
                        unit="reqps",
                    ),
                ),
            ),
            (
                "Processes",
                (
                    Panel("Memory", "process_resident_memory_bytes", "{{instance}}", unit="bytes"),
                    Panel("CPU", "rate(process_cpu_seconds_total[5m])", "{{instance}}"),
                ),
            ),
        ),
    ),
    Page(
        "workers",
        "TIO: workers",
        (
            (
                "Journeys at work",
                (
                    Panel(
                        "Pollers",
                        "sum by (poller_type) (temporal_num_pollers)",
                        "{{poller_type}}",
                    ),
                    Panel(
                        "Free places for work",
                        "sum by (worker_type) (temporal_worker_task_slots_available)",
                        "{{worker_type}}",
                    ),
                    Panel(
                        "Steps that failed, a minute",
                        "sum(rate(temporal_workflow_task_execution_failed_total[5m])) * 60"
                        " or vector(0)",
                    ),
                    Panel("Journeys in memory", "sum(temporal_sticky_cache_size)"),
                    Panel(
                        "Since each worker was last seen to work",
                        "time() - tio_worker_heartbeat_timestamp_seconds",
                        "{{instance}}",
                        unit="s",
                    ),
                ),
            ),
            (
                "How long work waits and takes",
                (
                    Panel(
                        "99 of 100 steps begin within",
                        quantile("0.99", "temporal_workflow_task_schedule_to_start_latency"),
                        unit="s",
                    ),
                    Panel(
                        "99 of 100 calls take up to",
                        quantile("0.99", "temporal_local_activity_execution_latency"),
                        unit="s",
                    ),
                ),
            ),
        ),
    ),
)


def drawn(page: Page) -> str:
    """The dashboard as Grafana reads it."""
    board = Dashboard(page.title).uid(f"tio-{page.name}").tags(["tio"]).refresh("1m")
    board = board.time("now-24h", "now").readonly()
    for heading, panels in page.rows:
        board = board.with_row(Row(heading))
        for panel in panels:
            board = board.with_panel(_panel(panel))
    return json.dumps(
        json.loads(JSONEncoder(sort_keys=True).encode(board.build())), indent=1, sort_keys=True
    )


def _panel(panel: Panel) -> stat.Panel | timeseries.Panel:
    query = Dataquery().ref_id("A").expr(panel.query).legend_format(panel.legend or panel.asks)
    drawing: stat.Panel | timeseries.Panel = stat.Panel() if panel.now else timeseries.Panel()
    width = NARROW if panel.now else WIDE
    drawing = drawing.title(panel.asks).unit(panel.unit).datasource(SOURCE)
    return drawing.height(HEIGHT).span(width).with_target(query)


def file_of(page: Page) -> Path:
    """Where this dashboard stands."""
    return HERE / f"{page.name}.json"


if __name__ == "__main__":
    for page in PAGES:
        file_of(page).write_text(drawn(page) + "\n", "utf-8")
