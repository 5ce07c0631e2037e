"""`cloister ask`: one question, its answer, and every step that led to it."""

import json
from pathlib import Path

import click

from cloister.cli.options import load_service_tags, load_what_is_sound_anywhere, service_tags_option, spec_argument

_EXIT_CODES = {"ALLOW": 0, "DENY": 10, "UNKNOWN": 11}


@click.command()
@click.argument("question")
@spec_argument
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the answer.")
@service_tags_option
@click.pass_context
def ask(context: click.Context, question: str, file: Path, form: str, service_tags: Path | None) -> None:
    """Answer one question with its trace: `cloister ask "compute -> workspace:443"`.

    PLACE is a subnet (ml/compute, or compute where that is unique), a machine, a compute, a site, internet, or a
    service tag. TARGET is a service (workspace, storage/file), a machine, an address, a host name (pypi.org), or a
    service tag.

    PRINCIPAL at PLACE: ACTION OBJECT asks for the right as well, PRINCIPAL being user:, group:, sp: or identity: with a
    name: `cloister ask "user:ada at jump-host: read data from lake"`.

    Faults of the file are told first, and what depends on them is UNKNOWN. Exit codes: 0 ALLOW; 10 DENY; 11 UNKNOWN;
    2 where the question or the file cannot be understood.
    """
    from cloister.ask.asking import answer, environment_of  # noqa: PLC0415 - `--help` must not pay for the engine
    from cloister.ask.question import parse_question  # noqa: PLC0415 - as above
    from cloister.ask.telling import as_json, tell  # noqa: PLC0415 - as above

    asked = parse_question(question)
    inventory, _ = load_what_is_sound_anywhere(file)
    answered = answer(environment_of(inventory, load_service_tags(service_tags, inventory)), asked)
    if form == "json":
        click.echo(json.dumps(as_json(answered), indent=2, ensure_ascii=False))
    else:
        click.echo(tell(answered), nl=False)
    context.exit(_EXIT_CODES[answered.verdict.answer.value])
