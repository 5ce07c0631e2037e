"""Counts and times of each deployment, in the text format of Prometheus (version 0.0.4)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


@dataclass(slots=True)
class _Latency:
    counts: list[int] = field(default_factory=lambda: [0] * (len(_BOUNDS) + 1))
    total_seconds: float = 0.0

    def add(self, seconds: float) -> None:
        self.total_seconds += seconds
        self.counts[next((index for index, bound in enumerate(_BOUNDS) if seconds <= bound), len(_BOUNDS))] += 1


@dataclass(slots=True)
class Metrics:
    """What the router counts since it started."""

    _requests: dict[tuple[str, str, int], int] = field(default_factory=lambda: defaultdict(int))
    _latency: dict[tuple[str, str], _Latency] = field(default_factory=lambda: defaultdict(_Latency))
    _mirrored: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))

    def answered(self, endpoint: str, deployment: str, status: int, seconds: float) -> None:
        """Count a live request; `deployment` is empty where none was chosen."""
        self._requests[endpoint, deployment, status] += 1
        self._latency[endpoint, deployment].add(seconds)

    def mirrored(self, endpoint: str, deployment: str, outcome: str) -> None:
        """Count a copy: `sent`, `failed` or `dropped`."""
        self._mirrored[endpoint, deployment, outcome] += 1

    def render(self, collected: Iterable[tuple[str, str, int, int]]) -> str:
        """All of it as text; `collected` gives endpoint, deployment, batches kept and dropped."""
        return "\n".join([*self._request_lines(), *self._mirror_lines(), *_collected_lines(collected), ""])

    def _request_lines(self) -> Iterator[str]:
        yield "# TYPE cloister_requests_total counter"
        for (endpoint, deployment, status), count in sorted(self._requests.items()):
            yield f'cloister_requests_total{{{_labels(endpoint, deployment)},status="{status}"}} {count}'
        yield "# TYPE cloister_request_seconds histogram"
        for (endpoint, deployment), latency in sorted(self._latency.items()):
            labels, below = _labels(endpoint, deployment), 0
            for bound, count in zip((*map(str, _BOUNDS), "+Inf"), latency.counts, strict=True):
                below += count
                yield f'cloister_request_seconds_bucket{{{labels},le="{bound}"}} {below}'
            yield f"cloister_request_seconds_sum{{{labels}}} {latency.total_seconds:.6f}"
            yield f"cloister_request_seconds_count{{{labels}}} {below}"

    def _mirror_lines(self) -> Iterator[str]:
        yield "# TYPE cloister_mirrored_total counter"
        for (endpoint, deployment, outcome), count in sorted(self._mirrored.items()):
            yield f'cloister_mirrored_total{{{_labels(endpoint, deployment)},outcome="{outcome}"}} {count}'


def _collected_lines(collected: Iterable[tuple[str, str, int, int]]) -> Iterator[str]:
    yield "# TYPE cloister_collected_batches gauge"
    for endpoint, deployment, kept, dropped in sorted(collected):
        labels = _labels(endpoint, deployment)
        yield f'cloister_collected_batches{{{labels},outcome="kept"}} {kept}'
        yield f'cloister_collected_batches{{{labels},outcome="dropped"}} {dropped}'


def _labels(endpoint: str, deployment: str) -> str:
    """Names are letters, digits and hyphens (checked in `values.py`): nothing to escape."""
    return f'endpoint="{endpoint}",deployment="{deployment}"'
