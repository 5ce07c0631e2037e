"""Run the examples that Microsoft publishes for Azure ML's command line on a platform of one's own, unchanged.

    python tests/jobs/examples_run.py --examples FOLDER/cli [--only hello-world] [--json FILE]

FOLDER is a checkout of the public repository. Run are the command, pipeline and sweep jobs of it that need no GPU, no
data of a cloud, no foreign language and no component of Microsoft's own registry; each for which one of these holds is
told with it. What an example's own instructions register before (components, data, environments) is registered here.
"""

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from cloister.loopback import http_client
from cloister.platform.ports import free_port
from cloister.platform.running import RunningPlatform

LONGEST_SECONDS = 600.0
KINDS = ("commandJob", "pipelineJob", "sweepJob", "parallelJob")
CLOISTER = (sys.executable, "-m", "cloister")
# What is told in the text of a job or of a file that it names, and why it does not run here then.
NEEDS = (
    ("a GPU", r"(?i)gpu-cluster|cuda|nccl|deepspeed"),
    (
        "data of a cloud",
        r"wasbs?://|https?://(?!azuremlschemas)[\w.-]*(blob\.core|azureedge|dprepdata)|azureml://datastores",
    ),
    ("components of Microsoft's registry", r"component: *azureml://registries"),
    ("automated machine learning of Azure", r"type: *automl"),
    ("a Java virtual machine for Spark", r"type: *spark"),
    ("a foreign language", r"(?i)rocker/|r-base|julia|mmlspark"),
    ("a code repository of the internet", r"code: *git"),
)
_BASICS = "jobs/pipelines-with-components/basics"
# What the examples' instructions register before, by the folder that the commands are run in.
REGISTERED: tuple[tuple[str, tuple[str, ...]], ...] = (
    *(
        (f"{_BASICS}/1b_e2e_registered_components", ("component", "--file", f"{n}.yml"))
        for n in ("train", "score", "eval")
    ),
    (f"{_BASICS}/4d_data_input", ("data", "--file", "data.yml")),
    ("assets/data", ("data", "--file", "local-folder-sampledata.yml", "--name", "sampledata")),
)
# How often packages are asked for, approved and the job run again: what it needs may need more.
ASKED_AT_MOST = 5
FETCH_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One example: whether it ran to its end, and else why not."""

    path: str
    status: str
    reason: str
    seconds: float


def examples(folder: Path) -> Iterator[tuple[str, str]]:
    """Each job's path below the folder, with what it needs that is not here; empty where it can run."""
    for path in sorted((*folder.rglob("*.yml"), *folder.rglob("*.yaml"))):
        text = path.read_text(errors="replace")
        kind = re.search(r"^\W?\$schema:.*?/(\w+?)(\.schema)?\.json", text, re.MULTILINE)
        if kind and kind.group(1) in KINDS:
            yield str(path.relative_to(folder)), need(path, text)


def need(path: Path, text: str) -> str:
    """What the job or a component of it needs that is not here."""
    texts = [re.sub(r"#.*|.*\$schema.*", "", text)]
    for name in re.findall(r"(?:component|conda_file|create_job): *(?:file:)?(\S+\.ya?ml)", text):
        named = path.parent / name
        if named.is_file():
            texts.append(re.sub(r"#.*|.*\$schema.*", "", named.read_text(errors="replace")))
    return next((what for what, pattern in NEEDS if any(re.search(pattern, one) for one in texts)), "")


class Platform:
    """A platform in a folder of its own, used through its command line as its administrator."""

    def __init__(self, folder: Path) -> None:
        spec = folder / "cloister.yaml"
        spec.write_text("version: 1\nblueprint: azure-hub-spoke\n")
        (folder / "jobs.yaml").write_text("packages:\n  upstream: true\n")
        port = free_port()
        options = ("--home", str(folder / "home"), "--port", str(port), "--serving-port", str(free_port()))
        self._running = RunningPlatform((str(spec), *options), folder / "up.log")
        url = f"http://127.0.0.1:{port}"
        self._url, logins = url, self._running.wait_ready().logins
        self._tokens = {}
        for who in ("admin", "approver"):
            with http_client(url) as http:
                answer = http.post("/cloister/v1/token", json={"user": who, "password": logins[who]})
            self._tokens[who] = answer.raise_for_status().json()["token"]

    def call(self, *arguments: str, folder: Path, who: str = "admin") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*CLOISTER, *arguments],
            cwd=folder,
            env={**os.environ, "CLOISTER_URL": self._url, "CLOISTER_TOKEN": self._tokens[who]},
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_SECONDS,
        )

    def register(self, examples: Path) -> None:
        """Register what the examples take for registered."""
        for folder, (kind, *rest) in REGISTERED:
            told = self.call(kind, "create", *rest, folder=examples / folder)
            if told.returncode != 0:
                sys.stdout.write(f"not registered: {kind} {rest}: {told.stderr}\n")

    def allow(self, message: str, folder: Path) -> bool:
        """Ask for the packages that a message names, and approve them as somebody else; whether there were any."""
        asked = {line.partition("mend: ask for them: ")[2] for line in message.splitlines()} - {""}
        # What a step that installs for itself was not given; it ends at the first of them.
        missed = re.findall(r"No matching distribution found for ([\w.\[\]=<>~!,-]+)", message)
        asked |= {shlex.join(("cloister", "environment", "allow", one, "--with-dependencies")) for one in missed}
        for command in sorted(asked):
            told = self.call(*shlex.split(command)[1:], folder=folder)
            numbers = told.stderr.rpartition("approve ")[2].split()
            answer = self.call("environment", "approve", *numbers, "--yes", folder=folder, who="approver")
            sys.stdout.write(f"  {command}: {'approved' if answer.returncode == 0 else answer.stderr or told.stderr}\n")
        if missed:
            # A step that installs for itself does not wait until they have come.
            time.sleep(FETCH_SECONDS)
        return bool(asked)

    def stop(self) -> None:
        self._running.stop()


def run(platform: Platform, folder: Path, path: str) -> Outcome:
    """Run the job, with the packages that it asks for, and tell how it ended."""
    here, begun = (folder / path).parent, time.monotonic()
    for _ in range(ASKED_AT_MOST):
        try:
            told = platform.call("job", "create", "--file", Path(path).name, "--stream", folder=here)
        except subprocess.TimeoutExpired:
            return Outcome(path, "Failed", f"longer than {LONGEST_SECONDS:.0f} s", time.monotonic() - begun)
        # What its steps print comes between what is said of them.
        said = told.stdout + told.stderr
        if told.returncode == 0 or not platform.allow(said, here):
            break
    reason = "" if told.returncode == 0 else said.strip()[-700:]
    return Outcome(path, "Completed" if told.returncode == 0 else "Failed", reason, time.monotonic() - begun)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--only", default="", help="only paths that hold this text")
    parser.add_argument("--json", type=Path, help="where to write the outcomes")
    arguments = parser.parse_args()
    outcomes = []
    wanted = [(path, lack) for path, lack in examples(arguments.examples) if arguments.only in path]
    with tempfile.TemporaryDirectory(prefix="cloister-examples-") as folder:
        platform = Platform(Path(folder))
        try:
            platform.register(arguments.examples)
            for path, lack in wanted:
                found = (
                    Outcome(path, "Not run", f"needs {lack}", 0) if lack else run(platform, arguments.examples, path)
                )
                outcomes.append(found)
                sys.stdout.write(f"{found.status:10} {found.seconds:6.1f} s  {path}  {found.reason[-200:]!r}\n")
                sys.stdout.flush()
        finally:
            platform.stop()
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in outcomes], indent=2))
    failed = [one for one in outcomes if one.status == "Failed"]
    sys.stdout.write(yaml.safe_dump({s: sum(o.status == s for o in outcomes) for s in {o.status for o in outcomes}}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
