"""Spans of OpenTelemetry (OTLP over HTTP), read once: which traces they belong to, and what is passed on.

The experiment, and a run to link them to, stand in headers; a trace's id stands in each of its spans, and MLflow puts a
span into whichever trace carries its id. What is passed on is written anew from what was read, without encoding.
"""

import base64
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from cloister.errors import Fault
from cloister.gateway.faults import TooLargeError
from cloister.gateway.mlflow.canonical import Canonical, ambiguous, read_json
from cloister.gateway.mlflow.routes import Match
from cloister.gateway.mlflow.traces import check_trace_tags

_PROTOBUF: Final = "application/x-protobuf"
_EXPERIMENT: Final = "x-mlflow-experiment-id"
_RUN: Final = "x-mlflow-run-id"
_TAG: Final = "mlflow.traceTag."
_ID_BYTES: Final = 16
# The windows of zlib's decoder: with a gzip header, with a zlib header.
_WINDOWS: Final = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def read_otlp(match: Match, headers: Iterable[tuple[bytes, bytes]], query: bytes, text: bytes, limit: int) -> Canonical:
    """The one reading of a request that brings spans. Raises SpecError on what could be read differently."""
    if query:
        raise ambiguous(thing="query", reason="does not belong to spans")
    found = list(headers)
    text = _decompressed(text, _header(found, "content-encoding"), limit)
    media, _, _ = (_header(found, "content-type") or "").partition(";")
    request = _read_json(text) if media.strip() == "application/json" else _read_protobuf(text, media.strip())
    spans = list(_spans(request))
    if not spans:
        raise ambiguous(thing="body", reason="holds no spans")
    check_trace_tags(
        key.removeprefix(_TAG)
        for span in spans
        for key in (attribute.key for attribute in span.attributes)
        if key.startswith(_TAG)
    )
    named = [(_EXPERIMENT, _header(found, _EXPERIMENT)), (_RUN, _header(found, _RUN))]
    return Canonical(
        route=match.route,
        target=match.route.path,
        body=request.SerializeToString(),
        document={},
        values={
            **{name: (value,) for name, value in named if value},
            "trace_ids": tuple(dict.fromkeys(_trace_id(span) for span in spans)),
        },
        headers=(
            (b"content-type", _PROTOBUF.encode()),
            *((name.encode(), value.encode()) for name, value in named if value),
        ),
    )


def _header(headers: Iterable[tuple[bytes, bytes]], name: str) -> str | None:
    values = [value.decode("latin-1") for key, value in headers if key.lower() == name.encode()]
    if len(values) > 1:
        raise ambiguous(thing=name, reason="stands twice")
    if values and not (values[0].isascii() and values[0].isprintable()):
        raise ambiguous(thing=name, reason="holds a character that does not belong into a header")
    return values[0] if values else None


def _decompressed(text: bytes, encoding: str | None, limit: int) -> bytes:
    if encoding is None:
        return text
    if encoding not in _WINDOWS:
        raise ambiguous(thing="content-encoding", reason="is neither gzip nor deflate")
    decoder = zlib.decompressobj(_WINDOWS[encoding])
    try:
        plain = decoder.decompress(text, limit + 1)
    except zlib.error as error:
        raise ambiguous(thing="body", reason=f"is not the {encoding} that it should be") from error
    if len(plain) > limit:
        reason = f"is larger than {limit} bytes, which is what is read for a decision"
        raise TooLargeError(Fault("body", reason, "send fewer spans in one request"))
    if not decoder.eof or decoder.unused_data:
        raise ambiguous(thing="body", reason=f"is cut off, or more than one stream of {encoding}")
    return plain


def _read_protobuf(text: bytes, media: str) -> ExportTraceServiceRequest:
    if media != _PROTOBUF:
        raise ambiguous(thing="Content-Type", reason=f"is neither {_PROTOBUF} nor application/json")
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(text)
    except DecodeError as error:
        raise ambiguous(thing="body", reason="is no message of OpenTelemetry") from error
    request.DiscardUnknownFields()
    return request


def _read_json(text: bytes) -> ExportTraceServiceRequest:
    document = read_json(text, empty_is_object=False)
    try:
        for span in _json_spans(document):
            span.update({name: _base64(span[name]) for name in ("traceId", "spanId", "parentSpanId") if span.get(name)})
        request = ExportTraceServiceRequest()
        ParseDict(document, request)
    except (ParseError, ValueError, AttributeError, TypeError) as error:
        raise ambiguous(thing="body", reason="is no message of OpenTelemetry in JSON") from error
    return request


def _json_spans(document: dict[str, object]) -> Iterator[dict[str, object]]:
    level: list[dict[str, object]] = [document]
    for name in ("resourceSpans", "scopeSpans", "spans"):
        level = [below for item in level for below in _objects(item.get(name, []))]
    yield from level


def _objects(value: object) -> list[dict[str, object]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        message = "no list of objects"
        raise ValueError(message)
    return value


def _base64(identity: object) -> str:
    """An id, hexadecimal in OpenTelemetry's JSON, as protobuf's own JSON writes bytes."""
    return base64.b64encode(bytes.fromhex(str(identity))).decode("ascii")


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            yield from scope_spans.spans


def _trace_id(span: Span) -> str:
    """A trace's id as MLflow writes it (mlflow 3.17.2, tracing/utils: generate_mlflow_trace_id_from_otel_trace_id)."""
    if len(span.trace_id) != _ID_BYTES:
        raise ambiguous(thing="trace id of a span", reason=f"does not have {_ID_BYTES} bytes")
    return f"tr-{span.trace_id.hex()}"
