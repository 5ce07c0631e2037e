"""`cloister key`: access keys for AWS's clients, and the roles that may be assumed with them."""

import json
from pathlib import Path
from urllib.parse import quote

import click

from cloister.errors import Fault, SpecError
from cloister.sdk.control import client


@click.group()
def key() -> None:
    """Manage access keys and the roles that may be assumed with them."""


@key.command()
@click.option("--owner", help="A user, or a workload of the site's own: key/NAME.  [default: who is logged in]")
@click.option("--group", "groups", multiple=True, help="A group of the workload; may be given several times.")
def create(owner: str | None, groups: tuple[str, ...]) -> None:
    """Make an access key; its secret is printed once, and kept sealed."""
    with client() as api:
        who = owner or api.credentials.user
        if not who:
            raise SpecError(Fault("cloister key create", "does not know whose the key is to be", "give --owner NAME"))
        made = api.request("POST", "keys", json={"owner": who, "groups": list(groups)}).json()
    click.echo(f"an access key of {made['owner']}, its secret shown this once:", err=True)
    click.echo(f"AWS_ACCESS_KEY_ID={made['id']}\nAWS_SECRET_ACCESS_KEY={made['secret']}")


@key.command("list")
@click.option("--owner", help="Only the keys of this user or workload.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_keys(owner: str | None, shape: str) -> None:
    """List access keys: whose, since when, last used when."""
    with client() as api:
        keys = api.request("GET", "keys", params={"owner": owner} if owner else None).json()["keys"]
    if shape == "json":
        click.echo(json.dumps(keys, indent=2))
        return
    for each in keys:
        state = "active" if each["active"] else "disabled"
        click.echo(f"{each['id']}  {state:<8}  last used {each['last_used_at'] or 'never':<20}  {each['owner']}")


@key.command()
@click.argument("key_id")
def disable(key_id: str) -> None:
    """Let a key count no longer, at once."""
    _set_active(key_id, active=False)


@key.command()
@click.argument("key_id")
def enable(key_id: str) -> None:
    """Let a key count again."""
    _set_active(key_id, active=True)


@key.command()
@click.argument("key_id")
def delete(key_id: str) -> None:
    """Delete a key for good; temporary credentials that were got with it end."""
    with client() as api:
        api.request("DELETE", f"keys/{quote(key_id, safe='')}")
    click.echo(f"{key_id} is deleted", err=True)


@key.command()
def reseal() -> None:
    """Seal every secret with the newest sealing key, so that older ones may go."""
    with client() as api:
        count = api.request("POST", "keys/reseal").json()["sealed"]
    click.echo(f"{count} secrets are sealed with the newest key", err=True)


@key.command()
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
def roles(shape: str) -> None:
    """List the roles that may be assumed."""
    with client() as api:
        found = api.request("GET", "roles").json()["roles"]
    if shape == "json":
        click.echo(json.dumps(found, indent=2))
        return
    for each in found:
        click.echo(f"{each['arn']}  [{', '.join(each['groups'])}]  at most {each['longest_seconds']} s")


@key.command("put-role")
@click.argument("name")
@click.argument("trust", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--group", "groups", multiple=True, required=True, help="A group whose rights the role gives.")
@click.option("--longest-seconds", type=int, default=3600, show_default=True, help="How long it may be assumed for.")
def put_role(name: str, trust: Path, groups: tuple[str, ...], longest_seconds: int) -> None:
    """Let a role be assumed by whoever the trust policy in a file names; counts at once."""
    body = {"groups": list(groups), "trust": trust.read_text(encoding="utf-8"), "longest_seconds": longest_seconds}
    with client() as api:
        made = api.request("PUT", f"roles/{quote(name, safe='')}", json=body).json()
    click.echo(made["arn"])


@key.command("delete-role")
@click.argument("name")
def delete_role(name: str) -> None:
    """Delete a role, which ends whatever was assumed of it."""
    with client() as api:
        api.request("DELETE", f"roles/{quote(name, safe='')}")
    click.echo(f"the role {name} is deleted", err=True)


def _set_active(key_id: str, *, active: bool) -> None:
    with client() as api:
        api.request("PUT", f"keys/{quote(key_id, safe='')}/active", json={"active": active})
    click.echo(f"{key_id} {'counts' if active else 'counts no longer'}", err=True)
