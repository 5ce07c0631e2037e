"""The gateway as a process: `python -m cloister.gateway --config FILE`."""

import sys
from pathlib import Path

import click
import uvicorn

from cloister.errors import CloisterError
from cloister.gateway.app import build_app, open_services
from cloister.gateway.config import read_config

_GRACE_SECONDS = 10


@click.command()
@click.option("--config", "config_file", type=click.Path(path_type=Path), required=True, help="The JSON configuration.")
def main(config_file: Path) -> None:
    """Serve MLflow behind the gateway, until SIGTERM."""
    try:
        services = open_services(read_config(config_file))
    except CloisterError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    try:
        serve(build_app(services), services.config.host, services.config.port)
    finally:
        services.close()


def serve(app: object, host: str, port: int) -> None:
    """Run the application with uvicorn, which stops gracefully on SIGTERM."""
    uvicorn.run(
        app,  # type: ignore[arg-type]  # an ASGI application
        host=host,
        port=port,
        access_log=False,  # the record of decisions is the log
        server_header=False,
        proxy_headers=False,  # nobody in front of us is trusted to say who asks
        timeout_graceful_shutdown=_GRACE_SECONDS,
        h11_max_incomplete_event_size=64 * 1024,
        lifespan="on",
    )


if __name__ == "__main__":
    main()
