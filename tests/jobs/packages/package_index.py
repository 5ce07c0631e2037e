"""Wheels that tests build as they need them, and the index as a real server on loopback."""

import base64
import hashlib
import io
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from cloister.access.principals import Principal
from cloister.gateway.server.limits import Limits
from cloister.jobs.packages.index import Index
from cloister.jobs.packages.names import read_entry
from cloister.jobs.packages.requests import PackageRequests
from cloister.jobs.packages.serving import LIMITS, server
from cloister.jobs.packages.shelf import Shelf
from cloister.jobs.packages.tables import METADATA
from cloister.platform.ports import free_port
from cloister.store import open_store

ASKER = Principal("ada", "user")
APPROVER = Principal("abe", "user")


def record_of(files: Mapping[str, bytes], record: str) -> bytes:
    lines = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        lines.append(f"{name},sha256={digest},{len(content)}")
    return ("\n".join([*lines, f"{record},,"]) + "\n").encode()


def wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    *needs: str,
    files: Mapping[str, bytes] | None = None,
    claims: str = "",
    filename: str = "",
    raw: Mapping[str, bytes] | None = None,
) -> Path:
    """A wheel of one module. `claims` is the name in its metadata, `raw` goes in without standing in RECORD."""
    distribution = name.replace("-", "_")
    info = f"{distribution}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {claims or name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
    held = {
        f"{distribution.lower()}.py": f'VERSION = "{version}"\n'.encode(),
        **(files or {}),
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    held[f"{info}/RECORD"] = record_of(held, f"{info}/RECORD")
    made = folder / (filename or f"{distribution}-{version}-py3-none-any.whl")
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(made, "w") as archive:
        for path, content in {**held, **(raw or {})}.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return made


def sdist(folder: Path, name: str, version: str = "1.0", files: Mapping[str, bytes] | None = None) -> Path:
    made = folder / f"{name}-{version}.tar.gz"
    content = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(made, "w:gz") as archive:
        for path, held in {"PKG-INFO": content, **(files or {})}.items():
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(held)
            archive.addfile(member, io.BytesIO(held))
    return made


@dataclass
class Served:
    """A shelf, its allow-list, and the index that serves it."""

    folder: Path
    shelf: Shelf
    requests: PackageRequests
    index: Index
    url: str

    @property
    def simple(self) -> str:
        return f"{self.url}/simple/"

    def take(self, path: Path) -> None:
        self.shelf.take(path, path.name, "a test")

    def allow(self, *entries: str, with_source: bool = False) -> None:
        for text in entries:
            asked = self.requests.ask(
                read_entry(text), ASKER, "for tests", with_dependencies=False, with_source=with_source
            )
            self.requests.approve(asked.number, APPROVER, (asked.entry,), "")
        # It looks again at the next request.
        self.index._read = None


def serve(folder: Path, database: Engine | None = None, limits: Limits = LIMITS) -> tuple[Served, Callable[[], None]]:
    """An index of its own, and how to stop it."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = database or open_store(f"sqlite:///{folder}/cloister.db")
    METADATA.create_all(engine)
    shelf = Shelf(engine, folder / "packages", time.time)
    requests = PackageRequests(engine, time.time)
    index = Index(shelf, requests)
    port = free_port()
    running = server(index, "127.0.0.1", port, limits)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.01)

    def stop() -> None:
        running.should_exit = True
        thread.join()
        engine.dispose()

    return Served(folder, shelf, requests, index, f"http://127.0.0.1:{port}"), stop
