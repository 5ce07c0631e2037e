"""`cloister policy try` and `cloister policy simulate`: what policies would answer."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from cloister.cli.policy_lint import read_document
from cloister.errors import Fault, SpecError

_REFUSED = 10
_SHAPE = click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.command("try")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", help="The kept policy that FILE is to replace; the file's name if not given.")
@click.option("--attach", multiple=True, metavar="KIND/TARGET", help="As if it were attached to this as well.")
@_SHAPE
def try_(file: Path, name: str | None, attach: tuple[str, ...], shape: str) -> None:
    """Tell who would gain and who would lose what, were FILE put as a policy.

    Asked are all known actions, for everybody that is known, on one object of each kind, on each name that the policies
    have, and under each value that their conditions name. Nothing is changed.
    """
    from cloister.sdk.control import client  # noqa: PLC0415 - simulate runs where only the light half is installed

    body = {"name": name or file.stem, "document": read_document(file), "attach": list(attach)}
    with client() as api:
        found = api.request("POST", "trial", json=body).json()
    if shape == "json":
        click.echo(json.dumps(found, indent=2))
        return
    for one in found["changes"]:
        when = f" where {one['when']}" if one["when"] else ""
        click.echo(f"{', '.join(one['principals'])}  {one['change']}  on {one['resource']}{when}  [{one['rule']}]")
        click.echo(f"  {', '.join(one['actions'])}")
    concerned = "attached to nobody: nothing changes; see --attach" if not found["concerned"] else ""
    click.echo(concerned or f"changes: {len(found['changes'])}", err=True)


@click.command()
@click.option("--principal", required=True, help="A user, group/NAME (any member), job/JOB/STEP or service/NAME.")
@click.option("--action", required=True, help="For example mlflow:CreateRun.")
@click.option("--resource", required=True, help="For example experiment/churn.")
@click.option("--context", "pairs", multiple=True, metavar="KEY=VALUE", help="What conditions may look at.")
@click.option(
    "--policy",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Ask this document, and others so given, instead of the running gateway.",
)
@_SHAPE
@click.pass_context
def simulate(
    context: click.Context,
    /,
    principal: str,
    action: str,
    resource: str,
    pairs: tuple[str, ...],
    files: tuple[Path, ...],
    shape: str,
) -> None:
    """Tell what the policies answer to one request, and which statement does.

    Separation of duties and seals come on top of the policies and are not asked here.

    Exit codes: 0 allowed; 10 refused; 2 bad use.
    """
    body = {"principal": principal, "action": action, "resource": resource, "context": read_context(pairs)}
    found = _of_documents(body, files) if files else _of_gateway(body)
    if shape == "json":
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo(f"{found['answer']}  {found['reason']}  [{found['rule']}]")
        if found["mend"]:
            click.echo(f"  mend: {found['mend']}")
    context.exit(0 if found["answer"] == "ALLOW" else _REFUSED)


def read_context(pairs: Iterable[str]) -> dict[str, list[str]]:
    """The values by key. Raises SpecError where a pair is none."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise SpecError(Fault(f'context "{pair}"', "is no KEY=VALUE", "write mlflow:Stage=Production"))
        found.setdefault(key, []).append(value)
    return found


def _of_gateway(body: Mapping[str, object]) -> dict[str, Any]:
    from cloister.sdk.control import client  # noqa: PLC0415 - as above

    with client() as api:
        return dict(api.request("POST", "simulation", json=body).json())


def _of_documents(body: dict[str, Any], files: Iterable[Path]) -> dict[str, Any]:
    from cloister.access.decision import Request, decide  # noqa: PLC0415 - `--help` must not pay for it
    from cloister.access.policies import read_policy  # noqa: PLC0415 - as above
    from cloister.access.principals import Principal  # noqa: PLC0415 - as above

    policies = [read_policy(read_document(file), file.stem) for file in files]
    context = {key: tuple(values) for key, values in body["context"].items()}
    asked = Request(
        Principal(body["principal"], "user"),
        body["action"],
        body["resource"],
        {"aws:username": (body["principal"],), **context},
    )
    verdict = decide(policies, asked)
    rule = verdict.trace[0].rule
    return {
        "answer": verdict.answer.value,
        "reason": verdict.reason,
        "rule": rule.name if rule else "",
        "mend": verdict.mend,
        "policies": [policy.name for policy in policies],
    }
