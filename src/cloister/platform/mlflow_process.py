"""MLflow's server in one process: `python -m cloister.platform.mlflow_process --socket PATH --artifacts FOLDER`.

The same application that `mlflow server` runs, without its command line before it: that imports MLflow, prepares the
database, and then starts a second interpreter that imports MLflow again: twice the start-up time and twice the memory.
What it hands to the second one in the environment, we set here; the names are MLflow's own, and a release that renames
one is refused at the start rather than run with half of its settings.

The database's URL, which may hold a password, comes in MLFLOW_BACKEND_STORE_URI.
"""

import os
import socket as sockets
import sys
from pathlib import Path

import click

from cloister.errors import CloisterError, Fault, InternalError
from cloister.gateway.mlflow.server import UPSTREAM_HOST

_GRACE_SECONDS = 10
_PROXIED_ARTIFACTS = "mlflow-artifacts:/"
# MLflow's name for each setting in `mlflow.server.constants`, and the variable that it stands for in 3.17.
_NAMES = {
    "BACKEND_STORE_URI_ENV_VAR": "_MLFLOW_SERVER_FILE_STORE",
    "REGISTRY_STORE_URI_ENV_VAR": "_MLFLOW_SERVER_REGISTRY_STORE",
    "ARTIFACT_ROOT_ENV_VAR": "_MLFLOW_SERVER_ARTIFACT_ROOT",
    "ARTIFACTS_DESTINATION_ENV_VAR": "_MLFLOW_SERVER_ARTIFACT_DESTINATION",
    "SERVE_ARTIFACTS_ENV_VAR": "_MLFLOW_SERVER_SERVE_ARTIFACTS",
}


@click.command()
@click.option("--socket", required=True, help="The Unix socket to listen on; it is made with mode 0600.")
@click.option("--artifacts", required=True, help="Where artifacts are kept: a folder or a store's URL.")
def main(socket: str, artifacts: str) -> None:
    """Serve until SIGTERM."""
    backend = os.environ["MLFLOW_BACKEND_STORE_URI"]
    os.environ.update(
        {
            "_MLFLOW_SERVER_FILE_STORE": backend,
            "_MLFLOW_SERVER_REGISTRY_STORE": backend,
            "_MLFLOW_SERVER_ARTIFACT_ROOT": _PROXIED_ARTIFACTS,
            "_MLFLOW_SERVER_ARTIFACT_DESTINATION": artifacts,
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
            "_MLFLOW_SGI_NAME": "uvicorn",
            "MLFLOW_SERVER_ALLOWED_HOSTS": UPSTREAM_HOST,
            "MLFLOW_ENABLE_WORKSPACES": "false",
        }
    )
    try:
        _serve(socket, backend)
    except CloisterError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)


def _serve(socket: str, backend: str) -> None:
    # Imported here, because MLflow reads its settings when it is imported.
    import uvicorn  # noqa: PLC0415 - see above
    from mlflow.server import constants  # noqa: PLC0415 - see above
    from mlflow.server.fastapi_app import app  # noqa: PLC0415 - see above
    from mlflow.server.handlers import initialize_backend_stores  # noqa: PLC0415 - see above

    renamed = [name for name, variable in _NAMES.items() if getattr(constants, name, "") != variable]
    if renamed:
        reason = f"this release names its settings otherwise: {', '.join(renamed)}"
        raise InternalError(Fault("mlflow", reason, "install the release in requirements/platform.txt"))
    _keep_to_ourselves(Path(socket))
    initialize_backend_stores(backend, backend, _PROXIED_ARTIFACTS)
    uvicorn.run(
        app,
        uds=socket,
        access_log=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        # Behind the gateway no header says more than the gateway knows.
        proxy_headers=False,
        server_header=False,
    )


def _keep_to_ourselves(socket: Path) -> None:
    """Lay a socket that is ours alone: uvicorn takes its mode over, and would make one of mode 0666 otherwise."""
    socket.unlink(missing_ok=True)
    with sockets.socket(sockets.AF_UNIX) as place:
        place.bind(str(socket))
    socket.chmod(0o600)


if __name__ == "__main__":
    main()
