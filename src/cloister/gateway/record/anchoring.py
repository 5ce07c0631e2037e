"""The newest record noted elsewhere, again and again: in a file that is only appended to, or with a syslog server."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import anyio.to_thread
from joserfc.jwk import OKPKey
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cloister.gateway.record.anchors import sign_anchor
from cloister.gateway.record.verify import newest

_LOG: Final = logging.getLogger("cloister.anchoring")
# Facility "log audit" (13), severity "informational" (6): RFC 5424, 6.2.1.
_PRIORITY: Final = 13 * 8 + 6
Keep = Callable[[str], None]


def keepers(file: Path | None, syslog: str) -> tuple[Keep, ...]:
    """Where a line is to be kept."""
    to_file = (partial(_append, file),) if file else ()
    return (*to_file, *((partial(_send, syslog),) if syslog else ()))


async def keep_anchoring(
    engine: Engine, key: OKPKey, keep: Sequence[Keep], seconds: int, clock: Callable[[], datetime]
) -> None:
    """Note the newest record elsewhere whenever there is a new one, until cancelled. What fails is tried again."""
    noted = 0
    while True:
        try:
            noted = await anyio.to_thread.run_sync(_note, engine, key, keep, noted, clock())
        except (OSError, SQLAlchemyError) as error:
            _LOG.warning("the newest record could not be noted elsewhere: %s", error)
        await asyncio.sleep(seconds)


def _note(engine: Engine, key: OKPKey, keep: Sequence[Keep], noted: int, now: datetime) -> int:
    number, digest = newest(engine)
    if number != noted:
        line = sign_anchor(number, digest, key, now=now)
        for one in keep:
            one(line)
    return number


def _append(file: Path, line: str) -> None:
    """One write, so that the lines of several gateways do not mix."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(descriptor, f"{line}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _send(address: str, line: str) -> None:
    message = f"<{_PRIORITY}>cloister-anchor: {line}".encode()
    if address.startswith("/"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as local:
            local.sendto(message, address)
        return
    host, _, port = address.rpartition(":")
    family, kind, protocol, _, where = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as remote:
        remote.sendto(message, where)
