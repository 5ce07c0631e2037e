"""Distributed steps as real processes: who is who, that they meet, and that they end together."""

import json
import os
import stat
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloister.jobs.planning.plan import Distribution, PlannedStep
from cloister.jobs.running.commands import Ended
from cloister.jobs.running.drivers.ports import reserve
from cloister.jobs.running.lines import line_of

if TYPE_CHECKING:
    from tests.jobs.conftest import RunLine

# All ranks connect to the first, as torch's rendezvous does; each tells its number, and is told the sum.
MEET = """\
import os, socket, sys, time
rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
at = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if rank == 0:
    with socket.create_server(("", at[1])) as server:
        met = [server.accept()[0] for _ in range(size - 1)]
        total = sum(peer.recv(1)[0] for peer in met)
        for peer in met:
            peer.send(bytes([total]))
else:
    for _ in range(200):
        try:
            me = socket.create_connection(at)
            break
        except OSError:
            time.sleep(0.05)
    me.send(bytes([rank]))
    total = me.recv(1)[0]
print(f"rank {rank} of {size}, {os.environ['LOCAL_RANK']} on node {os.environ['NODE_RANK']}: {total}")
"""


def distributed(command: str, kind: Distribution, instances: int = 1) -> str:
    return line_of(PlannedStep("a", command, distribution=kind, instance_count=instances), {}, {})


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((folder / "user_logs").iterdir())}


def without_mpirun(folder: Path) -> dict[str, str]:
    """A PATH with Python and nothing else."""
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    return {"PATH": str(folder / "bin")}


def test_all_ranks_meet_and_each_knows_its_place(run_line: "RunLine", tmp_path: Path) -> None:
    (tmp_path / "meet.py").write_text(MEET)
    ended, log = run_line(distributed("python meet.py", Distribution("pytorch", 2), 2), tmp_path)
    assert (ended, log) == (Ended(0), "rank 0 of 4, 0 on node 0: 6\n")
    assert files(tmp_path) == {
        "std_log_process_0.txt": "rank 0 of 4, 0 on node 0: 6\n",
        "std_log_process_1.txt": "rank 1 of 4, 1 on node 0: 6\n",
        "std_log_process_2.txt": "rank 2 of 4, 0 on node 1: 6\n",
        "std_log_process_3.txt": "rank 3 of 4, 1 on node 1: 6\n",
    }


def test_steps_side_by_side_do_not_meet_each_other(run_line: "RunLine", tmp_path: Path) -> None:
    ended: dict[int, tuple[Ended, str]] = {}

    def one(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "meet.py").write_text(MEET)
        ended[number] = run_line(distributed("python meet.py", Distribution("pytorch", 2)), folder)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == dict.fromkeys(range(3), (Ended(0), "rank 0 of 2, 0 on node 0: 1\n"))


def test_a_module_of_the_authors_gets_into_the_way_of_no_driver(run_line: "RunLine", tmp_path: Path) -> None:
    for name in ("queue", "json", "drivers"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')")
    line = distributed("echo $RANK", Distribution("pytorch", 1))
    assert run_line(line, tmp_path, {"PYTHONPATH": str(tmp_path)}) == (Ended(0), "0\n")


def test_a_reserved_port_is_nobody_elses_and_none_that_the_kernel_gives_out() -> None:
    first, held = reserve(40)
    second, also = reserve(40)
    assert len({*first, *second}) == 80
    given_out = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert max(first + second) < given_out
    for claim in (*held, *also):
        claim.close()


VARIABLES = [
    (
        Distribution("pytorch", 2),
        2,
        3,
        {
            "RANK": "3",
            "LOCAL_RANK": "1",
            "WORLD_SIZE": "4",
            "LOCAL_WORLD_SIZE": "2",
            "NODE_RANK": "1",
            "MASTER_ADDR": "127.0.0.1",
            "AZ_BATCHAI_MPI_MASTER_NODE": "127.0.0.1",
            "AZUREML_CR_NODE_RANK": "1",
            "AZUREML_PROCESS_NAME": "rank_3",
            "SM_CURRENT_HOST": "algo-2",
        },
    ),
    (
        Distribution("mpi", 2),
        1,
        1,
        {
            "OMPI_COMM_WORLD_RANK": "1",
            "OMPI_COMM_WORLD_SIZE": "2",
            "OMPI_COMM_WORLD_LOCAL_RANK": "1",
            "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
            "OMPI_COMM_WORLD_NODE_RANK": "0",
            "PMI_RANK": "1",
            "PMI_SIZE": "2",
            "AZ_BATCHAI_MPI_MASTER_NODE": "127.0.0.1",
            "AZUREML_CR_NODE_RANK": "0",
            "AZUREML_PROCESS_NAME": "rank_1",
            "SM_CURRENT_HOST": "algo-1",
        },
    ),
]
WITH_A_PORT = {"MASTER_PORT", "AZ_BATCH_MASTER_NODE"}
OTHERS = {"PATH", "PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE"}


@pytest.mark.parametrize(("kind", "instances", "rank", "told"), VARIABLES, ids=["pytorch", "mpi"])
def test_a_rank_is_told_who_it_is(
    run_line: "RunLine", tmp_path: Path, kind: Distribution, instances: int, rank: int, told: dict[str, str]
) -> None:
    line = distributed("python -c 'import json, os; print(json.dumps(dict(os.environ)))'", kind, instances)
    ended, log = run_line(line, tmp_path, without_mpirun(tmp_path))
    assert ended == Ended(0), log
    found = json.loads(files(tmp_path)[f"std_log_process_{rank}.txt"])
    assert {name: value for name, value in found.items() if name not in OTHERS | WITH_A_PORT} == told
    address, _, port = found["AZ_BATCH_MASTER_NODE"].partition(":")
    assert (address, port.isdigit()) == ("127.0.0.1", True)
    assert found.get("MASTER_PORT", port) == port


def test_without_an_mpirun_the_log_says_so(run_line: "RunLine", tmp_path: Path) -> None:
    line = distributed("echo $OMPI_COMM_WORLD_RANK", Distribution("mpi", 2))
    note = "there is no mpirun here: the processes are started with Open MPI's variables, and no MPI between them"
    assert run_line(line, tmp_path, without_mpirun(tmp_path)) == (Ended(0), f"cloister: {note}\n0\n")


def test_where_there_is_an_mpirun_it_starts_the_ranks(run_line: "RunLine", tmp_path: Path) -> None:
    """A program of that name tells what it was asked; a real one is tried by hand."""
    variables = without_mpirun(tmp_path)
    mpirun = tmp_path / "bin" / "mpirun"
    mpirun.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "mpirun (Open MPI) 5.0.6" && exit\nprintf "%s\\n" "$@"\n'
    )
    mpirun.chmod(mpirun.stat().st_mode | stat.S_IXUSR)
    asked = ["--oversubscribe", "--bind-to", "none", *(["--allow-run-as-root"] if os.geteuid() == 0 else [])]
    asked += ["-n", "6", "/bin/bash", "-c", "python train.py"]
    line = distributed("python train.py", Distribution("mpi", 3), 2)
    assert run_line(line, tmp_path, variables) == (
        Ended(0),
        "cloister: mpirun (Open MPI) 5.0.6: 6 ranks\n" + "".join(f"{word}\n" for word in asked),
    )


CLUSTER = "python -c 'import json, os; print(json.loads(os.environ[\"TF_CONFIG\"]))'"


def test_tensorflow_is_told_its_cluster_and_its_task(run_line: "RunLine", tmp_path: Path) -> None:
    # Parameter servers serve until the workers are done.
    line = distributed(
        f'{CLUSTER}; case $TF_CONFIG in *\'"type": "ps"\'*) touch serves; sleep 60;; esac;'
        " until [ -e serves ]; do sleep 0.05; done",
        Distribution("tensorflow", workers=2, parameter_servers=1),
    )
    ended, log = run_line(line, tmp_path)
    assert ended == Ended(0)
    told = [json.loads(text.replace("'", '"')) for text in files(tmp_path).values()]
    assert told[0] == json.loads(log.replace("'", '"'))
    ports = [address.rpartition(":")[2] for addresses in told[0]["cluster"].values() for address in addresses]
    assert len(set(ports)) == 3
    described = {"worker": [f"127.0.0.1:{ports[0]}", f"127.0.0.1:{ports[1]}"], "ps": [f"127.0.0.1:{ports[2]}"]}
    tasks = [("worker", 0), ("worker", 1), ("ps", 0)]
    assert told == [
        {"cluster": described, "task": {"type": kind, "index": index}, "environment": "cloud"} for kind, index in tasks
    ]


def test_when_one_rank_fails_all_are_ended_and_the_log_says_which(run_line: "RunLine", tmp_path: Path) -> None:
    line = distributed("[ $RANK = 2 ] && { echo no such data; exit 3; }; sleep 60", Distribution("pytorch", 3))
    assert run_line(line, tmp_path) == (
        Ended(3),
        "cloister: rank 2 exited with code 3; the others are ended\n[rank 2] no such data\n",
    )


def test_a_rank_that_was_killed_is_told_by_its_signal(run_line: "RunLine", tmp_path: Path) -> None:
    line = distributed("[ $RANK = 0 ] && kill -9 $$; sleep 60", Distribution("pytorch", 2))
    told = "cloister: rank 0 was ended by SIGKILL; the others are ended\n"
    assert run_line(line, tmp_path) == (Ended(137), told)


def test_every_rank_may_end_in_its_own_way_when_the_time_is_up(run_line: "RunLine", tmp_path: Path) -> None:
    line = distributed("trap 'echo saved; exit 0' TERM; sleep 60 & wait", Distribution("pytorch", 2))
    ended, log = run_line(line, tmp_path, timeout_seconds=1.5)
    assert (ended.timed_out, log) == (True, "saved\n")
    assert files(tmp_path) == dict.fromkeys(("std_log_process_0.txt", "std_log_process_1.txt"), "saved\n")


def test_the_steps_token_stands_in_no_file(run_line: "RunLine", tmp_path: Path) -> None:
    line = distributed('printf "my token is $MLFLOW_TRACKING_TOKEN, and $API_KEY"', Distribution("pytorch", 2))
    run_line(line, tmp_path, {"MLFLOW_TRACKING_TOKEN": "eyJ-secret", "API_KEY": "first line\nsecond line"})
    assert set(files(tmp_path).values()) == {"my token is [redacted], and [redacted]"}
