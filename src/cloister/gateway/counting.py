"""What the gateway counts, for Prometheus: decisions, answers with their duration, who was held back.

Several workers count into files of one folder (the client library's multiprocess mode).
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# Where several workers count; set before they are started.
SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

REGISTRY: Final = CollectorRegistry()
DECISIONS: Final = Counter(
    "cloister_gateway_decisions", "Decisions on record.", ("action", "decision"), registry=REGISTRY
)
ANSWERS: Final = Counter("cloister_gateway_requests", "Requests answered.", ("side", "status"), registry=REGISTRY)
SECONDS: Final = Histogram(
    "cloister_gateway_request_seconds",
    "From a request's head to the end of its answer.",
    ("side",),
    buckets=_BUCKETS,
    registry=REGISTRY,
)
ON_THEIR_WAY: Final = Gauge(
    "cloister_gateway_requests_in_flight",
    "Requests that are not answered yet.",
    ("side",),
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
HELD_BACK: Final = Counter("cloister_gateway_throttled", "Requests over a rate.", ("who",), registry=REGISTRY)
