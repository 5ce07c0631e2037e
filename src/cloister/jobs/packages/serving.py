"""The index over HTTP: whoever holds connections to it without asking, or without reading, does not hold it up."""

from functools import partial
from typing import Final

import uvicorn

from cloister.gateway.server.limits import Limits
from cloister.gateway.server.protocol import BoundedHttp
from cloister.jobs.packages.index import Index

# A step has at most 400 connections to all that it reaches. Each may hold a file, too.
LIMITS: Final = Limits(head_seconds=10, idle_seconds=30, connections=480)


def server(index: Index, host: str, port: int, limits: Limits = LIMITS) -> uvicorn.Server:
    """What serves the index, once it is run."""
    return uvicorn.Server(
        uvicorn.Config(
            index.application(),
            host=host,
            port=port,
            http=partial(BoundedHttp, limits),  # type: ignore[arg-type]  # called like the class
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            lifespan="off",
            limit_concurrency=limits.connections,
        )
    )
