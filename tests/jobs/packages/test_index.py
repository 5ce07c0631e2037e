"""The index, asked by the clients that people use: it serves what is allowed and here, and nothing else."""

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from package_index import APPROVER, Served, sdist, serve, wheel  # type: ignore[import-not-found]  # as in conftest.py
from uv import find_uv_bin

from cloister.gateway.server.limits import Limits
from cloister.jobs.packages.simple import HTML, JSON

CLEAN = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


def pip(served: Served, target: Path, *wanted: str) -> "subprocess.CompletedProcess[str]":
    where = ("--isolated", "--index-url", served.simple, "--target", str(target), "--no-cache-dir", "--no-compile")
    command = [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *where, *wanted]
    return subprocess.run(command, env=CLEAN, capture_output=True, text=True, check=False)


def uv(served: Served, target: Path, *wanted: str) -> "subprocess.CompletedProcess[str]":
    where = ("--no-config", "--default-index", served.simple, "--target", str(target), "--no-cache")
    command = [find_uv_bin(), "pip", "install", "--python", sys.executable, *where, *wanted]
    return subprocess.run(command, env=CLEAN, capture_output=True, text=True, check=False)


Install = Callable[..., "subprocess.CompletedProcess[str]"]
CLIENTS = pytest.mark.parametrize("install", [pip, uv])


@CLIENTS
def test_what_is_allowed_installs_with_what_it_needs_where_that_is_allowed(
    install: Install, served: Served, tmp_path: Path
) -> None:
    for path in (wheel(tmp_path, "Top_Level", "1.0", "below>=2"), wheel(tmp_path, "below", "2.1+cpu")):
        served.take(path)
    served.allow("top.level==1.0", "below>=2,<3")
    done = install(served, tmp_path / "target", "TOP-level")
    assert done.returncode == 0, done.stderr
    assert sorted(one.name for one in (tmp_path / "target").glob("*.py")) == ["below.py", "top_level.py"]


def test_a_dependency_is_not_allowed_by_what_needs_it(served: Served, tmp_path: Path) -> None:
    for path in (wheel(tmp_path, "top", "1.0", "below"), wheel(tmp_path, "below", "2.1")):
        served.take(path)
    served.allow("top==1.0")
    done = pip(served, tmp_path / "target", "top")
    assert done.returncode != 0
    assert "below" in done.stderr
    served.index.note_refused()
    assert [(one.project, one.reason) for one in served.requests.refused()] == [("below", "is not on the allow-list")]


def test_versions_that_are_here_and_not_allowed_are_not_there(served: Served, tmp_path: Path) -> None:
    for version in ("1.0", "2.0"):
        served.take(wheel(tmp_path, "tool", version))
    served.allow("tool==1.0")
    assert uv(served, tmp_path / "one", "tool").returncode == 0
    assert (tmp_path / "one" / "tool.py").read_text() == 'VERSION = "1.0"\n'
    assert uv(served, tmp_path / "two", "tool==2.0").returncode != 0


@CLIENTS
def test_a_wheel_that_was_changed_on_the_disk_is_refused_quarantined_and_told(
    install: Install, served: Served, tmp_path: Path
) -> None:
    served.take(wheel(tmp_path, "tool"))
    served.allow("tool==1.0")
    kept = served.shelf.files / "tool-1.0-py3-none-any.whl"
    kept.write_bytes(wheel(tmp_path / "evil", "tool", files={"evil.py": b"pass\n"}).read_bytes())
    assert install(served, tmp_path / "target", "tool").returncode != 0
    assert not kept.exists()
    aside = sorted(one.suffix for one in served.shelf.quarantine.iterdir())
    assert len(aside) == 2
    assert aside[1] == ".txt"
    assert served.shelf.listed()[0].refused == "is not the file that was taken under this name: its hash is another one"
    # The file that was taken first mends it.
    served.take(wheel(tmp_path, "tool"))
    assert httpx.get(f"{served.simple}tool/").status_code in (200, 404)
    assert served.shelf.listed()[0].refused == ""


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/simple/Top_Level/", 301, "../top-level/"),
        ("/simple/top-level", 301, "top-level/"),
        ("/simple/t%C3%B6p/", 404, None),
        ("/simple/top\u0430/", 404, None),
        ("/simple/..%2f..%2fetc/", 404, None),
        ("/simple/unlisted/", 404, None),
        ("/files/..%2f..%2fcloister.db", 404, None),
        (f"/files/{'0' * 64}/top_level-1.0-py3-none-any.whl", 404, None),
        ("/files/x/..%2f..%2fcloister.db", 404, None),
    ],
)
def test_paths(path: str, status: int, location: str | None, served: Served, tmp_path: Path) -> None:
    served.take(wheel(tmp_path, "top-level"))
    served.allow("top-level==1.0")
    answer = httpx.get(served.url + path)
    assert (answer.status_code, answer.headers.get("location")) == (status, location)


def test_a_refusal_says_what_to_do(served: Served) -> None:
    assert httpx.get(f"{served.simple}seaborn/").text == (
        "seaborn is not on the allow-list\n"
        "mend: ask for it: cloister environment allow seaborn==VERSION --with-dependencies\n"
    )
    served.allow("seaborn==0.13.2")
    assert httpx.get(f"{served.simple}seaborn/").text == (
        "seaborn is allowed (seaborn==0.13.2), but no such file is here\n"
        "mend: bring the file in: cloister environment import seaborn-VERSION-….whl\n"
    )


def test_the_page_of_a_project_in_both_forms(served: Served, tmp_path: Path) -> None:
    made = wheel(tmp_path, "tool", "1.0", "below")
    served.take(made)
    served.allow("tool==1.0")
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    answer = httpx.get(f"{served.simple}tool/", headers={"accept": f"{HTML};q=0.1, {JSON}"})
    assert answer.headers["content-type"] == JSON
    document = answer.json()
    file = document["files"][0]
    metadata = httpx.get(f"{served.simple}tool/{file['url']}.metadata").content
    assert metadata == b"Metadata-Version: 2.1\nName: tool\nVersion: 1.0\nRequires-Dist: below\n"
    assert file.pop("upload-time").endswith("Z")
    assert document == {
        "meta": {"api-version": "1.1"},
        "name": "tool",
        "versions": ["1.0"],
        "files": [
            {
                "filename": "tool-1.0-py3-none-any.whl",
                "url": f"../../files/{digest}/tool-1.0-py3-none-any.whl",
                "hashes": {"sha256": digest},
                "size": made.stat().st_size,
                "core-metadata": {"sha256": hashlib.sha256(metadata).hexdigest()},
            }
        ],
    }
    plain = httpx.get(f"{served.simple}tool/", headers={"accept": "text/html"})
    assert f'<a href="../../files/{digest}/tool-1.0-py3-none-any.whl#sha256={digest}" data-dist-info' in plain.text
    assert httpx.get(f"{served.simple}", headers={"accept": JSON}).json()["projects"] == [{"name": "tool"}]
    assert httpx.get(f"{served.simple}tool/", headers={"accept": "image/png"}).status_code == 406


def test_source_archives_are_served_only_where_they_are_allowed_as_such(served: Served, tmp_path: Path) -> None:
    for name in ("plain", "built"):
        served.take(sdist(tmp_path, name))
    served.allow("plain==1.0")
    served.allow("built==1.0", with_source=True)
    assert httpx.get(f"{served.simple}plain/").status_code == 404
    assert "built-1.0.tar.gz" in httpx.get(f"{served.simple}built/").text


def test_what_is_revoked_is_gone_at_once(served: Served, tmp_path: Path) -> None:
    served.take(wheel(tmp_path, "tool"))
    served.allow("tool==1.0")
    assert httpx.get(f"{served.simple}tool/").status_code == 200
    served.requests.revoke(1, APPROVER, "")
    served.allow("other==1.0")
    assert httpx.get(f"{served.simple}tool/").status_code == 404


def test_whoever_holds_connections_without_asking_or_reading_does_not_hold_it_up(tmp_path: Path) -> None:
    served, stop = serve(tmp_path / "served", limits=Limits(head_seconds=0.2, idle_seconds=0.2, connections=3))
    try:
        served.take(wheel(tmp_path, "large", files={"large.bin": bytes(16_000_000)}))
        served.allow("large==1.0")
        (file,) = served.shelf.listed()
        wanted = f"GET /files/{file.sha256}/{file.filename} HTTP/1.1\r\nhost: x\r\n\r\n".encode()
        port = int(served.url.rpartition(":")[2])
        for said in (b"", wanted):
            with ExitStack() as held:
                for _ in range(3):
                    one = held.enter_context(socket.create_connection(("127.0.0.1", port)))
                    one.sendall(said)
                statuses = [httpx.get(f"{served.url}/health").status_code]
                while statuses[-1] != 200 and len(statuses) < 50:
                    time.sleep(0.1)
                    statuses.append(httpx.get(f"{served.url}/health").status_code)
                assert (statuses[0], statuses[-1]) == (503, 200)
    finally:
        stop()
