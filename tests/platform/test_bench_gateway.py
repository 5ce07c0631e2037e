"""The servers of `cloister bench gateway`, as far as they are not measured themselves."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cloister.errors import InternalError
from cloister.platform.benches.gateway_servers import basic_auth_settings, copy_database, until_ready
from cloister.platform.ports import free_port
from cloister.platform.process import Readiness


def test_basic_auth_runs_with_what_mlflow_ships_but_for_what_is_changed() -> None:
    """As mlflow 3.17.2 ships it: no cache, everybody reads."""
    pytest.importorskip("mlflow", reason="not run: the platform is not installed")
    settings = basic_auth_settings(database_uri="sqlite:////tmp/x.db", auth_cache_ttl_seconds="60")
    assert dict(settings["mlflow"]) == {
        "default_permission": "READ",
        "database_uri": "sqlite:////tmp/x.db",
        "admin_username": "admin",
        "authorization_function": "mlflow.server.auth:authenticate_request_basic_auth",
        "grant_default_workspace_access": "false",
        "auth_cache_ttl_seconds": "60",
    }
    assert "auth_cache_ttl_seconds" not in basic_auth_settings()["mlflow"]


def test_a_database_is_copied_while_it_is_in_use(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as used, closing(sqlite3.connect(tmp_path / "b.db")) as copy:
        used.execute("PRAGMA journal_mode=WAL")
        used.execute("CREATE TABLE runs (id TEXT)")
        used.execute("INSERT INTO runs VALUES ('1')")
        used.commit()
        used.execute("INSERT INTO runs VALUES ('not committed')")
        copy_database(tmp_path / "a.db", tmp_path / "b.db")
        assert copy.execute("SELECT id FROM runs").fetchall() == [("1",)]


def test_a_server_that_ends_before_it_answers_is_told_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", "import sys; sys.exit('no disk')"], stderr=out)
        process.wait()
    with pytest.raises(InternalError, match="ended with 1\nno disk"):
        until_ready(Readiness("/", port=free_port()), process, log)
