"""`cloister who-can`: everybody who can do something, from where, and what makes it so."""

import json
import re
from pathlib import Path

import click

from cloister.cli.options import (
    DEFAULT_SPEC,
    load_service_tags,
    load_what_is_sound,
    parameters_option,
    service_tags_option,
)
from cloister.errors import Fault, SpecError

_UNDECIDED = 11
# An action of a policy, which the running gateway decides on; a deed of an environment is a sentence.
_ACTION = re.compile(r"(mlflow|cloister|execute-api):[A-Za-z]+")


@click.command("who-can")
@click.argument("action")
@click.argument("about", default=DEFAULT_SPEC, metavar="[FILE|RESOURCE]")
@parameters_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the list.")
@service_tags_option
@click.pass_context
def who_can(context: click.Context, action: str, about: str, form: str, service_tags: Path | None) -> None:
    """List who can do something: `cloister who-can "read data on storage"`, `cloister who-can mlflow:CreateRun run/x`.

    ACTION is what is done and to which object, with "on RESOURCE" where several are meant: submit job on training,
    read secret on vault, pull image, promote model/churn. Each principal is listed with the places from which both the
    way and the right are there, and with the assignment that decides.

    An action of a policy (mlflow:..., cloister:...) on a RESOURCE is asked of the platform that one is logged in to:
    each principal is listed with the statement that lets it and how it came to the policy.

    Faults of the file are told first, and what depends on them is UNKNOWN. Exit codes: 0 listed; 11 where some are
    UNKNOWN; 2 where the action or the file cannot be understood.
    """
    if _ACTION.fullmatch(action):
        context.exit(_of_gateway(action, about, form))
    file = Path(about)
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


def _of_gateway(action: str, resource: str, form: str) -> int:
    """Print who can, as the running platform has it; the exit code."""
    from cloister.sdk.control import client  # noqa: PLC0415 - as above

    if resource == DEFAULT_SPEC:
        mend = "name one, such as experiment/churn: cloister who-can mlflow:CreateRun experiment/churn"
        raise SpecError(Fault(action, "is asked about no resource", mend))
    with client() as api:
        found = api.request("GET", "who-can", params={"action": action, "resource": resource}).json()
    principals = found["principals"]
    if form == "json":
        click.echo(json.dumps(found, indent=2))
    elif not principals:
        click.echo(f"nobody can {action} on {resource}")
    width = max((len(one["principal"]) for one in principals), default=0)
    for one in principals if form == "text" else ():
        hangs = f" if {', '.join(one['hangs_on'])}" if one["hangs_on"] else ""
        through = "; ".join(one["through"]) or "by itself"
        click.echo(f"{one['answer']:<7}  {one['principal']:<{width}}  {one['rule']}{hangs}  ({through})")
    return _UNDECIDED if any(one["answer"] == "UNKNOWN" for one in principals) else 0
