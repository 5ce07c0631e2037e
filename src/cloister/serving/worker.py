"""One deployment's process: one model on a Unix socket. `python -m cloister.serving.worker --config FILE`."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cloister.errors import CloisterError
from cloister.lifeline import die_with
from cloister.serving.config import WorkerConfig, read_config

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from cloister.serving.collection import Collector
    from cloister.serving.scoring import Model

MIRRORED = "x-cloister-mirrored"
PROBE = "x-cloister-probe"
REQUEST_ID = "x-request-id"
# The router lets idle connections go earlier, so that it never sends into one that the worker is closing.
KEEP_ALIVE_SECONDS = 60


def build_app(config: WorkerConfig, model: "Model", collector: "Collector | None") -> "Starlette":
    """The application of a worker: `/ping` and `/invocations`."""
    from starlette.applications import Starlette  # noqa: PLC0415 - after the leash, which must be quick
    from starlette.responses import JSONResponse, Response  # noqa: PLC0415 - as above
    from starlette.routing import Route  # noqa: PLC0415 - as above

    from cloister.serving.collection import Batch  # noqa: PLC0415 - as above
    from cloister.serving.errors import answer as answer_of  # noqa: PLC0415 - as above

    slots = asyncio.Semaphore(config.concurrent_requests)

    def score(request: "Request", body: bytes) -> bytes:
        is_probe = PROBE in request.headers
        keeps = collector is not None and not is_probe and collector.wants_next()
        scored = model.score(body, request.headers.get("content-type", ""), keeps=keeps)
        if collector is not None and keeps:
            collector.keep(
                Batch(
                    request_id=request.headers.get(REQUEST_ID, ""),
                    time=datetime.now(UTC),
                    deployment=config.deployment,
                    is_mirrored=MIRRORED in request.headers,
                    columns=scored.columns if config.collect_inputs else (),
                    rows=scored.rows if config.collect_inputs else [],
                    outputs=scored.outputs if config.collect_outputs else [],
                )
            )
        return scored.body

    async def invocations(request: "Request") -> "Response":
        body = await request.body()
        try:
            async with slots:
                answer = await asyncio.to_thread(score, request, body)
        except CloisterError as error:
            return answer_of(error)
        return Response(answer, media_type="application/json")

    async def ping(_request: "Request") -> "Response":
        kept, dropped = (collector.kept, collector.dropped) if collector else (0, 0)
        return JSONResponse({"pid": os.getpid(), "collected": kept, "dropped": dropped})

    @asynccontextmanager
    async def lifespan(_app: "Starlette") -> AsyncIterator[None]:
        yield
        if collector is not None:
            await asyncio.to_thread(collector.close)

    routes = [Route("/ping", ping), Route("/invocations", invocations, methods=["POST"])]
    return Starlette(routes=routes, lifespan=lifespan)


def serve(config: WorkerConfig) -> None:
    """Load the model and answer until SIGTERM; raises where the model is not what was fetched or not safe."""
    import uvicorn  # noqa: PLC0415 - after the leash, which must be quick

    from cloister.serving.collection import Collector, Files  # noqa: PLC0415 - as above
    from cloister.serving.registry import verify_files  # noqa: PLC0415 - as above
    from cloister.serving.scoring import Model  # noqa: PLC0415 - as above

    verify_files(config.model, config.thing)
    model = Model(config.model, config.thing)
    is_collecting = (config.collect_inputs or config.collect_outputs) and config.sampling_rate > 0
    collector = Collector(Files(config.collected), config.sampling_rate) if is_collecting else None
    config.socket.unlink(missing_ok=True)
    os.umask(0o077)
    app = build_app(config, model, collector)
    uvicorn.run(
        app,
        uds=str(config.socket),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )


def main() -> None:
    """Run a worker; leaves with 2 and the faults on stderr where it cannot serve."""
    parser = argparse.ArgumentParser(prog="python -m cloister.serving.worker")
    parser.add_argument("--config", type=Path, required=True)
    try:
        config = read_config(parser.parse_args().config, WorkerConfig)
        die_with(config.parent)
        serve(config)
    except CloisterError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - the log of a process is its stderr
        sys.exit(2)


if __name__ == "__main__":
    main()
