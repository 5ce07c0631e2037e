"""What every verb that reads a spec shares: the optional FILE argument, and the reading of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
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
