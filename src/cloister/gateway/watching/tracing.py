"""Traces by OpenTelemetry, where the standard variable OTEL_EXPORTER_OTLP_ENDPOINT names a collector; else none at all.

A span carries the request's id, under which the record tells who asked; names of people do not leave with telemetry.
"""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import Scope

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_CALLERS: Final = TraceContextTextMapPropagator()


class Tracing:
    """The spans of one process."""

    def __init__(self) -> None:
        self._provider = _provider() if any(os.environ.get(name) for name in _ENDPOINTS) else None

    def span(self, scope: Scope) -> AbstractContextManager[object]:
        """The span of a request, as a child of its caller's; nothing where nobody collects."""
        if self._provider is None:
            return nullcontext()
        told = {b"traceparent": "traceparent", b"tracestate": "tracestate"}
        carrier = {told[name]: value.decode("latin-1") for name, value in scope["headers"] if name in told}
        return self._provider.get_tracer("cloister.gateway").start_as_current_span(
            f"{scope['method']} {side_of(scope)}",
            context=_CALLERS.extract(carrier),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": scope["method"], "url.path": scope["path"][:500]},
            record_exception=False,
        )

    def close(self) -> None:
        """Send what waits."""
        if self._provider is not None:
            self._provider.shutdown()


def _provider() -> "TracerProvider":
    """Batches of spans to the collector, by the exporter's own variables; imported where somebody collects."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - as above
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above

    provider = TracerProvider(resource=Resource.create({"service.name": "cloister-gateway"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def side_of(scope: Scope) -> str:
    """Whether a request is for MLflow or for the gateway's own routes."""
    return "cloister" if scope["path"].startswith("/cloister/") else "mlflow"


def note(attributes: Mapping[str, str | int]) -> None:
    """Add to the request's span, where there is one."""
    span = trace.get_current_span()
    if span.is_recording():
        span.set_attributes(attributes)
