"""What every verb that reads a spec shares: the optional FILE argument, and the reading of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from cloister.errors import Fault
    from cloister.inventory.azure import Inventory

DEFAULT_SPEC = "cloister.yaml"
F = TypeVar("F", bound=Callable[..., Any])


def spec_argument(function: F) -> F:
    """The optional argument FILE, `./cloister.yaml` where it is not given, passed on as `file: Path`."""
    argument = click.argument(
        "file", type=click.Path(path_type=Path, dir_okay=False), default=DEFAULT_SPEC, metavar="[FILE]"
    )
    return argument(function)


def load(path: Path) -> "Inventory":
    """The environment that the file describes; raises SourceError or SpecError with all its faults."""
    from cloister.sources.spec import read_spec  # noqa: PLC0415 - `--help` must not pay for reading

    return read_spec(path)


def load_what_is_sound(path: Path) -> "tuple[Inventory, tuple[Fault, ...]]":
    """What can be understood of the file, and its faults, which are told on stderr before the answer.

    Raises SourceError where the file cannot be read, and SpecError where its faults leave nothing to answer from.
    """
    from cloister.sources.spec import read_sound_part  # noqa: PLC0415 - as above

    sound = read_sound_part(path)
    for fault in sound.faults:
        click.echo(str(fault), err=True)
    if sound.faults:
        click.echo("what depends on these faults is UNKNOWN below", err=True)
    return sound.inventory, sound.faults
