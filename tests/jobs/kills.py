"""Kill parts of a running platform at random moments and see that its pipelines come to the same end.

    python tests/jobs/kills.py --kills 50 --seed 1 [--database postgresql://...]

Each round submits a pipeline, kills one part with SIGKILL while it runs, and waits for its end. What must hold: the job
completes; a step that was on record as ended is never begun again; no command that the platform started is left. How
often a command came to its end twice is counted too: it may, where the kill fell between its last act and our record.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from cloister.jobs.assets.snapshot import pack
from cloister.jobs.planning.plan import FromStep, Plan, PlannedInput, PlannedOutput, PlannedStep
from cloister.jobs.planning.plan_json import to_json
from cloister.loopback import http_client
from cloister.platform.home import home_at
from cloister.platform.ports import free_port
from cloister.platform.proc import command_of, descendants
from cloister.platform.records import read_records
from cloister.platform.running import RunningPlatform

NEEDS = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c"), "e": ("d",), "f": ("e",)}
LONGEST_MOMENT_SECONDS = 4.0
PATIENCE_SECONDS = 150.0
# The supervisor gives a process up that ends five times within two minutes; nobody's machine does that by chance.
PAUSE_SECONDS = 8.0


@dataclass
class Rig:
    """One platform, and what was seen."""

    folder: Path
    database: str
    chance: random.Random
    port: int = field(default_factory=free_port)
    serving_port: int = field(default_factory=free_port)
    password: str = ""
    snapshot: str = ""
    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def start(self) -> None:
        spec = self.folder / "cloister.yaml"
        spec.write_text("version: 1\nblueprint: azure-hub-spoke\n")
        options = ("--home", str(self.folder / "home"), "--port", str(self.port), "--serving-port")
        environment = {**os.environ, "CLOISTER_DATABASE": self.database}
        self.platform = RunningPlatform(
            (str(spec), *options, str(self.serving_port)), self.folder / "up.log", environment
        )
        ready = self.platform.wait_ready()
        self.password = self.password or ready.logins["admin"]
        with http_client(f"http://127.0.0.1:{self.port}") as http:
            answer = http.post("/cloister/v1/token", json={"user": "admin", "password": self.password})
            self.token = answer.raise_for_status().json()["token"]

    def ask(self, method: str, path: str, **rest: Any) -> Any:  # noqa: ANN401 - httpx's own
        """The answer, however long the gateway is away."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with http_client(f"http://127.0.0.1:{self.port}", token=self.token) as http:
                    answer = http.request(method, f"/cloister/v1/{path}", **rest)
                if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    return answer.raise_for_status().json()
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(path)
            time.sleep(0.1)

    def submit(self, marker: str) -> str:
        if not self.snapshot:
            archive = self.folder / "snapshot.tar.gz"
            with archive.open("wb") as file:
                pack((), file)
            self.snapshot = self.ask("PUT", "jobs/snapshots", content=archive.read_bytes())["snapshot"]
        plan = json.loads(to_json(Plan("pipeline", "kills", steps(marker), force_rerun=True)))
        return str(self.ask("POST", "jobs", json={"plan": plan, "snapshot": self.snapshot})["name"])

    def pid(self, process: str) -> int:
        found = [r.identity.pid for r in read_records(home_at(self.folder / "home")) if r.name == process]
        return found[0] if found else 0

    def check(self, what: str, seen: Mapping[str, str], found: Mapping[str, Any], marker: str) -> None:
        name = found["name"]
        if found["status"] != "Completed":
            self.faults.append(f"{what}: job {name} {found['status']}: {found['reason']} {found['steps']}")
        for step in found["steps"]:
            if seen.get(step["name"]) not in (None, str(step["attempt"])):
                self.faults.append(f"{what}: {name}/{step['name']} had ended, and was begun again")
            log = self.ask("GET", f"jobs/{name}/logs/{step['name']}")["text"]
            if (ends := log.count("the end\n")) != 1:
                self.counts["came to its end twice" if ends > 1 else "LOG WITHOUT AN END"] += 1
            self.counts["steps"] += 1
            self.counts["steps begun again"] += step["attempt"] > 1
        left = subprocess.run(["pgrep", "-f", f"^sleep {marker}"], capture_output=True, text=True, check=False).stdout
        if left:
            self.faults.append(f"{what}: {name} left {left.split()}")


def steps(marker: str) -> tuple[PlannedStep, ...]:
    def made(name: str) -> PlannedStep:
        inputs = tuple(PlannedInput(f"from_{n}", "uri_folder", FromStep(n, "data")) for n in NEEDS[name])
        command = f"echo begun; sleep {marker}; cp -r . ${{{{outputs.data}}}}/x; echo the end"
        return PlannedStep(name, command, inputs, (PlannedOutput("data", "uri_folder"),))

    return tuple(made(name) for name in NEEDS)


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        if pid:
            os.kill(pid, signal.SIGKILL)


def kill_runner(rig: Rig) -> None:
    """The platform's own part of a running step: its launcher, or the first process of its namespace.

    Not the command: one that is killed by itself has failed, as for memory.
    """
    launchers = [pid for pid in descendants(rig.pid("agent")) if "running.launcher.launch" in command_of(pid)]
    kill(rig.chance.choice(launchers) if launchers else 0)


def kill_client(rig: Rig) -> None:
    """One connection to the database, as PostgreSQL sees it; with SQLite, whoever holds it: agent or gateway."""
    if not rig.database:
        kill(rig.pid(rig.chance.choice(("agent", "gateway"))))
        return
    engine = sa.create_engine(rig.database.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        if pids := [row[0] for row in connection.execute(sa.text(query))]:
            chosen = rig.chance.choice(pids)
            connection.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": chosen})
    engine.dispose()


def kill_all(rig: Rig) -> None:
    """The machine: every process of the platform at once; then it is started again."""
    for pid in (rig.platform.pid, *descendants(rig.platform.pid)):
        kill(pid)
    rig.platform.stop()
    rig.start()


WAYS: dict[str, Callable[[Rig], None]] = {
    "agent": lambda rig: kill(rig.pid("agent")),
    "runner": kill_runner,
    "gateway": lambda rig: kill(rig.pid("gateway")),
    "mlflow": lambda rig: kill(rig.pid("mlflow")),
    "database client": kill_client,
    "machine": kill_all,
}


def round_of(rig: Rig, number: int, way: str) -> None:
    marker = f"0.8{os.getpid():07d}{number:03d}"
    name = rig.submit(marker)
    time.sleep(rig.chance.uniform(0, LONGEST_MOMENT_SECONDS))
    seen = {s["name"]: str(s["attempt"]) for s in rig.ask("GET", f"jobs/{name}")["steps"] if s["status"] == "Completed"}
    killed_at = time.monotonic()
    WAYS[way](rig)
    deadline = killed_at + PATIENCE_SECONDS
    found = rig.ask("GET", f"jobs/{name}")
    while found["status"] not in ("Completed", "Failed", "Canceled") and time.monotonic() < deadline:
        time.sleep(0.2)
        found = rig.ask("GET", f"jobs/{name}")
    rig.check(f"round {number} ({way})", seen, found, marker)
    rig.counts[f"killed {way}"] += 1
    sys.stderr.write(f"{number}: {way}: {found['status']} {time.monotonic() - killed_at:.1f} s after the kill\n")
    time.sleep(max(0.0, killed_at + PAUSE_SECONDS - time.monotonic()))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", default="", help="a PostgreSQL database; without it, SQLite")
    parser.add_argument("--only", choices=WAYS, action="append")
    arguments = parser.parse_args()
    ways = arguments.only or list(WAYS)
    with tempfile.TemporaryDirectory(prefix="cloister-kills-") as folder:
        chance = random.Random(arguments.seed)  # noqa: S311 - moments, not secrets
        rig = Rig(Path(folder), arguments.database, chance)
        rig.start()
        try:
            for number in range(1, arguments.kills + 1):
                round_of(rig, number, ways[(number - 1) % len(ways)])
        finally:
            rig.platform.stop()
    for what, count in sorted(rig.counts.items()):
        sys.stdout.write(f"{what}: {count}\n")
    sys.stdout.write("\n".join(["nothing was lost" if not rig.faults else "FAULTS", *rig.faults]) + "\n")
    return 1 if rig.faults else 0


if __name__ == "__main__":
    sys.exit(main())
