"""`cloister diff`: what opens and what closes between two environments."""

import json
from pathlib import Path

import click

from cloister.cli.options import load_service_tags, load_what_is_sound_anywhere, service_tags_option
from cloister.cli.waiting import waiting

_FAULTY = 2


@click.command()
@click.argument("old", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("new", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print it."
)
@service_tags_option
@click.pass_context
def diff(context: click.Context, old: Path, new: Path, form: str, service_tags: Path | None) -> None:
    """Tell what opens and what closes between two environments.

    OLD and NEW are files as `cloister check` reads them. Each change comes with a question to put to `cloister ask`
    on NEW, and with the step that decides it there. What a new place or target is open to, opens. Where rules of a
    firewall differ, every host that they name is asked about.

    Exit codes: 10 where anything opens; 11 where nothing opens, but something becomes undecided; else 0.
    2 where a file has faults: they are told first, and what depends on them is undecided.
    """
    from cloister.ask.asking import environment_of  # noqa: PLC0415 - `--help` must not pay for the engine
    from cloister.ask.changes import Turn, changes  # noqa: PLC0415 - as above
    from cloister.ask.changes_told import as_json, tell  # noqa: PLC0415 - as above
    from cloister.ask.pairs import Wanted  # noqa: PLC0415 - as above

    (before, old_faults), (after, new_faults) = load_what_is_sound_anywhere(old), load_what_is_sound_anywhere(new)
    published = load_service_tags(service_tags, after)
    with waiting(f"comparing {old} and {new}"):
        found = changes(environment_of(before, published), environment_of(after, published), Wanted())
    if form == "json":
        click.echo(json.dumps(as_json(found), indent=2, ensure_ascii=False))
    else:
        click.echo(tell(found), nl=False)
    if old_faults or new_faults:
        context.exit(_FAULTY)
    context.exit(10 if found.by_turn[Turn.OPENS] else 11 if found.by_turn[Turn.UNDECIDED] else 0)
