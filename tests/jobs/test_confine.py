"""How far steps are kept apart, on machines that allow less: never less than what is told."""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cloister.errors import SourceError
from cloister.jobs.config import AgentConfig
from cloister.jobs.running import confine as confining
from cloister.jobs.running.confine import confine
from cloister.jobs.running.folders import StepFolder
from cloister.jobs.running.isolation import untraversable
from cloister.jobs.running.preparing import OutputError, Prepared, close, give_to

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has what these tests take away")
# Confines where no namespaces can be had, and runs one command so: CAP_SYS_ADMIN leaves the bounding set (prctl(2)).
_IN_A_POOR_CONTAINER = """
import asyncio, ctypes, io, os, sys
if os.environ.pop("POOR", ""):
    assert ctypes.CDLL(None).prctl(24, 21, 0, 0, 0) == 0
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
from pathlib import Path
from cloister.jobs.running.commands import start
from cloister.jobs.running.drivers.logs import Log
from cloister.jobs.config import AgentConfig
from cloister.jobs.running.confine import confine
from cloister.jobs.running.folders import StepFolder
from cloister.jobs.running.preparing import Prepared
home, sys.executable = Path(sys.argv[1]), sys.argv[2]
confinement = confine(AgentConfig(home=home, jobs_folder=home / "jobs", database_url="", engine_database_url=""), {})
print(confinement.isolation.kind, flush=True)
folder = StepFolder(home / "jobs" / "mine" / "step")
folder.clear()
line = "id -u; touch x && ls x; cat {0}/secrets/key; ls {0}; touch {0}/jobs/x".format(home)
async def run():
    with confinement.user("mine", "step") as uid:
        command = confinement.command(Prepared(line, folder, ()), {"PATH": "/usr/bin:/bin"}, uid)
        await (await start(command)).ended(Log(sys.stdout.buffer, (), limit_bytes=10_000), 30)
asyncio.run(run())
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A home in a place that every user may pass, with a secret."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        top = Path(made)
        top.chmod(0o711)
        for name in ("home", "home/jobs", "home/secrets", "another", "another/jobs"):
            (top / name).mkdir(mode=0o700)
        (top / "home" / "secrets" / "key").write_text("the key")
        yield top / "home"


def passable_python() -> str:
    """A Python that every user may start: this one's home may be closed to others."""
    for found in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        if Path(found).exists() and not list(untraversable([Path(found).resolve(), Path(found)])):
            return found
    pytest.skip("no Python here may be started by every user")


def in_a_poor_container(home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _IN_A_POOR_CONTAINER, str(home), passable_python()]
    environment = {**os.environ, "POOR": "yes"}
    return subprocess.run(command, capture_output=True, text=True, umask=0o022, env=environment, check=False)


@needs_root
def test_root_without_namespaces_still_runs_no_step_as_root(home: Path) -> None:
    ended = in_a_poor_container(home)
    assert ended.returncode == 0, ended.stderr
    kind, uid, own, *refused = ended.stdout.splitlines()
    assert (kind, own) == ("user", "x")
    assert 61184 <= int(uid) <= 65519
    assert [line.rpartition(": ")[2] for line in refused] == ["Permission denied"] * 3


@needs_root
def test_root_takes_no_jobs_where_steps_would_have_to_run_as_root(home: Path) -> None:
    """The home lies where no other user may pass."""
    home.parent.chmod(0o700)
    ended = in_a_poor_container(home)
    assert (ended.returncode, ended.stdout) == (1, "")
    told = ended.stderr.strip().splitlines()[-2:]
    assert told[0].startswith('cloister.errors.SourceError: agent "local": cannot keep steps apart from root: ')
    assert "unshare: Operation not permitted" in told[0]
    assert told[1] == (
        "  mend: allow namespaces (containers: CAP_SYS_ADMIN), or run the platform as a user who is not root"
    )


def config(home: Path, *, isolate: bool = True) -> AgentConfig:
    return AgentConfig(home=home, jobs_folder=home / "jobs", database_url="", engine_database_url="", isolate=isolate)


def test_a_trial_that_took_too_long_is_tried_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    best = confine(config(home), {}).isolation
    monkeypatch.setattr(confining, "_PATIENCE_SECONDS", (0.001, 30.0))
    assert confine(config(home), {}).isolation == best


def test_slowness_is_never_taken_for_a_machine_that_cannot(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confining, "_PATIENCE_SECONDS", (0.001, 0.001))
    with pytest.raises(SourceError, match="could not find out how far steps can be kept apart"):
        confine(config(home), {})


def test_without_isolation_only_where_it_is_asked_for(home: Path) -> None:
    assert confine(config(home, isolate=False), {}).isolation.kind == "none"


def test_environments_are_hidden_wherever_they_lie(home: Path) -> None:
    """Their locks among them, which a step could hold as long as it runs."""
    elsewhere = home.parent / "another"
    wanted = config(home, isolate=False).model_copy(update={"environments_folder": elsewhere})
    assert elsewhere in confine(wanted, {}).hidden


@needs_root
def test_no_two_live_steps_are_the_same_user_whatever_their_names(home: Path) -> None:
    confinement, anothers = confine(config(home), {}), confine(config(home.parent / "another"), {})
    # An author chooses the name of a job, and may choose it for its checksum; the machine may have several agents.
    with ExitStack() as held:
        one, two, three = [
            held.enter_context(agent.user("plumless", "")) for agent in (confinement, confinement, anothers)
        ]
        assert one is not None
        assert (two, three) == (one + 1, one + 2)
        assert confinement.command(prepared(home), {}, two).uid == two
    with anothers.user("plumless", "") as again:
        assert again == one


@needs_root
def test_whoever_has_a_steps_user_id_next_enters_none_of_its_folders(home: Path) -> None:
    """Where steps see the whole machine, and one that failed leaves its folders behind, to be gone on from."""
    made = prepared(home)
    (made.folder.checkpoints / "state").write_text("state")
    give_to(made.folder, 61184)
    during = [(path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) for path in made.folder.writes]
    close(made.folder)
    after = [(path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) for path in made.folder.writes]
    assert (during, after) == ([(61184, 0o700)] * 4, [(0, 0o700)] * 4)
    assert (made.folder.checkpoints / "state").stat().st_uid == 61184
    made.folder.forget_checkpoints()
    close(made.folder)


def test_every_step_has_the_limits_of_the_configuration(home: Path) -> None:
    wanted = config(home).model_copy(
        update={"processes_per_step": 77, "memory_bytes_per_process": 3 * 2**30, "file_limit_bytes": 2**21}
    )
    limits = {"RLIMIT_NPROC": 77, "RLIMIT_AS": 3 * 2**30, "RLIMIT_FSIZE": 2**21, "RLIMIT_CORE": 0}
    for isolate in (True, False):
        confinement = confine(wanted.model_copy(update={"isolate": isolate}), {})
        with confinement.user("mine", "step") as uid:
            assert confinement.command(prepared(home), {}, uid).limits == limits


def prepared(home: Path) -> Prepared:
    folder = StepFolder(home / "jobs" / "mine" / "step")
    folder.clear()
    return Prepared("true", folder, ())


@needs_root
def test_no_checkpoint_gives_a_step_anothers_file(home: Path) -> None:
    """Where steps see the whole machine, an attempt may have given a second name to a file that is not its own."""
    made = prepared(home)
    os.link(home / "secrets" / "key", made.folder.checkpoints / "mine")
    with pytest.raises(OutputError, match=r"its checkpoint folder holds 'mine', a file with more than one name"):
        give_to(made.folder, 61184)
    assert (home / "secrets" / "key").stat().st_uid == 0
