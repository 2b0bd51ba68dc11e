"""Journeys as steps of a trace: who told them, what they called."""

from collections.abc import Sequence

from temporalio.client import Interceptor

from services.chassis.tracing import tracer_for


def interceptors(service: str, url: str | None, share: float) -> Sequence[Interceptor]:
    """What a client, and the worker that uses it, writes steps with; nothing without an address.

    The trace that began a run goes on in all of its steps. Only which trace it is stands in the
    history, as a header; what is written of a step loses its ids before it leaves.
    """
    if url is None:
        return ()
    from temporalio.contrib.opentelemetry import TracingInterceptor

    return [TracingInterceptor(tracer_for(service, url, share))]
