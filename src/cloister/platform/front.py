"""The front as a process: the gateway before MLflow and the control API, on one port.

`python -m cloister.platform.front --config FILE`; ends on SIGTERM.
"""

import sys
from pathlib import Path

import click
from starlette.types import ASGIApp

from cloister.errors import CloisterError
from cloister.gateway.app import build_app, open_services
from cloister.gateway.server.running import config_file, serve
from cloister.platform.api import control_routes
from cloister.platform.config import read_config


@click.command()
@click.option("--config", "file", type=click.Path(path_type=Path), required=True, help="The JSON configuration.")
def main(file: Path) -> None:
    """Serve gateway and control API until SIGTERM."""
    try:
        config = read_config(file)
        open_services(config.gateway).close()
    except CloisterError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    serve("cloister.platform.front:application", file, config.gateway)


def application() -> ASGIApp:
    """The application of one worker."""
    config = read_config(config_file())
    services = open_services(config.gateway)
    return build_app(services, control_routes(services, config))


if __name__ == "__main__":
    main()
