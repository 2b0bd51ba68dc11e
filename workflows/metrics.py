"""Temporal's own metrics as Prometheus families, so that one address shows everything.

The SDK counts into a buffer; whoever collects drains it, and in between it is drained regularly.
"""

import asyncio
import logging
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from temporalio.runtime import (
    BUFFERED_METRIC_KIND_COUNTER,
    BUFFERED_METRIC_KIND_GAUGE,
    BufferedMetricUpdate,
    LogForwardingConfig,
    LoggingConfig,
    MetricBuffer,
    MetricBufferDurationFormat,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.worker import Worker

BEAT = "tio_worker_heartbeat_timestamp_seconds"
BUFFERED = 100_000
DRAIN_SECONDS = 5.0
SECONDS = (0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 3600.0)

Labels = tuple[tuple[str, str], ...]


class _Distribution:
    """One histogram series."""

    def __init__(self) -> None:
        self.counts = [0] * (len(SECONDS) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(SECONDS, value)] += 1
        self.sum += value

    def cumulative(self) -> Iterator[tuple[str, int]]:
        """Upper bound and count of everything up to it."""
        total = 0
        for bound, count in zip((*map(str, SECONDS), "+Inf"), self.counts, strict=True):
            total += count
            yield bound, total


class TemporalMetrics(Collector):
    """`runtime` is for the one client of this process; `registry` joins the service's own."""

    def __init__(self) -> None:
        self._buffer = MetricBuffer(BUFFERED, MetricBufferDurationFormat.SECONDS)
        core = LogForwardingConfig(logging.getLogger("temporalio.core"))
        filter = TelemetryFilter(core_level="WARN", other_level="ERROR")
        self.runtime = Runtime(
            telemetry=TelemetryConfig(
                metrics=self._buffer, logging=LoggingConfig(filter=filter, forwarding=core)
            )
        )
        self._says: dict[str, tuple[str, str]] = {}
        self._numbers: dict[str, dict[Labels, float]] = {}
        self._distributions: dict[str, dict[Labels, _Distribution]] = {}
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self._worker: Worker | None = None
        self._beat = Gauge(BEAT, "When the worker was last seen to work.", registry=self.registry)

    def watch(self, worker: Worker) -> None:
        """From now on it is this worker that is to be seen working."""
        self._worker = worker

    @asynccontextmanager
    async def drained(self) -> AsyncIterator[None]:
        """Keep the buffer from filling while nobody collects."""
        task = asyncio.create_task(self._keep_drained())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _keep_drained(self) -> None:
        while True:
            if self._worker is not None and self._worker.is_running:
                self._beat.set_to_current_time()
            await asyncio.sleep(DRAIN_SECONDS)
            self._drain()

    def collect(self) -> Iterable[Metric]:
        """Every family, as of now."""
        self._drain()
        for name, (kind, says) in sorted(self._says.items()):
            family = Metric(name, says, kind)
            suffix = "_total" if kind == "counter" else ""
            for labels, value in self._numbers.get(name, {}).items():
                family.add_sample(name + suffix, dict(labels), value)
            for labels, distribution in self._distributions.get(name, {}).items():
                for bound, count in distribution.cumulative():
                    family.add_sample(f"{name}_bucket", {**dict(labels), "le": bound}, count)
                family.add_sample(f"{name}_count", dict(labels), count)
                family.add_sample(f"{name}_sum", dict(labels), distribution.sum)
            yield family

    def _drain(self) -> None:
        for update in self._buffer.retrieve_updates():
            self._take(update)

    def _take(self, update: BufferedMetricUpdate) -> None:
        metric = update.metric
        labels = tuple(sorted((key, str(value)) for key, value in update.attributes.items()))
        if metric.kind == BUFFERED_METRIC_KIND_COUNTER:
            name, kind = metric.name.removesuffix("_total"), "counter"
            series = self._numbers.setdefault(name, {})
            series[labels] = series.get(labels, 0) + update.value
        elif metric.kind == BUFFERED_METRIC_KIND_GAUGE:
            name, kind = metric.name, "gauge"
            self._numbers.setdefault(name, {})[labels] = update.value
        else:
            in_seconds = metric.unit in ("s", "duration")
            name = f"{metric.name}_seconds" if in_seconds else metric.name
            kind = "histogram"
            spread = self._distributions.setdefault(name, {})
            spread.setdefault(labels, _Distribution()).observe(update.value)
        self._says.setdefault(name, (kind, metric.description or metric.name))
