"""Steps on Ray: what is asked of its parts without Ray, and with Ray, where it is installed, that they meet."""

import importlib.util
import socket
import ssl
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloister.jobs.planning.plan import Distribution, PlannedStep
from cloister.jobs.records.status import JobStatus
from cloister.jobs.running.commands import Ended
from cloister.jobs.running.drivers.ray_cluster import address_of
from cloister.jobs.running.lines import line_of
from cloister.jobs.running.ray_certificates import write_certificates

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess, RunLine

RAY = Distribution("ray")
with_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed: cloister[ray]")


def on_ray(command: str, instances: int = 1) -> str:
    return line_of(PlannedStep("a", command, distribution=RAY, instance_count=instances), {}, {})


def home(folder: Path) -> dict[str, str]:
    """A PATH with a Python that has what lies beside it, and a home."""
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    return {"PATH": f"{folder}/bin:/usr/bin:/bin", "HOME": str(folder)}


def test_an_environment_without_ray_is_told(run_line: "RunLine", tmp_path: Path) -> None:
    told = "cloister: this step is distributed over Ray, and its environment has none: add ray to its requirements\n"
    assert run_line(on_ray("true"), tmp_path, home(tmp_path)) == (Ended(1), told)


def test_a_ray_that_does_not_start_is_tried_again_and_then_told(run_line: "RunLine", tmp_path: Path) -> None:
    variables = home(tmp_path)
    ray = tmp_path / "bin" / "ray"
    ray.write_text('#!/bin/sh\necho "$@" >> tried\necho "no port file"\nexit 1\n')
    ray.chmod(0o755)
    ended, log = run_line(on_ray("true"), tmp_path, variables)
    told = "cloister: Ray did not start in 4 attempts; its last words:\ncloister:   no port file\n"
    assert (ended, log) == (Ended(1), told)
    tried = [line.split() for line in (tmp_path / "tried").read_text().splitlines()]
    assert [words[:2] for words in tried] == [["start", "--head"]] * 4
    assert all(words[words.index("--node-ip-address") + 1] == "127.0.0.1" for words in tried)
    # Nothing is left to the port files that a slow machine does not write in time.
    fixed = [[word for word in words if word.isdecimal() and int(word) > 10_000] for words in tried]
    assert all(len(set(ports)) == 7 for ports in fixed)
    assert not list(Path("/tmp").glob(f"ray-*/{tmp_path.name}"))


@pytest.mark.parametrize(("count", "addresses"), [(1, ["127.0.0.1"]), (3, ["127.0.0.2", "127.0.0.3", "127.0.0.4"])])
def test_nodes_have_loopback_addresses(count: int, addresses: list[str]) -> None:
    assert [address_of(node, count) for node in range(count)] == addresses


def context(folder: Path, *, authority: Path, server: bool) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    made.load_verify_locations(authority / "authority.pem")
    made.verify_mode = ssl.CERT_REQUIRED
    return made


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "127.0.0.65"])
@pytest.mark.parametrize("known", [True, False])
def test_parts_of_one_step_trust_each_other_and_nobody_else(tmp_path: Path, address: str, known: bool) -> None:
    """A real handshake in which both ends show a certificate."""
    one, other = tmp_path / "one", tmp_path / "other"
    write_certificates(one)
    write_certificates(other)
    assert oct((one / "key.pem").stat().st_mode & 0o777) == "0o600"
    server = context(one, authority=one, server=True)
    client = context(one if known else other, authority=one if known else other, server=False)
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            with server.wrap_socket(ours, server_side=True) as peer:
                peer.sendall(b"hello")
        except OSError:
            ours.close()

    threading.Thread(target=serve, daemon=True).start()
    if known:
        with client.wrap_socket(theirs, server_hostname=address) as mine:
            assert mine.recv(5) == b"hello"
    else:
        with pytest.raises(ssl.SSLCertVerificationError):
            client.wrap_socket(theirs, server_hostname=address)
    theirs.close()


SQUARES = """\
import os, ray
ray.init(logging_level="ERROR", log_to_driver=False)
@ray.remote
def square(x):
    return x * x, os.getuid() != 0 or os.environ["AGENT_UID"] != "0"
print(sorted({alone for _, alone in ray.get([square.remote(x) for x in range(8)])}))
print(sum(node["Alive"] for node in ray.nodes()), sum(x for x, _ in ray.get([square.remote(x) for x in range(4)])))
"""
# One without a certificate, and one with a certificate and another token: Ray asks that one for long, in vain.
STRANGERS = """\
import os, socket, ssl, sys
host, port = os.environ["RAY_ADDRESS"].split(":")
blind = ssl.create_default_context(cafile=os.environ["RAY_TLS_CA_CERT"])
try:
    with blind.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host) as peer:
        peer.sendall(b"PRI * HTTP/2.0")
        answer = peer.recv(1)
except OSError:
    answer = b""
print("answered" if answer else "refused")
token = os.path.join(os.environ["HOME"], "wrong")
open(token, "w").write("0" * 64)
os.environ["RAY_AUTH_TOKEN_PATH"] = token
sys.stdout.flush()
import ray
ray.init(logging_level="CRITICAL")
print("let in")
"""


@with_ray
@pytest.mark.platform
@pytest.mark.parametrize("nodes", [1, 2])
def test_a_step_runs_beside_a_cluster_of_its_own(fresh: "AgentProcess", tmp_path: Path, nodes: int) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "squares.py").write_text(SQUARES)
    (tmp_path / "code" / "strangers.py").write_text(STRANGERS)
    fresh.start()
    line = "AGENT_UID=0 python squares.py && timeout 10 python strangers.py 2>/dev/null; exit 3"
    step = fresh.step("a", line, code="code/0")
    name = fresh.submit(replace(step, distribution=RAY, instance_count=nodes), code=tmp_path / "code")
    record = fresh.ended(name)
    up, *printed = fresh.printed(name, "a").splitlines()
    assert up.startswith("cloister: Ray is up after ")
    assert printed == ["[True]", f"{nodes} 14", "refused"]
    assert (record.status, record.step("a").reason) == (JobStatus.FAILED, "it exited with code 3")
