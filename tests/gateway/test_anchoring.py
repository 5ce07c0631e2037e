"""The newest record is noted elsewhere while the gateway runs: in a file, and with a syslog server."""

import asyncio
import contextlib
import socket
from datetime import UTC, datetime
from pathlib import Path

from cloister.gateway.identity.keys import load_or_create_key
from cloister.gateway.record.anchoring import keep_anchoring, keepers
from cloister.gateway.record.anchors import read_anchors
from cloister.gateway.record.verify import newest, verify_chain
from cloister.gateway.record.writing import AuditLog, Decision
from cloister.store import migrate, open_store

_NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def decision(index: int) -> Decision:
    fields = ("ada", "", "mlflow:GetRun", f"run/x/{index}", "GET", "/", "127.0.0.1", "ALLOW", "may", "rule", f"{index}")
    return Decision(_NOW, *fields)


async def run_for(seconds: float, *arguments: object) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(keep_anchoring(*arguments), seconds)  # type: ignore[arg-type]  # passed on as given


def test_the_newest_record_is_noted_elsewhere_once(tmp_path: Path) -> None:
    engine = open_store(f"sqlite:///{tmp_path}/cloister.db")
    migrate(engine, "gateway")
    key = load_or_create_key(tmp_path / "key.jwk")
    log, file = AuditLog(engine), tmp_path / "elsewhere" / "anchors"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        keep = keepers(file, f"127.0.0.1:{server.getsockname()[1]}")
        for index in range(2):
            log.record(decision(index)).result(timeout=30)
            # The folder is not there at first: what fails is tried again.
            (tmp_path / "elsewhere").mkdir(exist_ok=True) if index else None
            asyncio.run(run_for(0.5, engine, key, keep, 0.1, lambda: _NOW))
        message = server.recv(4096).decode()
    log.close()
    assert message.startswith("<110>cloister-anchor: ")
    anchors = read_anchors(file.read_text(), key)
    assert anchors == read_anchors(message, key)
    assert [(anchor.number, anchor.digest) for anchor in anchors] == [newest(engine)]
    assert verify_chain(engine, anchors) == (2, None)
    engine.dispose()
