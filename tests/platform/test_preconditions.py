import os
import re
import socket
from pathlib import Path

import pytest

from cloister.errors import SourceError, SpecError
from cloister.platform.home import create, home_at
from cloister.platform.ports import free_port
from cloister.platform.preconditions import check_preconditions, database_url, fault_of_database, fault_of_space
from cloister.platform.records import PLATFORM, record_now, write_record


def test_a_good_start_has_no_fault_and_writes_nothing(tmp_path: Path) -> None:
    home = home_at(tmp_path / "h")
    database = f"sqlite:///{tmp_path}/other.db"
    check_preconditions(home, port=free_port(), serving_port=free_port(), database=database)
    assert not home.root.exists()


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = [one.getsockname()[1], two.getsockname()[1]]
        nowhere = f"postgresql+psycopg://cloister:geheim@127.0.0.1:{free_port()}/cloister"
        with pytest.raises(SourceError) as caught:
            check_preconditions(home_at(tmp_path / "h"), port=ports[0], serving_port=ports[1], database=nowhere)
    assert [fault.thing for fault in caught.value.faults] == [
        f"port {ports[0]}",
        f"port {ports[1]}",
        "database " + nowhere.replace("geheim", "***"),
    ]
    assert "geheim" not in str(caught.value)
    assert [fault.mend[-8:] for fault in caught.value.faults[:2]] == ["--port N", "g-port N"]
    assert not (tmp_path / "h").exists()


def test_one_port_for_both_is_refused(tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(SourceError, match="asked for twice"):
        check_preconditions(home_at(tmp_path / "h"), port=port, serving_port=port, database="")


def test_a_platform_that_runs_here_is_the_only_thing_told(tmp_path: Path) -> None:
    home = home_at(tmp_path / "h")
    create(home)
    write_record(home, record_now(PLATFORM, os.getpid()))
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SourceError) as caught:
        check_preconditions(home, port=taken.getsockname()[1], serving_port=free_port(), database="")
    (fault,) = caught.value.faults
    assert fault.reason.startswith(f"a platform runs here already (process {os.getpid()}, since ")


@pytest.mark.parametrize(
    ("free", "reason"),
    [(500_000_000, None), (12_345_678, "only 12 MB are free on its disk; 500 MB are needed"), (0, "only 0 MB")],
)
def test_a_full_disk_is_told_before_anything_breaks_on_it(free: int, reason: str | None) -> None:
    fault = fault_of_space(Path("/h"), free)
    assert (fault is None) == (reason is None)
    assert fault is None or fault.reason.startswith(reason or "")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////no/such/folder/a.db", "cannot be reached: unable to open database file"),
        ("postgresql+psycopg2://u:p@127.0.0.1/x", "its driver is not installed"),
        ("postgresql+psycopg://u:p@127.0.0.1:1/x", "cannot be reached: connection failed"),
    ],
)
def test_a_database_that_cannot_be_used_is_told(url: str, reason: str) -> None:
    fault = fault_of_database(url)
    assert fault is not None
    assert re.match(re.escape(reason), fault.reason)


@pytest.mark.parametrize(
    ("text", "thing", "reason"),
    [
        ("not a url with geheim", "--database", "is not a URL"),
        ("mysql://u@h/x", "--database", "mysql is not supported"),
    ],
)
def test_a_database_of_another_kind_is_refused(text: str, thing: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        database_url(text)
    assert (caught.value.faults[0].thing, caught.value.faults[0].reason) == (thing, reason)
    assert "geheim" not in str(caught.value)
