"""Commands as real processes: their logs, their ends, and what they may see."""

import asyncio
import base64
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloister.jobs.running import commands
from cloister.jobs.running.commands import _SHELL, Command, Ended, start
from cloister.jobs.running.drivers.logs import Log
from cloister.jobs.running.drivers.redaction import telling_values
from cloister.jobs.running.groups import find_groups
from cloister.jobs.running.isolation import hidden_folders, interpreter_folders, untraversable, view
from cloister.jobs.running.users import user_ids
from cloister.platform.proc import descendants

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root may give a step a user id of its own")


def lives(marker: str) -> bool:
    """Whether any process of this machine carries the marker in its arguments."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if marker.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                    return True
            except OSError:
                continue
    return False


def gone(marker: str) -> bool:
    """Whether every process with the marker is gone within five seconds."""
    for _ in range(100):
        if not lives(marker):
            return True
        time.sleep(0.05)
    return False


def appears(marker: str) -> bool:
    """Whether a process with the marker is there within five seconds."""
    for _ in range(100):
        if lives(marker):
            return True
        time.sleep(0.05)
    return False


def poll_until_gone(folders: list[Path]) -> bool:
    """Whether none of the folders is there within five seconds."""
    for _ in range(100):
        if not any(folder.exists() for folder in folders):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A platform's home with a secret, and the folder of one step in it."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key").write_text("the key")
    (tmp_path / "jobs" / "mine" / "step").mkdir(parents=True)
    (tmp_path / "jobs" / "other").mkdir()
    tmp_path.chmod(0o700)
    return tmp_path


def command(home: Path, line: str, *, isolated: bool = True, variables: Mapping[str, str] | None = None) -> Command:
    work = home / "jobs" / "mine" / "step"
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **(variables or {})}
    if not isolated:
        return Command(line, work, environment)
    uid = next(user_ids("mine", "step")) if ROOT else None
    if uid is not None:
        os.chown(work, uid, uid)
    readable = interpreter_folders(Path(sys.executable), Path(sys.prefix), Path(sys.base_prefix))
    shaped = view(
        hidden=hidden_folders(home, (), os.environ),
        untraversable=tuple(untraversable(readable)) if ROOT else (),
        readable=readable,
        writable=(work,),
    )
    return Command(line, work, environment, uid=uid, view=shaped, new_user_namespace=not ROOT)


def run(made: Command, timeout_seconds: float = 20) -> tuple[Ended, str]:
    async def wait() -> tuple[Ended, str]:
        out = io.BytesIO()
        ended = await (await start(made)).ended(Log(out, (), limit_bytes=100_000), timeout_seconds)
        return ended, out.getvalue().decode()

    return asyncio.run(wait())


ENDS = [
    ("exit 0", Ended(0), ""),
    ("exit 3", Ended(3), "it exited with code 3"),
    ("kill -9 $$", Ended(137), "it was ended by SIGKILL"),
    ("no-such-program", Ended(127), "it exited with code 127"),
]


@pytest.mark.parametrize("isolated", [True, False])
@pytest.mark.parametrize(("line", "ended", "reason"), ENDS, ids=[row[0] for row in ENDS])
def test_how_a_command_ended_is_told(home: Path, line: str, ended: Ended, reason: str, isolated: bool) -> None:
    found, _ = run(command(home, line, isolated=isolated))
    assert (found, found.reason) == (ended, reason)


def test_output_and_errors_stand_in_the_log_in_their_order(home: Path) -> None:
    assert run(command(home, "echo one; echo two >&2; echo three"))[1] == "one\ntwo\nthree\n"


@pytest.mark.parametrize("isolated", [True, False])
def test_when_its_time_is_up_a_command_goes_with_all_that_it_started(home: Path, isolated: bool) -> None:
    marker = f"31.{os.getpid()}1{int(isolated)}"
    made = command(home, f"sleep {marker} & setsid sleep {marker} & sleep {marker}", isolated=isolated)
    found, _ = run(made, 0.7)
    assert (found.timed_out, found.reason) == (True, "it took longer than its timeout")
    assert gone(marker)


@pytest.mark.parametrize("isolated", [True, False])
def test_what_a_command_left_running_goes_when_it_ends(home: Path, isolated: bool) -> None:
    marker = f"32.{os.getpid()}2{int(isolated)}"
    found, _ = run(command(home, f"setsid sleep {marker} >/dev/null 2>&1 & exit 0", isolated=isolated))
    assert found == Ended(0)
    assert gone(marker)


@pytest.mark.skipif(not ROOT, reason="of another user, all processes would be counted")
@pytest.mark.parametrize("isolated", [True, False])
def test_a_bomb_of_processes_goes_when_its_command_ends(home: Path, isolated: bool) -> None:
    marker = f"34.{os.getpid()}4{int(isolated)}"
    # The command itself starts nothing more: it would be refused.
    waits = "while [ $((n += 1)) -lt 30000 ]; do :; done"
    bomb = f"bomb() {{ sleep {marker} & bomb & bomb & wait; }}; bomb 2>/dev/null & {waits}; exit 7"
    made = replace(command(home, bomb, isolated=isolated), uid=61184, limits={"RLIMIT_NPROC": 100})
    os.chown(made.cwd, 61184, 61184)
    for above in (home, *home.parents[:-2]):
        above.chmod(0o711)
    assert run(made)[0] == Ended(7)
    assert gone(marker)


HOSTILE = [
    ("deaf to requests to leave", "trap '' TERM INT HUP; while :; do sleep {0}; done", True),
    (
        "detached twice, and another one after that",
        "(setsid sh -c 'setsid sleep {0} & setsid sleep {0} &' &); exit 0",
        False,
    ),
    ("without output", "exec >&- 2>&- <&-; sleep {0}", True),
    ("stopped", "sleep {0} & kill -STOP $! $$", True),
    ("printing without an end of line", "head -c 100000000 /dev/zero; setsid sleep {0} & exit 0", False),
]


@pytest.mark.parametrize("isolated", [True, False])
@pytest.mark.parametrize(("line", "lasts"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_command_that_wants_to_stay_does_not(
    home: Path, line: str, lasts: bool, isolated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "_GRACE_SECONDS", 0.3)
    # A clock that somebody sets ends nothing before its time, and prolongs nothing.
    monkeypatch.setattr(time, "time", lambda: 4e9)
    marker = f"35.{os.getpid()}5{int(isolated)}"
    found, printed = run(command(home, line.format(marker), isolated=isolated), 0.7 if lasts else 20)
    assert (found.timed_out, len(printed) <= 100_100) == (lasts, True)
    assert gone(marker)


def test_a_command_may_end_in_its_own_way_when_it_is_told_to(home: Path) -> None:
    line = "trap 'echo saved; exit 0' TERM; echo ready; sleep 30 & wait"
    assert run(command(home, line), 1.0)[1] == "ready\nsaved\n"


@pytest.mark.parametrize(("isolated", "whom"), [(True, "launcher"), (True, "init"), (False, "launcher")])
def test_a_command_whose_holder_is_killed_is_lost_and_has_not_failed(home: Path, isolated: bool, whom: str) -> None:
    marker = f"34.{os.getpid()}4{int(isolated)}{len(whom)}"

    async def killed() -> Ended:
        running = await start(command(home, f"sleep {marker} & sleep {marker}", isolated=isolated))
        assert await asyncio.to_thread(appears, marker)
        os.kill(running.pid if whom == "launcher" else descendants(running.pid)[0], signal.SIGKILL)
        return await running.ended(Log(io.BytesIO(), (), limit_bytes=100), 20)

    found = asyncio.run(killed())
    assert (found, found.reason) == (Ended(137, lost=True), "the process that held it was killed")
    assert gone(marker)


@pytest.mark.parametrize(("isolated", "stops"), [(True, False), (False, False), (True, True)])
def test_a_command_dies_with_the_agent_even_if_that_is_killed(home: Path, isolated: bool, stops: bool) -> None:
    """Also where it is of the agent's own user, and would stop the very process that ends it."""
    marker = f"33.{os.getpid()}3{int(isolated)}{int(stops)}"
    groups = find_groups("tests", home)
    last = "{ sleep 0.3; kill -STOP 0; }" if stops else f"sleep {marker}"
    made = command(home, f"setsid sleep {marker} & {last}", isolated=isolated)
    made = replace(made, groups=None if isinstance(groups, str) else groups)
    if stops:
        made = replace(made, uid=None, new_user_namespace=True)
    agent = f"""
import asyncio, io
from pathlib import Path, PosixPath
from cloister.jobs.running import commands
from cloister.jobs.running.commands import Command, start
from cloister.jobs.running.drivers.logs import Log
from cloister.platform.proc import descendants
from cloister.jobs.running.groups import Groups
from cloister.jobs.running.isolation import View
from cloister.jobs.running.limits import StepLimits
made = {made!r}
async def main():
    running = await start(made)
    print("started", flush=True)
    await running.ended(Log(io.BytesIO(), (), limit_bytes=100), 60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", agent], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        assert appears(marker)
        time.sleep(0.6 if stops else 0)
        process.kill()
    assert gone(marker)
    if made.groups is not None:
        # Nobody but the launcher is left to remove them.
        left = [parent / f"{made.groups.prefix}0" for parent in made.groups.folders.values()]
        assert poll_until_gone(left)


@pytest.mark.parametrize("isolated", [True, False])
def test_what_an_author_sets_reaches_the_command_and_nothing_before_it(home: Path, isolated: bool) -> None:
    """The dynamic loader tells in a file for each process which libraries it loads: whoever ran before the shell."""
    (home / "jobs" / "mine" / "step" / "loader").mkdir(mode=0o777)
    told = home / "jobs" / "mine" / "step" / "loader"
    told.chmod(0o777)
    variables = {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": f"{told}/by", "GREETING": "grüß\udcff\n dich"}
    ended, printed = run(
        command(home, 'printf "%s\\n" "$GREETING" | od -An -c', isolated=isolated, variables=variables)
    )
    assert (ended, "".join(printed.split())) == (Ended(0), "gr303274303237377\\ndich\\n")
    by = [file.read_text().partition("initialize program: ")[2].partition("\n")[0] for file in told.iterdir()]
    assert sorted(set(by) - {""}) == sorted([_SHELL, "od"])


SEEN = [
    ("the platform's secrets", "cat {home}/secrets/key", False),
    ("another job's folder", "ls {home}/jobs/other", False),
    ("its own folder", "touch {home}/jobs/mine/step/x", True),
    ("Python with its packages", "python -c 'import sqlalchemy, json'", True),
    ("the interpreter's folder, to write", f"touch {sys.prefix}/spoiled", False),
    ("the agent's processes", "test $(ls -d /proc/[0-9]* | wc -l) -gt 6", False),
    ("the user's home", f"ls {Path.home()}/.ssh {Path.home()}/.config", False),
    ("a file of its own in /tmp", "echo x > /tmp/x && cat /tmp/x", True),
    ("a file of its own in /var/tmp", "echo x > /var/tmp/x && cat /var/tmp/x", True),
    ("shared memory of its own", "echo x > /dev/shm/x && cat /dev/shm/x", True),
    (
        "the machine's segments and queues",
        f"readlink /proc/self/ns/ipc | grep -F '{Path('/proc/self/ns/ipc').readlink()}'",
        False,
    ),
    ("what others left where all may write", "ls -d {left}", False),
]


@pytest.mark.parametrize(("line", "possible"), [row[1:] for row in SEEN], ids=[row[0] for row in SEEN])
def test_what_a_step_may_reach(home: Path, line: str, possible: bool) -> None:
    with contextlib.ExitStack() as stack:
        shared = ("/tmp", "/var/tmp", "/dev/shm")
        left = " ".join(stack.enter_context(tempfile.NamedTemporaryFile(dir=path)).name for path in shared)
        # `ls` says 0 only if all are seen, so each is asked for by itself.
        line = line.replace("{home}", str(home)).replace(
            "ls -d {left}", f"for x in {left}; do ls $x && exit; done; exit 1"
        )
        ended, told = run(command(home, line))
    assert (ended.code == 0) is possible, told


BOUNDS = [
    ("processes", "RLIMIT_NPROC", 16, "import os\nfor _ in range(20): os.fork() or os.execlp('sleep', 'sleep', '9')"),
    ("memory", "RLIMIT_AS", 2**30, "bytearray(2**30)"),
    ("a file", "RLIMIT_FSIZE", 2**20, "f = open('x', 'wb', 0); f.write(bytes(2**20)); f.write(b'more')"),
    ("a core", "RLIMIT_CORE", 0, "import resource as r; assert r.getrlimit(r.RLIMIT_CORE) != (0, 0)"),
]


@pytest.mark.parametrize(("name", "bound", "greedy"), [row[1:] for row in BOUNDS], ids=[row[0] for row in BOUNDS])
def test_a_step_gets_no_more_of_the_machine_than_it_may(home: Path, name: str, bound: int, greedy: str) -> None:
    if name == "RLIMIT_NPROC" and not ROOT:
        pytest.skip("without a user id of its own, a step's processes are counted with all others of the user")
    made = command(home, f'python -c "{greedy}"')
    assert run(replace(made, limits={name: bound}))[0].code != 0
    if bound:
        assert run(replace(made, limits={name: 16 * bound}))[0].code == 0


def put_back(home: Path, source: Path) -> tuple[int, str]:
    """What a step sees at a path that its view puts back."""
    made = command(home, f"cat {source}")
    assert made.view is not None
    ended, told = run(
        replace(made, view=replace(made.view, binds=(*made.view.binds, (str(source), str(source), False))))
    )
    return ended.code, told


def test_what_a_view_puts_back_is_never_found_through_a_link(home: Path) -> None:
    jobs = home / "jobs"
    (jobs / "other" / "data").write_text("handed on")
    (jobs / "file").symlink_to(home / "secrets" / "key")
    (jobs / "folder").symlink_to(home / "secrets")
    refusal = "cloister: the step could not be started: {}: {} is a link, or no regular file or folder\n"
    assert put_back(home, jobs / "other" / "data") == (0, "handed on")
    assert put_back(home, jobs / "file") == (120, refusal.format(jobs / "file", "file"))
    assert put_back(home, jobs / "folder" / "key") == (120, refusal.format(jobs / "folder" / "key", "folder"))
    assert put_back(home, Path("/dev/null")) == (120, refusal.format("/dev/null", "null"))


def test_a_step_cannot_connect_to_the_socket_behind_the_gateway(home: Path) -> None:
    server = (
        "import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); print('up',flush=True);"
        " s.accept()"
    )
    path = home / "mlflow.sock"
    reach = f"python -c \"import socket; socket.socket(socket.AF_UNIX).connect('{path}')\""
    with subprocess.Popen([sys.executable, "-c", server, str(path)], stdout=subprocess.PIPE) as listening:
        assert listening.stdout is not None
        assert listening.stdout.readline() == b"up\n"
        path.chmod(0o666)
        ended, told = run(command(home, reach))
        assert (ended.code, "No such file" in told) == (1, True)
        # The same command without the view gets through: the socket is there.
        assert run(command(home, reach, isolated=False))[0].code == 0
        listening.kill()


@needs_root
def test_a_step_of_roots_platform_is_nobody_special(home: Path) -> None:
    _, told = run(command(home, "id -u; id -G; grep -E 'NoNewPrivs|CapEff' /proc/self/status | tr -s '\\t\\n' ' '"))
    uid = next(user_ids("mine", "step"))
    assert told.split() == [str(uid), str(uid), "CapEff:", "0" * 16, "NoNewPrivs:", "1"]


@needs_root
def test_the_user_ids_of_steps_are_in_the_range_that_nobody_else_has() -> None:
    ids = {next(user_ids(f"job{n}", "step")) for n in range(500)}
    assert min(ids) >= 61184
    assert max(ids) <= 65519
    assert len(ids) > 400


@given(
    st.lists(st.binary(max_size=6), max_size=8),
    st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=2),
)
def test_no_secret_passes_into_a_log_however_it_is_cut(pieces: list[bytes], secrets: list[str]) -> None:
    out = io.BytesIO()
    log = Log(out, secrets, limit_bytes=1000)
    for piece in pieces:
        log.write(piece)
    log.flush()
    whole = b"".join(pieces)
    if not any(secret.encode() in whole for secret in secrets):
        assert out.getvalue() == whole
    left = out.getvalue().replace(b"[redacted]", b"\0")
    assert not any(secret.encode() in left for secret in secrets)


ENCODED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("as it is", lambda secret: secret),
    ("base64", base64.b64encode),
    ("base64 with what stood before it", lambda secret: base64.b64encode(b"token:" + secret + b"@host")),
    ("base64 with one letter before it", lambda secret: base64.b64encode(b"x" + secret + b"yz")),
    ("base64 with two letters before it", lambda secret: base64.b64encode(b"xy" + secret)),
    ("base64 for URLs", base64.urlsafe_b64encode),
    ("in a URL", lambda secret: quote(secret, safe="").encode()),
    ("in a form", lambda secret: quote_plus(secret).encode()),
    ("in JSON", lambda secret: json.dumps({"token": secret.decode()}).encode()),
    ("in hexadecimal digits", lambda secret: secret.hex().encode()),
]


@pytest.mark.parametrize("encode", [row[1] for row in ENCODED], ids=[row[0] for row in ENCODED])
@given(st.text(min_size=8, max_size=40), st.lists(st.integers(1, 30), max_size=8))
def test_no_secret_passes_in_another_form(encode: Callable[[bytes], bytes], secret: str, cuts: list[int]) -> None:
    try:
        written = encode(secret.encode())
    except UnicodeEncodeError:
        return
    out = io.BytesIO()
    log = Log(out, [secret], limit_bytes=10_000)
    rest = b"before " + written + b" after"
    for cut in cuts:
        log.write(rest[:cut])
        rest = rest[cut:]
    log.write(rest)
    log.flush()
    assert out.getvalue().startswith(b"before ")
    assert out.getvalue().endswith(b" after")
    assert out.getvalue().count(b"[redacted]") == 1
    # What is left of it are the signs in which its neighbours have a part.
    assert len(out.getvalue()) - len(b"before [redacted] after") <= len(written) - len(secret.encode())


def test_variables_that_say_that_they_are_secret_are_kept_out_of_the_log() -> None:
    variables = [("DB_PASSWORD", "correct horse"), ("API_KEY", "0123456789"), ("EPOCHS", "12345678"), ("TOKENS", "128")]
    assert telling_values(variables) == ("correct horse", "0123456789")


def test_a_flood_without_an_end_of_line_is_cut_and_costs_little() -> None:
    out = io.BytesIO()
    log = Log(out, ["a secret of a job"], limit_bytes=1_000_000)
    began = time.process_time()
    for _ in range(5000):
        log.write(bytes(65_536))
    assert (len(out.getvalue()) < 1_000_100, time.process_time() - began < 1) == (True, True)


def test_a_log_has_a_limit() -> None:
    out = io.BytesIO()
    log = Log(out, (), limit_bytes=10)
    log.write(b"0123456789abcdef")
    log.write(b"more")
    assert out.getvalue() == b"0123456789\n[cloister: the log is longer than its limit; the rest is left out]\n"
