"""Shared ground of the tests: every dependency's telemetry is off before anything is imported."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.update(
    MLFLOW_DISABLE_TELEMETRY="true",
    DO_NOT_TRACK="true",
    AZURE_CORE_COLLECT_TELEMETRY="0",
    GIT_PYTHON_REFRESH="quiet",
)


@pytest.fixture(scope="session")
def terraform_settings() -> Path:
    """Terraform's settings for the stand-in of azurerm, as `cloister plan` sets it up; skips where it cannot."""
    from cloister.errors import SourceError  # noqa: PLC0415 - after the telemetry is off
    from cloister.sources.terraform.standin.installation import configuration_file  # noqa: PLC0415 - as above

    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    try:
        return configuration_file()
    except SourceError as error:
        pytest.skip(str(error))


def _run(*command: str | Path) -> None:
    """Run a program of PostgreSQL, as its own user where we are root: it refuses to run as root."""
    user = "postgres" if os.geteuid() == 0 else None
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a real PostgreSQL; skips where none is installed."""
    from cloister.platform.ports import free_port  # noqa: PLC0415 - after the telemetry is off

    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (installed[-1] if installed else None)
    if initdb is None:
        pytest.skip("PostgreSQL is not installed")
    folder, port = Path("/tmp") / f"cloister-test-{os.getpid()}", free_port()  # the path of its socket must be short
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    control = (Path(initdb).parent / "pg_ctl", "-D", folder / "d", "-l", folder / "log", "-w")
    try:
        _run(initdb, "-D", folder / "d", "-A", "trust", "-U", "cloister")
        _run(*control, "-o", f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}", "start")
        try:
            yield f"postgresql+psycopg://cloister@127.0.0.1:{port}"
        finally:
            _run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def postgresql(postgresql_server: str, request: pytest.FixtureRequest) -> str:
    """The address of an empty database of the module's own: what others left in theirs is not here."""
    from sqlalchemy import create_engine, text  # noqa: PLC0415 - after the telemetry is off

    name = "".join(letter if letter.isalnum() else "_" for letter in request.node.nodeid.lower())[-60:]
    server = create_engine(f"{postgresql_server}/postgres", isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    server.dispose()
    return f"{postgresql_server}/{name}"
