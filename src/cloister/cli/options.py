"""What every verb that reads a spec shares: the optional FILE argument, and the reading of it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from cloister.errors import Fault
    from cloister.fabric.lower_azure.published import PublishedTags
    from cloister.inventory.azure import Inventory
    from cloister.inventory.clouds import AnyInventory

_LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Where a locale stands, in the order in which POSIX reads them."""
DEFAULT_SPEC = "cloister.yaml"
_PARAMETERS = "cloister.parameters"
F = TypeVar("F", bound=Callable[..., Any])


def spec_argument(function: F) -> F:
    """The optional argument FILE, `./cloister.yaml` where it is not given, passed on as `file: Path`.

    With it comes the option --parameters, which `load` and its like look up themselves.
    """
    argument = click.argument("file", type=click.Path(path_type=Path), default=DEFAULT_SPEC, metavar="[FILE]")
    return argument(parameters_option(function))


def parameters_option(function: F) -> F:
    """The option --parameters: the values of a template's parameters, for whichever function loads the file."""
    option = click.option(
        "--parameters",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="JSON",
        help="Where FILE is an ARM template: its file of parameters; NAME.parameters.json beside it if not given.",
        expose_value=False,
        callback=lambda context, _, value: context.meta.__setitem__(_PARAMETERS, value),
    )
    return option(function)


def parameters_file() -> Path | None:
    """The file of parameters that the command in hand was given."""
    context = click.get_current_context(silent=True)
    return context.meta.get(_PARAMETERS) if context else None


def service_tags_option(function: F) -> F:
    """The option --service-tags: Microsoft's published file, passed on as `service_tags: Path | None`."""
    option = click.option(
        "--service-tags",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="JSON",
        help="Microsoft's published file of service tags: what they hold is then exact instead of unknown.",
    )
    return option(function)


def language_option(function: F) -> F:
    """The option --language, passed on as `language: str`: a code of those that reports speak."""
    option = click.option(
        "--language",
        type=click.Choice(["en", "zh", "ja", "vi", "auto"]),
        default="en",
        show_default=True,
        callback=_language,
        help="Of the report's frame and the titles of controls; auto: what LC_ALL, LC_MESSAGES or LANG asks for.",
    )
    return option(function)


def _language(_: click.Context, __: click.Parameter, value: str) -> str:
    """The chosen language; the environment is asked only where the user says so."""
    if value != "auto":
        return value
    from cloister.controls.report.phrases import language_of  # noqa: PLC0415 - `--help` must not pay for reading

    return language_of(next((os.environ[name] for name in _LOCALES if os.environ.get(name)), ""))


def load_service_tags(path: Path | None, inventory: "AnyInventory") -> "PublishedTags | None":
    """The published service tags of the inventory's cloud; tags that its rules cannot use are told on stderr.

    Raises SourceError where the file cannot be read or is another one.
    """
    if path is None:
        return None
    import json  # noqa: PLC0415 - `--help` must not pay for reading

    from cloister.errors import Fault, SourceError  # noqa: PLC0415 - as above
    from cloister.fabric.lower_azure.published import misused_tags, read_published  # noqa: PLC0415 - as above
    from cloister.inventory.azure import Inventory  # noqa: PLC0415 - as above

    mend = "name the file ServiceTags_….json that Microsoft publishes"
    try:
        parsed = json.loads(path.read_bytes())
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        raise SourceError(Fault(str(path), reason, mend)) from error
    except ValueError as error:
        raise SourceError(Fault(str(path), "is not JSON", mend)) from error
    if not isinstance(inventory, Inventory):
        reason = f'holds service tags of Azure, and {inventory.name} is in the cloud "{inventory.cloud}"'
        raise SourceError(Fault(str(path), reason, "leave --service-tags out"))
    published = read_published(parsed, path.name, inventory.cloud)
    for fault in misused_tags(inventory, published):
        click.echo(f"warning: {fault}", err=True)
    return published


def load_anywhere(path: Path) -> "AnyInventory":
    """The environment that the file describes, in whichever cloud; raises as below."""
    from cloister.sources.reading import read_anywhere  # noqa: PLC0415 - `--help` must not pay for reading

    return read_anywhere(path, parameters_file())


def load(path: Path) -> "Inventory":
    """The environment in Azure that the file describes; raises SourceError or SpecError with all its faults."""
    from cloister.sources.reading import read  # noqa: PLC0415 - `--help` must not pay for reading

    return read(path, parameters_file())


def load_what_is_sound_anywhere(path: Path, export: Path | None = None) -> "tuple[AnyInventory, tuple[Fault, ...]]":
    """The same as below for an environment in whichever cloud."""
    from cloister.sources.reading import read_sound_part_anywhere  # noqa: PLC0415 - as above

    sound = read_sound_part_anywhere(path, export, parameters_file())
    _tell(sound.faults)
    return sound.inventory, sound.faults


def _tell(faults: "tuple[Fault, ...]") -> None:
    for fault in faults:
        click.echo(str(fault), err=True)
    if faults:
        click.echo("what depends on these faults is UNKNOWN below", err=True)


def load_what_is_sound(path: Path, export: Path | None = None) -> "tuple[Inventory, tuple[Fault, ...]]":
    """What can be understood of the file, and its faults, which are told on stderr before the answer.

    `export` is a file with what was seen of the running estate. Raises SourceError where a file cannot be read, and
    SpecError where its faults leave nothing to answer from.
    """
    from cloister.sources.reading import read_sound_part  # noqa: PLC0415 - as above

    sound = read_sound_part(path, export, parameters_file())
    _tell(sound.faults)
    return sound.inventory, sound.faults
