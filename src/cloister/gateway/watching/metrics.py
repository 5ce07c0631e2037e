"""`/cloister/metrics`: what the gateway counts, for a Prometheus that scrapes it."""

import os

import anyio.to_thread
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cloister.gateway.guard import Guard
from cloister.gateway.watching.counting import REGISTRY, SHARED_FOLDER

_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class MetricsRoutes:
    """The route, for whoever may `cloister:ReadMetrics`; a scrape brings a bearer token."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def routes(self) -> list[Route]:
        """What is mounted under `/cloister/`."""
        return [Route("/cloister/metrics", self.metrics, methods=["GET"])]

    async def metrics(self, request: Request) -> Response:
        """All counts in Prometheus' text format."""
        await self._guard.require(request.scope, "cloister:ReadMetrics")
        return Response(await anyio.to_thread.run_sync(_latest), media_type=_TEXT)


def _latest() -> bytes:
    if SHARED_FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # the library has no type for it
    return generate_latest(shared)
