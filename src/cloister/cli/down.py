"""`cloister down`: stop the platform that runs here."""

from pathlib import Path

import click

from cloister.cli.progress import Talk, print_result
from cloister.platform.home import home_at
from cloister.platform.records import Record, clear_leftovers, locked, running_platform
from cloister.platform.stopping import stop_platform

_PATH = click.Path(path_type=Path)


@click.command()
@click.option(
    "--home", type=click.Path(path_type=Path), default=".cloister", show_default=True, help="The platform's home."
)
@click.option("--quiet", is_flag=True, help="Leave the progress out.")
def down(*, home: Path, quiet: bool) -> None:
    """Stop the platform that runs here, and what a crash may have left of it.

    Succeeds where nothing runs. Everything that it keeps stays; the next `cloister up` goes on with it.
    """
    at = home_at(home)
    platform = running_platform(at)
    if platform is not None:
        with Talk(quiet=quiet).working(f"stopping process {platform.identity.pid}"):
            stop_platform(platform)
    left: tuple[Record, ...] = ()
    if at.lock.exists():
        with locked(at):
            left = clear_leftovers(at)
    for record in left:
        print_result(f"stopped {record.name}, left behind by a crash")
    print_result(f"nothing runs in {at.root} any more" if platform or left else f"nothing runs in {at.root}")
