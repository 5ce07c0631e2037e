import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from cloister.errors import SourceError
from cloister.platform.home import Home
from cloister.platform.proc import identity_of
from cloister.platform.records import (
    PLATFORM,
    clear_leftovers,
    locked,
    read_records,
    record_now,
    running_platform,
    write_record,
)

SLEEP = (sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)")


def test_a_second_platform_is_refused_and_told_who_runs(home: Home) -> None:
    with locked(home):
        write_record(home, record_now(PLATFORM, os.getpid()))
        with pytest.raises(SourceError) as caught, locked(home):
            pass
    (fault,) = caught.value.faults
    assert fault.thing == str(home.root)
    assert re.fullmatch(
        rf"a platform runs here already \(process {os.getpid()}, since 20..-..-..T..:..:..\+00:00\)", fault.reason
    )
    assert f"cloister down --home {home.root}" in fault.mend
    with locked(home):
        pass


def test_the_lock_ends_with_its_holder(home: Home) -> None:
    take = f"import fcntl, time; file = open({str(home.lock)!r}, 'a'); fcntl.flock(file, fcntl.LOCK_EX)"
    hold = f"{take}; print(1, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(SourceError, match="it is about to start"), locked(home):
            pass
        holder.kill()
    with locked(home):
        pass


def test_a_record_under_a_used_again_id_is_nobody(home: Home) -> None:
    record = record_now(PLATFORM, os.getpid())
    write_record(home, record)
    assert running_platform(home) == record
    write_record(home, replace(record, identity=replace(record.identity, started=1)))
    assert running_platform(home) is None
    write_record(home, replace(record, identity=replace(record.identity, boot="another boot")))
    assert running_platform(home) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"name": "x", "identity": 1}', json.dumps({"name": "x"})])
def test_a_torn_record_counts_as_none(home: Home, text: str) -> None:
    home.record("torn").write_text(text)
    assert read_records(home) == ()


def test_leftovers_of_a_crash_are_stopped_and_forgotten(home: Home) -> None:
    with subprocess.Popen(SLEEP, start_new_session=True) as left:
        write_record(home, record_now("mlflow", left.pid))
        (home.sockets / "mlflow.sock").write_text("")
        assert [record.name for record in clear_leftovers(home)] == ["mlflow"]
        assert left.wait(timeout=5) != 0
    assert read_records(home) == ()
    assert not (home.sockets / "mlflow.sock").exists()


def test_leftovers_below_a_killed_leader_are_found_by_their_session(home: Home) -> None:
    program = ("/bin/sh", "-c", "sleep 60 & echo $!; wait")
    with subprocess.Popen(program, start_new_session=True, stdout=subprocess.PIPE, text=True) as leader:
        assert leader.stdout is not None
        below = int(leader.stdout.readline())
        write_record(home, record_now("agent", leader.pid))
        leader.kill()
        leader.wait()
        assert identity_of(below) is not None
        assert [record.name for record in clear_leftovers(home)] == ["agent"]
    deadline = time.monotonic() + 5
    while identity_of(below) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_processes_of_others_under_a_stale_record_are_left_alone(home: Home) -> None:
    with subprocess.Popen(SLEEP, start_new_session=True) as other:
        record = record_now("mlflow", other.pid)
        write_record(home, replace(record, identity=replace(record.identity, started=record.identity.started - 1)))
        assert clear_leftovers(home) == ()
        assert other.poll() is None
        other.kill()
