"""The gateway's processes: one, or several workers on one socket, each with an application of its own making."""

import logging
import os
import ssl
import threading
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import uvicorn

from cloister.errors import SourceError
from cloister.gateway.config import GatewayConfig
from cloister.gateway.server.protocol import BoundedHttp
from cloister.gateway.server.tls import Certificate, Tls
from cloister.gateway.watching.counting import SHARED_FOLDER

# Where a worker finds its configuration: it is a process of its own, started without arguments of ours.
_CONFIG: Final = "CLOISTER_GATEWAY_CONFIG"
_RENEW_SECONDS: Final = 5.0
_LOG: Final = logging.getLogger("uvicorn.error")


def serve(application: str, file: Path, config: GatewayConfig) -> None:
    """Serve until SIGTERM, then answer what was begun, within the time that the configuration gives for it.

    `application` names a function, as `module:name`, that makes the application of a process; there `config_file` tells
    where the configuration lies.
    """
    os.environ[_CONFIG] = str(file)
    if config.workers == 1:
        _run(application, config)
        return
    with TemporaryDirectory(prefix="cloister-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        _run(application, config)


def _run(application: str, config: GatewayConfig) -> None:
    uvicorn.run(
        application,
        factory=True,
        host=config.host,
        port=config.port,
        workers=config.workers,
        http=partial(BoundedHttp, config.limits),  # type: ignore[arg-type]  # called like the class
        ws="none",
        lifespan="on",
        access_log=False,  # the record of decisions is the log
        server_header=False,
        proxy_headers=False,  # nobody in front of us is trusted to say who asks
        limit_concurrency=config.limits.connections,
        timeout_graceful_shutdown=config.drain_seconds,
        ssl_context_factory=partial(_context, config.tls) if config.tls else None,
    )


def config_file() -> Path:
    """The configuration's file, in a process that `serve` started."""
    return Path(os.environ[_CONFIG])


def _context(tls: Tls, *_: object) -> ssl.SSLContext:
    """The TLS context of a worker, whose certificate is renewed as long as the process lives."""
    certificate = Certificate(tls)
    threading.Thread(target=_renew, args=(certificate,), name="certificate", daemon=True).start()
    return certificate.context


def _renew(certificate: Certificate) -> None:
    while True:
        time.sleep(_RENEW_SECONDS)
        try:
            certificate.renew()
        except SourceError as error:
            _LOG.error("%s", error)
