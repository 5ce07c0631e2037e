"""Options that `az ml` has and scripts give: taken where they cost nothing, refused by name where they cannot hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
import yaml

from cloister.cli.queries import Query, as_table, tab_separated
from cloister.cli.writing import write_text
from cloister.errors import Fault, SpecError

F = TypeVar("F", bound=Callable[..., Any])
_QUERY = "cloister.query"
_SHAPES = ("text", "table", "json", "jsonc", "yaml", "yamlc", "tsv", "none")

file = click.option(
    "--file", "-f", "path", type=click.Path(path_type=Path), required=True, help="The Azure ML v2 YAML file."
)
overrides = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Put in a value, also where there is none: inputs.min_accuracy=0.9",
)
yes = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


@dataclass(frozen=True, slots=True)
class Form:
    """How an answer is printed: as what, and which part of it, where a query was given."""

    name: str
    query: Query | None = None

    @property
    def is_text(self) -> bool:
        """Whether it is for people to read, not for programs."""
        return self.name in ("text", "table") and self.query is None


def shape(function: F) -> F:
    """The options that say how an answer is printed, as one `form`."""
    output = click.option(
        "--format",
        "--output",
        "-o",
        "form",
        type=click.Choice(_SHAPES),
        default="text",
        show_default=True,
        callback=_formed,
        help="How to print it; table is text.",
    )
    # Eager: read before the form, which holds it.
    query = click.option(
        "--query",
        expose_value=False,
        is_eager=True,
        metavar="JMESPATH",
        callback=_queried,
        help="Print this part of it alone, as az has it: name, [].name; as JSON where no form is given.",
    )
    return output(query(function))


def _queried(context: click.Context, _parameter: click.Parameter, text: str | None) -> None:
    context.meta[_QUERY] = Query(text) if text else None


def _formed(context: click.Context, _parameter: click.Parameter, name: str) -> Form:
    return Form(name, context.meta.get(_QUERY))


def place(function: F) -> F:
    """The options that name a workspace: there is one here, and that is said."""
    for name, short in (("workspace-name", "-w"), ("resource-group", "-g"), ("subscription", "")):
        flags = (f"--{name}", *((short,) if short else ()))
        function = click.option(*flags, hidden=True, expose_value=False, callback=_said)(function)
    return function


def _said(_context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        click.echo(f"note: {parameter.opts[0]} {value}: there is one workspace here, this platform", err=True)


def replacements(texts: tuple[str, ...]) -> dict[str, object]:
    """The values of --set; they are read as YAML, so that 0.9 is a number. Raises SpecError."""
    found: dict[str, object] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise SpecError(Fault(f"--set {text}", "is no KEY=VALUE", "write --set inputs.min_accuracy=0.9"))
        try:
            found[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise SpecError(Fault(f"--set {text}", f"its value is no YAML: {error}", "quote the value")) from error
    return found


def pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """The KEY=VALUE texts of an option, as they are. Raises SpecError."""
    for text in texts:
        if "=" not in text or text.startswith("="):
            raise SpecError(Fault(f"{option} {text}", "is no KEY=VALUE", f"write {option} team=churn"))
    return {key: value for key, _, value in (text.partition("=") for text in texts)}


def shown(document: object, form: Form, text: Callable[[], str]) -> None:
    """Print a document, or the part that is asked for, in the form that was asked for."""
    if form.is_text:
        click.echo(text())
    elif form.name != "none":
        part = document if form.query is None else form.query.of(document)
        click.echo(written(part, "json" if form.name == "text" else form.name))


def written(document: object, name: str) -> str:
    """A document for programs; what has colours in `az` has none here."""
    import json  # noqa: PLC0415 - most verbs print text

    match name:
        case "json" | "jsonc":
            return json.dumps(document, indent=2)
        case "tsv":
            return tab_separated(document)
        case "table":
            return as_table(document)
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True)).rstrip()


def save(document: Mapping[str, object], path: Path | None) -> None:
    """Write the document to the file that --save-as names, if it does."""
    if path is not None:
        write_text(path, written(dict(document), "json" if path.suffix == ".json" else "yaml") + "\n")
