"""What can be counted without naming anybody. One registry per app; labels are closed sets."""

from collections.abc import Iterable, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric

from services.chassis import tracing

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

OPENMETRICS = "application/openmetrics-text"

PROCESS = CollectorRegistry()
"""What is true of the whole process, however many services live in it."""
ProcessCollector(registry=PROCESS)
PlatformCollector(registry=PROCESS)
GCCollector(registry=PROCESS)


class ServiceMetrics:
    """The counters of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "tio_http_requests",
            "Requests answered.",
            ["service", "route", "method", "code"],
            registry=self.registry,
        )
        self._durations = Histogram(
            "tio_http_request_duration_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ["service", "route", "method", "code"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, route: str, method: str, code: int, seconds: float) -> None:
        """Count one request."""
        place = (route, method, code)
        children = self._children.get(place)
        if children is None:
            labels = (self.service, route, method, str(code))
            children = self._requests.labels(*labels), self._durations.labels(*labels)
            self._children[place] = children
        children[0].inc()
        children[1].observe(seconds, tracing.exemplar() if tracing.carried else None)

    def counter(self, name: str, says: str, labels: Sequence[str] = ()) -> Counter:
        """A count that only grows; `name` without `_total`."""
        return Counter(name, says, labels, registry=self.registry)

    def gauge(self, name: str, says: str, labels: Sequence[str] = ()) -> Gauge:
        """A number that goes up and down."""
        return Gauge(name, says, labels, registry=self.registry)

    def histogram(
        self,
        name: str,
        says: str,
        labels: Sequence[str] = (),
        buckets: Sequence[float] = SECONDS,
    ) -> Histogram:
        """How long, or how much, and how often."""
        return Histogram(name, says, labels, buckets=buckets, registry=self.registry)


class _Together:
    """Several registries as one: families of the same name are merged, none is said twice."""

    def __init__(self, registries: Iterable[CollectorRegistry]) -> None:
        self._registries = list(registries)

    def collect(self) -> list[Metric]:
        """Every family once, with the samples of all."""
        families: dict[str, Metric] = {}
        for registry in self._registries:
            for family in registry.collect():
                known = families.get(family.name)
                if known is None:
                    families[family.name] = family
                else:
                    known.samples.extend(family.samples)
        return list(families.values())


def expose(registries: Iterable[CollectorRegistry], accept: str) -> tuple[bytes, str]:
    """These registries and the process as text, and its media type.

    OpenMetrics, unless the older text format is asked for by name.
    """
    together = CollectorRegistry()
    together.register(_Together([*registries, PROCESS]))
    encode, media_type = choose_encoder(accept if "text/plain" in accept else OPENMETRICS)
    return encode(together), media_type
