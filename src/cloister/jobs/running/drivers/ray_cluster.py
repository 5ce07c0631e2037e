"""The program of a step on Ray: starts a cluster for this step alone, runs the command beside it, and ends it.

The cluster is there on loopback addresses, asks each who connects for a token that is made here, and speaks TLS with
the certificates that the platform laid into the step's folder. Starting is tried again: Ray gives its own parts
15 seconds to tell each other their ports, which a busy machine exceeds (its issue 65983), so as many ports as can be
are fixed beforehand, other ones at each try.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .ports import reserve

_SHELL = "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh"
_TRIES = 4
_START_SECONDS = 60.0
_GRACE_SECONDS = 5.0
_LAST_LINES = 15
# Ports that a node would else find by itself and tell the others through files.
_PORTS = (
    "--node-manager-port",
    "--object-manager-port",
    "--dashboard-agent-listen-port",
    "--dashboard-agent-grpc-port",
    "--runtime-env-agent-port",
    "--metrics-export-port",
)
_COUNT = (
    "import ray, sys; ray.init(logging_level='ERROR', log_to_driver=False);"
    " sys.exit(sum(node['Alive'] for node in ray.nodes()) != int(sys.argv[1]))"
)


def main(text: str) -> int:
    """Run the command of the specification beside a cluster of so many nodes."""
    spec: dict[str, Any] = json.loads(text)
    ray = Path(sys.executable).with_name("ray")
    if not ray.exists():
        _say("this step is distributed over Ray, and its environment has none: add ray to its requirements")
        return 1
    # Ray puts sockets below, whose paths may have 107 characters: the step's own folder is too deep.
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        settings = variables(Path(os.environ["HOME"]), spec["nodes"])
        return _run(Cluster(ray, spec["nodes"], settings, Path(folder)), spec["command"])


def _run(cluster: "Cluster", command: str) -> int:
    for attempt in range(1, _TRIES + 1):
        began = time.monotonic()
        if cluster.start():
            _say(f"Ray is up after {time.monotonic() - began:.1f} s, attempt {attempt}")
            return cluster.beside(command)
        cluster.stop()
        if cluster.told_to_end:
            return 128 + signal.SIGTERM
    _say(f"Ray did not start in {_TRIES} attempts; its last words:")
    _say_last_lines(cluster.last_log)
    return 1


def variables(home: Path, nodes: int) -> "dict[str, str]":
    """What makes every part of Ray in this step use the loopback address, a token and TLS, and tell nobody."""
    token = home / ".ray-token"
    token.unlink(missing_ok=True)
    with os.fdopen(os.open(token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
    certificates = home / ".ray-tls"
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token),
        "RAY_USE_TLS": "1",
        "RAY_TLS_SERVER_CERT": str(certificates / "certificate.pem"),
        "RAY_TLS_SERVER_KEY": str(certificates / "key.pem"),
        "RAY_TLS_CA_CERT": str(certificates / "authority.pem"),
        "RAY_USAGE_STATS_ENABLED": "0",
        # Off, 127.0.0.1 stays what it is, and no other node may join.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0" if nodes == 1 else "1",
    }


class Cluster:
    """The cluster's nodes as processes, from their start to their end."""

    def __init__(self, ray: Path, nodes: int, settings: "Mapping[str, str]", folder: Path) -> None:
        self._ray = ray
        self._count = nodes
        self._settings = dict(settings)
        self._nodes: list[subprocess.Popen[bytes]] = []
        self._claims: Sequence[object] = ()
        self._folder = folder
        self.log = self._folder / "start.log"
        self.last_log = self._folder / "last.log"
        self.told_to_end = False
        signal.signal(signal.SIGTERM, self._note_the_end)

    def start(self) -> bool:
        """Whether all nodes are up; what is said meanwhile goes into the log."""
        ports, self._claims = reserve(1 + len(_PORTS) * self._count)
        address = f"{address_of(0, self._count)}:{ports[0]}"
        self._settings["RAY_ADDRESS"] = address
        cpus = max(len(os.sched_getaffinity(0)) // self._count, 1)
        for number in range(self._count):
            # A step's /tmp is memory; what does not fit into Ray's store goes to disk.
            own = ["--temp-dir", str(self._folder), "--object-spilling-directory", os.environ["HOME"]]
            where = ["--head", "--port", str(ports[0]), "--include-dashboard", "false", *own]
            fixed = ports[1 + number * len(_PORTS) :]
            options = [word for name, port in zip(_PORTS, fixed, strict=False) for word in (name, str(port))]
            line = [str(self._ray), "start", *(where if number == 0 else ["--address", address])]
            line += ["--node-ip-address", address_of(number, self._count), "--num-cpus", str(cpus), *options]
            line += ["--disable-usage-stats", "--block"]
            with self.log.open("ab") as log:
                self._nodes.append(subprocess.Popen(line, stdout=log, stderr=log, env=self._environment()))
            if not self._waited_for(number + 1):
                return False
        return True

    def beside(self, command: str) -> int:
        """The exit code of the command, run while the cluster is up; the cluster's end is its end as well."""
        running = subprocess.Popen([_SHELL, "-c", command], env=self._environment())
        while running.poll() is None:
            if not self.told_to_end and any(node.poll() is not None for node in self._nodes):
                _say("a node of Ray ended, and the command with it; its last words:")
                _say_last_lines(self.log)
                self.told_to_end = True
                _end(running)
            time.sleep(0.05)
        self.stop()
        return running.returncode if running.returncode >= 0 else 128 - running.returncode

    def stop(self) -> None:
        """End the nodes, gently at first, the head last."""
        for node in reversed(self._nodes):
            _end(node)
        self._nodes.clear()
        for left in self._folder.glob("session_*"):
            shutil.rmtree(left, ignore_errors=True)
        # The next start counts from nothing.
        if self.log.exists():
            self.log.replace(self.last_log)

    def _are_up(self, count: int) -> bool:
        """Whether so many nodes are alive, as a driver sees it."""
        line = [sys.executable, "-I", "-c", _COUNT, str(count)]
        with self.log.open("ab") as log:
            try:
                asked = subprocess.run(
                    line, stdout=log, stderr=log, env=self._environment(), timeout=_START_SECONDS, check=False
                )
            except subprocess.TimeoutExpired:
                return False
        return asked.returncode == 0

    def _waited_for(self, count: int) -> bool:
        """Whether so many nodes were up in time, while none had ended."""
        give_up = time.monotonic() + _START_SECONDS
        while time.monotonic() < give_up and not self.told_to_end:
            if any(node.poll() is not None for node in self._nodes):
                return False
            # A driver would wait for a head that is not there; each node says when it is.
            if self.log.read_bytes().count(b"Ray runtime started") >= count and self._are_up(count):
                return True
            time.sleep(0.05)
        return False

    def _environment(self) -> "dict[str, str]":
        return {**os.environ, **self._settings}

    def _note_the_end(self, _number: int, _frame: object) -> None:
        self.told_to_end = True


def address_of(node: int, count: int) -> str:
    """The node's own loopback address.

    Where there is one node, Ray listens nowhere else. Of several none may be 127.0.0.1, which Ray turns into the
    machine's address in its network; their schedulers listen everywhere, and the token and TLS stand before them.
    """
    return "127.0.0.1" if count == 1 else f"127.0.0.{2 + node}"


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process, gently at first."""
    process.terminate()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _say(told: str) -> None:
    sys.stdout.write(f"cloister: {told}\n")
    sys.stdout.flush()


def _say_last_lines(log: Path) -> None:
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]:
        _say(f"  {line}")
