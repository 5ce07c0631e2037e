"""What bounds all processes of a step together."""

import asyncio
import io
import os
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloister.jobs.running.commands import Command, Ended, start
from cloister.jobs.running.drivers.logs import Log
from cloister.jobs.running.groups import Group, Groups, candidates, find_groups
from cloister.jobs.running.limits import UNBOUNDED, StepLimits, amount

# /proc/self/mountinfo and /proc/self/cgroup as machines have them.
_SYSTEMD = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"
_HYBRID = """\
35 24 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
36 24 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
37 24 0:32 / /sys/fs/cgroup/cpu,cpuacct rw shared:2 - cgroup cgroup rw,cpu,cpuacct
38 24 0:33 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd"""
_CONTAINER = "612 600 0:31 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory"
_TOP = Path("/sys/fs/cgroup")


def all_in(folder: Path) -> tuple[int, dict[str, Path]]:
    return 2, dict.fromkeys(("memory", "pids", "cpu"), folder)


PLACES = [
    (
        "a service of systemd: beside it, then below the root",
        _SYSTEMD,
        "0::/system.slice/cloister.service",
        [all_in(_TOP / "system.slice"), all_in(_TOP)],
    ),
    ("the root of a container's groups", _SYSTEMD, "0::/", [all_in(_TOP)]),
    (
        "both versions: what is in version 1 lies below its own group",
        _HYBRID,
        "9:name=systemd:/x\n4:memory:/mine\n2:cpu,cpuacct:/\n0::/",
        [all_in(_TOP / "unified"), (1, {"memory": _TOP / "memory/mine", "cpu": _TOP / "cpu,cpuacct"})],
    ),
    (
        "a container's part of a tree is where it is mounted",
        _CONTAINER,
        "4:memory:/docker/ab",
        [(1, {"memory": _TOP / "memory"})],
    ),
    ("no control groups", "23 1 0:5 / /proc rw - proc proc rw", "", []),
]


@pytest.mark.parametrize(("mounts", "own", "places"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_where_a_group_may_lie(mounts: str, own: str, places: list[tuple[int, dict[str, Path]]]) -> None:
    assert list(candidates(mounts, own)) == places


@pytest.fixture
def groups(tmp_path: Path) -> Iterator[Groups]:
    found = find_groups("tests", tmp_path)
    if isinstance(found, str):
        pytest.skip(found)
    yield found
    assert [folder for parent in found.folders.values() for folder in parent.glob(f"{found.prefix}*")] == []


def run(groups: Groups, line: str, limits: StepLimits, timeout_seconds: float = 20) -> tuple[Ended, str]:
    async def wait() -> tuple[Ended, str]:
        out = io.BytesIO()
        command = Command(line, Path("/"), {"PATH": "/usr/bin:/bin:/usr/local/bin"}, groups=groups, together=limits)
        ended = await (await start(command)).ended(Log(out, (), limit_bytes=100_000), timeout_seconds)
        return ended, out.getvalue().decode()

    return asyncio.run(wait())


# Whoever begins holds its own until the other has ended, so that both are there at once on a busy machine as well.
_TWO_HOLD = """
import os
import shlex
import sys
held = b"1" * 120_000_000
if (other := os.fork()) == 0:
    held = (held, b"2" * 120_000_000)
    os._exit(0)
os._exit(os.waitpid(other, 0)[1] != 0)
"""


def test_all_processes_together_have_so_much_memory(groups: Groups) -> None:
    line = f"{shlex.quote(sys.executable)} -I -c {shlex.quote(_TWO_HOLD)}"
    ended, _ = run(groups, line, StepLimits(memory_bytes=160 * 2**20))
    assert ended.reason == "it needed more memory than its 160 MiB"
    assert run(groups, line, StepLimits(memory_bytes=400 * 2**20))[0] == Ended(0)


def test_a_bomb_of_processes_is_bounded_and_ends_with_the_step(groups: Groups) -> None:
    """Others of the same user go on: with limits of the user alone they would not."""
    bomb = "bomb() { bomb & bomb & sleep 30; }; bomb; while :; do sleep 0.1 || :; done"
    limits = StepLimits(processes=60)
    began = time.monotonic()
    ended, _ = run(groups, bomb, limits, 1.5)
    assert (ended.code != 0, time.monotonic() - began < 12) == (True, True)
    assert run(groups, "sleep 0 & wait", UNBOUNDED)[0] == Ended(0)


def test_who_is_refused_a_process_is_told_how_many_there_may_be(groups: Groups) -> None:
    # Not in bash, which tries again and again.
    line = "sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 3 & done'; exit 3"
    ended, _ = run(groups, line, StepLimits(processes=4))
    assert ended.reason == "it wanted more than 4 processes and threads at a time"
    assert run(groups, line, StepLimits(processes=40))[0].reason == "it exited with code 3"


def test_a_step_on_one_processor_takes_no_more_time_than_one_has(groups: Groups) -> None:
    line = "spin() { while :; do :; done; }; spin & spin & sleep 1; kill %1 %2; wait; times"
    _, told = run(groups, line, StepLimits(processors=1))
    spent = sum(float(minutes_seconds.partition("m")[2][:-1]) for minutes_seconds in told.split()[-2:])
    assert spent < 1.25, told


def test_what_an_earlier_agent_left_is_ended(groups: Groups, tmp_path: Path) -> None:
    left = groups.make(UNBOUNDED)
    child = os.fork()
    if child == 0:
        for place in left.places:
            Path(*place, "cgroup.procs").write_text("0")
        time.sleep(60)
        os._exit(0)
    first = next(iter(left.folders.values()))
    while str(child) not in (first / "cgroup.procs").read_text().split():
        time.sleep(0.01)
    assert isinstance(find_groups("another", tmp_path), Groups)
    assert first.exists()
    assert find_groups("tests", tmp_path) == groups
    assert os.waitpid(child, 0)[1] == 9
    assert not first.exists()


def test_what_a_group_of_version_2_is_told_and_tells(tmp_path: Path) -> None:
    """In a folder of no kernel: what stands in which file."""
    parent = tmp_path / "slice"
    parent.mkdir()
    limits = StepLimits(processors=2, memory_bytes=2**30, processes=50)
    group = Groups(2, dict.fromkeys(("memory", "pids", "cpu"), parent), "cloister-").make(limits)
    folder = group.folders["memory"]
    assert {file.name: file.read_text() for file in folder.iterdir()} == {
        "memory.max": "1073741824",
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": "50",
        "cpu.max": "200000 100000",
    }
    assert group.places == ((str(parent), folder.name),)
    events = {"memory.events": "low 0\nmax 7\noom 1\noom_kill 0\n", "pids.events": "max 0\n"}
    for name, text in events.items():
        (folder / name).write_text(text)
    assert group.breach == ""
    (folder / "pids.events").write_text("max 3\n")
    assert group.breach == "it wanted more than 50 processes and threads at a time"
    (folder / "memory.events").write_text("oom 1\noom_kill 2\n")
    assert group.breach == "it needed more memory than its 1 GiB"


def test_a_real_group_of_version_2_is_joined_and_killed_at_once() -> None:
    """Without limits, which belong to the other version on some machines."""
    found = candidates(Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text())
    folders = [places["memory"] for version, places in found if version == 2 and os.access(places["memory"], os.W_OK)]
    if not folders or os.geteuid() != 0:
        pytest.skip("no group of version 2 may be made here")
    groups = Groups(2, {"memory": folders[-1]}, f"cloister-test-{os.getpid()}-")
    ended, told = run(groups, "cat /proc/self/cgroup", UNBOUNDED)
    assert (ended, f"/{groups.prefix}" in told) == (Ended(0), True)
    ended, _ = run(groups, "for i in 1 2 3; do setsid sleep 60 & done; exit 4", UNBOUNDED)
    assert ended == Ended(4)
    assert list(folders[-1].glob(f"{groups.prefix}*")) == []


def test_limits_are_the_smaller_of_each() -> None:
    agent = StepLimits(memory_bytes=10, processes=20, disk_bytes=30)
    size = StepLimits(processors=2, memory_bytes=5)
    assert size.within(agent) == StepLimits(processors=2, memory_bytes=5, processes=20, disk_bytes=30)
    assert UNBOUNDED.within(UNBOUNDED) == UNBOUNDED


def test_a_group_that_is_gone_says_nothing() -> None:
    gone = Group(2, {"memory": Path("/nowhere")}, replace(UNBOUNDED, memory_bytes=1))
    gone.end()
    assert gone.breach == ""


def test_amounts() -> None:
    assert [amount(n * 2**20) for n in (1, 160, 1536, 100 * 1024)] == ["1 MiB", "160 MiB", "1.5 GiB", "100 GiB"]
