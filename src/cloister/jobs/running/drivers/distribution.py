"""The program of a distributed step: starts its processes, hears them, and ends them all when one fails.

What rank 0 prints is the step's log; what each prints is in a file of its own, named as Azure ML names it. Ends with 0
when all have, else with the code of the first that failed.
"""

import json
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Any

from .logs import Log
from .ports import reserve
from .ranks import Rank, cluster, group
from .redaction import telling_values
from .said import say, say_raw

LOGS = Path("user_logs")
_GRACE_SECONDS = 5.0
_LAST_LINES = 20
_LONGEST_LOG = 64 * 1024 * 1024
_SHELL = "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh"


def main(text: str) -> int:
    """Run the command of the specification in all its processes."""
    spec: dict[str, Any] = json.loads(text)
    if spec["kind"] == "mpi":
        if mpirun := shutil.which("mpirun"):
            return _exec_mpirun(mpirun, spec)
        say("there is no mpirun here: the processes are started with Open MPI's variables, and no MPI between them")
    # Held until all have ended.
    ports, _claims = reserve(spec["workers"] + spec["servers"] if spec["kind"] == "tensorflow" else 1)
    if spec["kind"] == "tensorflow":
        ranks = cluster(spec["workers"], spec["servers"], ports, spec["variables"])
    else:
        ranks = group(spec["nodes"], spec["processes"], ports[0], spec["variables"])
    return Together(spec["command"], ranks, telling_values(os.environ.items())).run()


def _exec_mpirun(mpirun: str, spec: "dict[str, Any]") -> int:
    """Become mpirun, which starts the ranks, tells them who they are, and ends all when one fails."""
    count = spec["nodes"] * spec["processes"]
    # What is the same for all; mpirun tells each the rest.
    everywhere = {name: value for name, value in spec["variables"].items() if value.startswith("master_")}
    ports, _claims = reserve(1)
    shared = group(1, 1, ports[0], everywhere)[0].variables
    told = subprocess.run([mpirun, "--version"], capture_output=True, text=True, check=False).stdout
    flags = []
    if "Open MPI" in told or "open-mpi" in told:
        flags = ["--oversubscribe", "--bind-to", "none", *(["--allow-run-as-root"] if os.geteuid() == 0 else [])]
    say(f"{told.strip().splitlines()[0] if told.strip() else mpirun}: {count} ranks")
    line = [mpirun, *flags, "-n", str(count), _SHELL, "-c", spec["command"]]
    os.execve(mpirun, line, {**os.environ, **shared})  # noqa: S606 - mpirun is this process from here on


class Together:
    """The processes of one step, from their start to their common end."""

    def __init__(self, command: str, ranks: "list[Rank]", secrets: "Sequence[str]") -> None:
        self._command = command
        self._ranks = ranks
        self._secrets = secrets
        self._ended: queue.SimpleQueue[tuple[Rank, int]] = queue.SimpleQueue()
        self._started: dict[int, subprocess.Popen[bytes]] = {}
        self._pumps: list[threading.Thread] = []
        self._last: dict[int, deque[bytes]] = {}
        self._told_to_end = False

    def run(self) -> int:
        """Start all, and wait for them; returns the exit code of the whole."""
        # The group's SIGTERM reaches every rank by itself; we leave when they have.
        signal.signal(signal.SIGTERM, self._note_the_end)
        LOGS.mkdir(exist_ok=True)
        for rank in self._ranks:
            self._start(rank)
        waited_for = sum(rank.waited_for for rank in self._ranks)
        code = 0
        while waited_for and not code:
            rank, code = self._ended.get()
            waited_for -= rank.waited_for
            if code:
                self._blame(rank, code)
        self._end_the_rest()
        return code if code >= 0 else 128 - code

    def _note_the_end(self, _number: int, _frame: "FrameType | None") -> None:
        self._told_to_end = True

    def _start(self, rank: Rank) -> None:
        process = subprocess.Popen(
            [_SHELL, "-c", self._command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **rank.variables},
        )
        self._started[rank.number] = process
        self._last[rank.number] = deque(maxlen=_LAST_LINES)
        width = len(str(len(self._ranks) - 1))
        log = LOGS / f"std_log_process_{rank.number:0{width}}.txt"
        pump = threading.Thread(target=self._pump, args=(rank, process.stdout, log), daemon=True)
        pump.start()
        self._pumps.append(pump)
        # Apart from the pump: something that the rank left behind may hold its pipe open.
        threading.Thread(target=lambda: self._ended.put((rank, process.wait())), daemon=True).start()

    def _pump(self, rank: Rank, pipe: "IO[bytes]", path: Path) -> None:
        with path.open("ab", buffering=0) as file:
            log = Log(file, self._secrets, limit_bytes=_LONGEST_LOG)
            for line in pipe:
                log.write(line)
                self._last[rank.number].append(line)
                if rank.number == 0:
                    # Without secrets once it is in the step's log, as everything is that goes there.
                    say_raw(line)
            log.flush()

    def _blame(self, rank: Rank, code: int) -> None:
        """Say in the step's log who failed, and its last words where they stand elsewhere."""
        how = f"exited with code {code}" if code > 0 else f"was ended by {signal.Signals(-code).name}"
        if self._told_to_end:
            return
        # What it printed last may still be in the pipe.
        self._pumps[rank.number].join(1)
        say(f"{rank.told} {how}; the others are ended")
        if rank.number:
            for line in list(self._last[rank.number]):
                say_raw(f"[{rank.told}] ".encode() + line.rstrip(b"\n") + b"\n")

    def _end_the_rest(self) -> None:
        """End whoever still runs, gently at first, with all that it started."""
        if any(process.poll() is None for process in self._started.values()):
            # The whole group of the step: ourselves, who note it, and who holds it, which lets it pass.
            os.killpg(0, signal.SIGTERM)
        give_up = time.monotonic() + _GRACE_SECONDS
        for process in self._started.values():
            try:
                process.wait(max(0.0, give_up - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        for pump in self._pumps:
            pump.join(1)
