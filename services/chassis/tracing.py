"""One request's way through every process, for who looks for where the time went.

Off unless an address is set, and then nothing of this is around a request. Of each step a trace
holds what it was, when, how long, and whether it failed: route templates, types of workflows and
activities, codes. Ids, addresses and messages are taken out as the last thing before it leaves,
by a list of what may stay (docs/decisions/0033 says the same of numbers).
"""

from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

METHOD, ROUTE, CODE = "http.request.method", "http.route", "http.response.status_code"
MAY_STAY = frozenset([METHOD, ROUTE, CODE])
"""What of a step's attributes leaves the process."""

UNKNOWN_ROUTE = "unknown"
QUIET = ("/healthz", "/readyz", "/metrics")

CONTEXT = TraceContextTextMapPropagator()
"""Which trace, and nothing besides: baggage could be anything that somebody put into it."""

carried: list[str] = []
"""Whose traces this process takes part in; empty where it takes part in none."""


def carry(headers: MutableMapping[str, str]) -> None:
    """Let whoever is asked next go on with this trace."""
    if carried:
        CONTEXT.inject(headers)


def trace_id() -> str | None:
    """The trace that is being written at this moment, if one is."""
    context = trace.get_current_span().get_span_context()
    sampled = context.is_valid and context.trace_flags.sampled
    return trace.format_trace_id(context.trace_id) if sampled else None


def exemplar() -> dict[str, str] | None:
    """The same, as what stands beside a number and leads to one that was counted in it."""
    written = trace_id()
    return None if written is None else {"trace_id": written}


@cache
def tracer_for(service: str, url: str, share: float) -> Tracer:
    """Where the steps of this service are written; one for each, however often it is asked."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return tracer_to(OTLPSpanExporter(endpoint=url), service, share)


def tracer_to(exporter: "SpanExporter", service: str, share: float = 1.0) -> Tracer:
    """The same, written to whatever this exporter writes to."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    class Cleaned(SpanExporter):
        """The same exporter, given nothing but what may leave."""

        def export(self, spans: "Sequence[ReadableSpan]") -> SpanExportResult:
            return exporter.export([cleaned(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    provider = TracerProvider(
        resource=Resource({"service.name": f"tio-{service}"}),
        sampler=ParentBased(TraceIdRatioBased(share)),
    )
    provider.add_span_processor(BatchSpanProcessor(Cleaned()))
    carried.append(service)
    return provider.get_tracer("tio")


def cleaned(span: "ReadableSpan") -> "ReadableSpan":
    """This step without ids, addresses and words."""
    from opentelemetry.sdk.trace import ReadableSpan

    attributes = {name: said for name, said in (span.attributes or {}).items() if name in MAY_STAY}
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        links=[Link(link.context) for link in span.links],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


class Traced:
    """Around everything else of a service, where its steps are written somewhere."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app, self._tracer = app, tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request as a step of its caller's trace, or of one of its own."""
        if scope["type"] != "http" or scope["path"].endswith(QUIET):
            return await self._app(scope, receive, send)
        told = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in (b"traceparent", b"tracestate")
        }
        method, status = scope["method"], 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._tracer.start_as_current_span(
            method,
            CONTEXT.extract(told),
            kind=SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                await self._app(scope, receive, noted)
            finally:
                route = getattr(scope.get("route"), "path", None) or UNKNOWN_ROUTE
                span.update_name(f"{method} {route}")
                span.set_attributes({METHOD: method, ROUTE: route, CODE: status})
                if status == 0 or status >= 500:
                    span.set_status(StatusCode.ERROR)
