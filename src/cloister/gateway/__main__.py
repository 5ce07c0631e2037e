"""The gateway as a process: `python -m cloister.gateway --config FILE`."""

import sys
from pathlib import Path

import click
from starlette.types import ASGIApp

from cloister.errors import CloisterError
from cloister.gateway.app import build_app, open_services
from cloister.gateway.config import read_config
from cloister.gateway.server.running import config_file, serve


@click.command()
@click.option("--config", "file", type=click.Path(path_type=Path), required=True, help="The JSON configuration.")
def main(file: Path) -> None:
    """Serve MLflow behind the gateway, until SIGTERM."""
    try:
        config = read_config(file)
        # Once before the workers: the tables are brought up to date, and what is wrong is told in one place.
        open_services(config).close()
    except CloisterError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    serve("cloister.gateway.__main__:application", file, config)


def application() -> ASGIApp:
    """The application of one worker."""
    return build_app(open_services(read_config(config_file())))


if __name__ == "__main__":
    main()
