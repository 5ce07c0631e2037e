"""Shared ground of the tests: every dependency's telemetry is off before anything is imported."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, settings

os.environ.update(
    MLFLOW_DISABLE_TELEMETRY="true",
    DO_NOT_TRACK="true",
    AZURE_CORE_COLLECT_TELEMETRY="0",
    GIT_PYTHON_REFRESH="quiet",
)

_FEW = 5


settings.register_profile("cloister", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cloister")  # how long an example takes says how busy the machine is


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: a good part of the time of tests is waiting for servers."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that no worker sits over one when the others are done.

    Those that start servers are long, and those of few tests have long ones.
    """
    of_file: dict[Path, list[pytest.Item]] = {}
    for item in items:
        of_file.setdefault(item.path, []).append(item)

    def place(tests: list[pytest.Item]) -> tuple[bool, int]:
        short = len(tests) > _FEW and not any(test.get_closest_marker("platform") for test in tests)
        return short, -len(tests) if short else len(tests)

    items[:] = [test for tests in sorted(of_file.values(), key=place) for test in tests]


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


@pytest.fixture(scope="session")
def mlflow_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real MLflow server, without a gateway before it."""
    from cloister.platform.ports import free_port  # noqa: PLC0415 - after the telemetry is off

    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    url = f"http://127.0.0.1:{port}"
    # The application that `mlflow server` starts, without the interpreter before it that imports MLflow as well.
    command = [sys.executable, "-m", "uvicorn", "mlflow.server.fastapi_app:app", "--port", str(port)]
    # MLflow leaves what a test of this process set (the experiment, say) in its environment, for children to inherit.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")} | {
        "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{folder / 'mlflow.db'}",
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(folder / "artifacts"),
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    try:
        give_up = time.monotonic() + 120
        while not _answers(f"{url}/health"):
            if time.monotonic() > give_up or server.poll() is not None:
                pytest.fail((folder / "log").read_text())
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=5).is_success
    except httpx.HTTPError:
        return False
