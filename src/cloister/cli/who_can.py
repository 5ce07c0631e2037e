"""`cloister who-can`: everybody who can do something, from where, and what makes it so."""

import json
from pathlib import Path

import click

from cloister.cli.options import load_service_tags, load_what_is_sound, service_tags_option, spec_argument

_UNDECIDED = 11


@click.command("who-can")
@click.argument("action")
@spec_argument
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the list.")
@service_tags_option
@click.pass_context
def who_can(context: click.Context, action: str, file: Path, form: str, service_tags: Path | None) -> None:
    """List who can do something: `cloister who-can "read data on storage"`.

    ACTION is what is done and to which object, with "on RESOURCE" where several are meant: submit job on training,
    read secret on vault, pull image, promote model/churn. Each principal is listed with the places from which both the
    way and the right are there, and with the assignment that decides.

    Faults of the file are told first, and what depends on them is UNKNOWN. Exit codes: 0 listed; 11 where some are
    UNKNOWN; 2 where the action or the file cannot be understood.
    """
    from cloister.ask import who_can as listing  # noqa: PLC0415 - `--help` must not pay for the engine
    from cloister.ask.asking import Environment  # noqa: PLC0415 - as above
    from cloister.ask.question import parse_deed  # noqa: PLC0415 - as above
    from cloister.verdict import Answer  # noqa: PLC0415 - as above

    parse_deed(action)
    inventory, _ = load_what_is_sound(file)
    ables = listing.who_can(Environment(inventory, load_service_tags(service_tags, inventory)), action)
    if form == "json":
        click.echo(json.dumps(listing.as_json(ables, action), indent=2, ensure_ascii=False))
    else:
        click.echo(listing.tell(ables, action), nl=False)
    context.exit(_UNDECIDED if any(able.answer is Answer.UNKNOWN for able in ables) else 0)
