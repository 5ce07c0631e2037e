"""What the gateway counts, for Prometheus: decisions, answers with their duration, who was held back.

Several workers count into files of one folder (the client library's multiprocess mode).
"""

from functools import lru_cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# Where several workers count; set before they are started.
SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

REGISTRY: Final = CollectorRegistry()
_DECISIONS: Final = Counter(
    "cloister_gateway_decisions", "Decisions on record.", ("action", "decision"), registry=REGISTRY
)
_ANSWERS: Final = Counter("cloister_gateway_requests", "Requests answered.", ("side", "status"), registry=REGISTRY)
_SECONDS: Final = Histogram(
    "cloister_gateway_request_seconds",
    "From a request's head to the end of its answer.",
    ("side",),
    buckets=_BUCKETS,
    registry=REGISTRY,
)
_ON_THEIR_WAY: Final = Gauge(
    "cloister_gateway_requests_in_flight",
    "Requests that are not answered yet.",
    ("side",),
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
HELD_BACK: Final = Counter("cloister_gateway_throttled", "Requests over a rate.", ("who",), registry=REGISTRY)
# A counter by its labels costs a lock and a look-up; these are as few as actions and statuses.
_KEPT: Final = 1024


@lru_cache(maxsize=_KEPT)
def decisions(action: str, decision: str) -> Counter:
    """The count of decisions of one kind."""
    return _DECISIONS.labels(action, decision)


@lru_cache(maxsize=_KEPT)
def answers(side: str, status: int) -> Counter:
    """The count of answers of one status."""
    return _ANSWERS.labels(side, str(status))


@lru_cache(maxsize=_KEPT)
def on_their_way(side: str) -> Gauge:
    """How many requests are not answered yet."""
    return _ON_THEIR_WAY.labels(side)


@lru_cache(maxsize=_KEPT)
def seconds(side: str) -> Histogram:
    """How long requests took."""
    return _SECONDS.labels(side)
