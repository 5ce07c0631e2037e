"""`cloister environment`: which packages are allowed, the files that are here, and environments as `az ml` has them."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from cloister.errors import Fault, SourceError, SpecError
from cloister.jobs.packages.names import read_file_name
from cloister.loopback import http_client
from cloister.sdk.assets import Assets
from cloister.sdk.control import ControlClient, client, error_of

_UPLOAD_SECONDS = 3600.0
_RESOLVE_SECONDS = 1800.0
_KIND = "environments"

_format = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print it."
)
_number = click.argument("number", type=click.IntRange(min=1))
_comment = click.option("--comment", default="", help="What to say about the decision.")


@click.group()
def environment() -> None:
    """Allow packages, bring their files in, and keep environments of jobs."""


@environment.command()
@click.argument("entries", nargs=-1, required=True, metavar="NAME==VERSION...")
@click.option("--with-dependencies", is_flag=True, help="All that they need as well; whoever approves sees the list.")
@click.option("--with-source", is_flag=True, help="Source archives as well, which run code when they are built.")
@click.option("--reason", default="", help="What they are needed for.")
def allow(entries: tuple[str, ...], *, with_dependencies: bool, with_source: bool, reason: str) -> None:
    """Ask for packages to be allowed; somebody else approves."""
    asked = {
        "entries": list(entries),
        "reason": reason,
        "with_dependencies": with_dependencies,
        "with_source": with_source,
    }
    with client() as control:
        made = control.request("POST", "packages/requests", json=asked).json()["requests"]
    for one in made:
        click.echo(_told(one))
    numbers = " ".join(str(one["number"]) for one in made)
    click.echo(f"an approver decides: cloister environment approve {numbers}", err=True)


@environment.command()
@click.option("--all", "all_", is_flag=True, help="Decided ones too.")
@_format
def requests(*, all_: bool, form: str) -> None:
    """List what was asked for, and what the index was asked for in vain."""
    with client() as control:
        found = control.request("GET", "packages/requests", params={"state": "any" if all_ else "open"}).json()
    if form == "json":
        click.echo(json.dumps(found, indent=2))
        return
    for one in found["requests"]:
        click.echo(_told(one))
    for one in found["not_fetched"]:
        click.echo(f"not fetched: {one['entry']}: {one['reason']}")
    for one in found["refused"]:
        click.echo(f"asked of the index in vain, {one['times']} times: {one['project']} {one['reason']}")


@environment.command()
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(min=1), metavar="NUMBER...")
@click.option("--yes", is_flag=True, help="Do not ask before what is needed besides is allowed as well.")
@_comment
def approve(numbers: tuple[int, ...], *, yes: bool, comment: str) -> None:
    """Approve requests of somebody else; what they come to is shown before, and who brought the files."""
    with client() as control:
        for number in numbers:
            with_dependencies = _request(control, number)["with_dependencies"]
            path = f"/cloister/v1/packages/requests/{number}/dependencies"
            found = _patiently(control, "GET", path)["pins"]
            for pin in found:
                click.echo(f"  {pin['entry']}  ({_origin(pin)})", err=True)
            if (len(found) > 1 or any(map(_is_of_two_kinds, found))) and not yes:
                click.confirm(
                    f"allow {'this package' if len(found) == 1 else f'these {len(found)} packages'}?", abort=True
                )
            decision = {"comment": comment, "pins": [pin["entry"] for pin in found] if with_dependencies else []}
            closed = _patiently(control, "POST", f"/cloister/v1/packages/requests/{number}/approve", decision)
            click.echo(_told(closed))


def _origin(pin: dict[str, Any]) -> str:
    """Where the files of what is to be allowed come from."""
    if pin["brought_by"]:
        told = f"here, from {', '.join(pin['brought_by'])}"
    else:
        told = "from upstream" if pin["is_fetched"] else "no file of it is here"
    if _is_of_two_kinds(pin):
        told += f"; what is here of this name is from {', '.join(pin['others_by'])}: is it the same package?"
    return f"allowed already; {told}" if pin["is_allowed"] else told


def _is_of_two_kinds(pin: dict[str, Any]) -> bool:
    """Whether it would come from upstream, and all that is here of its name was brought by somebody."""
    return pin["is_fetched"] and not pin["brought_by"] and bool(pin["others_by"]) and "upstream" not in pin["others_by"]


def _request(control: ControlClient, number: int) -> dict[str, Any]:
    """The request of that number."""
    found = control.request("GET", "packages/requests", params={"state": "any"}).json()["requests"]
    one = next((one for one in found if one["number"] == number), None)
    if one is None:
        fault = Fault(f"request {number}", "there is none of that number", "see: cloister environment requests")
        raise SpecError(fault)
    return dict(one)


def _patiently(control: ControlClient, method: str, path: str, document: object = None) -> dict[str, Any]:
    """The answer to what takes as long as finding out what a package needs."""
    credentials = control.credentials
    with http_client(credentials.url, token=credentials.token, timeout_seconds=_RESOLVE_SECONDS) as http:
        answer = http.request(method, path, json=document)
    if not answer.is_success:
        raise error_of(answer, thing=f"{method} {path}")
    return dict(answer.json())


@environment.command()
@_number
@_comment
def reject(number: int, comment: str) -> None:
    """Reject a request; one's own is withdrawn."""
    _close(number, "reject", comment)


@environment.command()
@_number
@_comment
def revoke(number: int, comment: str) -> None:
    """Allow no more what a request allowed."""
    _close(number, "revoke", comment)


def _close(number: int, verb: str, comment: str) -> None:
    with client() as control:
        closed = control.request("POST", f"packages/requests/{number}/{verb}", json={"comment": comment}).json()
    click.echo(_told(closed))


@environment.command()
@_format
def packages(form: str) -> None:
    """List the files that the index serves."""
    with client() as control:
        files = control.request("GET", "packages").json()["files"]
    if form == "json":
        click.echo(json.dumps(files, indent=2))
        return
    for file in files:
        click.echo(f"{file['sha256']}  {file['filename']}")


@environment.command(name="import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True), metavar="PATH...")
@click.option("--yes", is_flag=True, help="Do not ask before they are brought in.")
def import_(paths: tuple[Path, ...], *, yes: bool) -> None:
    """Bring wheels and source archives in from folders or files, such as a carried disk.

    Their hashes are listed before, to be held against those of whoever packed the disk. What is brought in is served
    once it is allowed.
    """
    faults: list[Fault] = []
    files = []
    for path in sorted(_files(paths)):
        try:
            read_file_name(path.name)
        except SpecError as error:
            faults += error.faults
        else:
            files.append(path)
            click.echo(f"{_sha256(path)}  {path.name}")
    if files and not yes:
        click.confirm(f"bring in {len(files)} {'file' if len(files) == 1 else 'files'}?", abort=True)
    with client() as control:
        for path in files:
            try:
                taken = _upload(control, path)
            except SpecError as error:
                faults += error.faults
            else:
                allowed = "" if taken["is_allowed"] else "; not allowed yet"
                click.echo(f"{path.name}: taken{allowed}", err=True)
    if faults:
        raise SpecError(faults)


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    """The wheels and source archives that are named, or lie in a folder that is."""
    for path in paths:
        if path.is_dir():
            yield from (one for one in path.rglob("*") if one.is_file() and one.name.endswith((".whl", ".tar.gz")))
        else:
            yield path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _upload(control: ControlClient, path: Path) -> dict[str, Any]:
    target = f"/cloister/v1/packages/files/{quote(path.name)}"
    credentials = control.credentials
    with (
        path.open("rb") as file,
        http_client(credentials.url, token=credentials.token, timeout_seconds=_UPLOAD_SECONDS) as http,
    ):
        answer = http.put(target, content=file)
    if not answer.is_success:
        raise error_of(answer, thing=f"PUT {target}")
    return dict(answer.json())


@environment.command()
@click.option("--file", "-f", "path", type=click.Path(path_type=Path), required=True, help="The environment's YAML.")
@click.option("--name", "-n", default="", help="Its name, instead of the one in the file.")
@click.option("--version", "-v", default="", help="Its version, instead of the one in the file.")
def create(path: Path, name: str, version: str) -> None:
    """Keep an environment from its Azure ML v2 YAML."""
    from cloister.jobs.reading.documents import load_document  # noqa: PLC0415 - the SDK takes seconds

    overrides = {key: given for key, given in (("name", name), ("version", version)) if given}
    click.echo(f"checking {path} with the Azure ML SDK", err=True)
    loaded = load_document("environment", path, overrides)
    for note in loaded.notes:
        click.echo(f"note: {note}", err=True)
    entity = loaded.entity
    properties = entity._to_rest_object().as_dict()["properties"]  # noqa: SLF001 - the SDK has no public door to it
    with client() as control:
        _print(Assets(control).put(_KIND, entity.name, entity.version or "", properties), "json")


@environment.command(name="list")
@click.option("--name", "-n", default="", help="The versions of this one.")
@click.option("--include-archived", is_flag=True, help="Archived ones too.")
@_format
def list_(name: str, form: str, *, include_archived: bool) -> None:
    """List environments, or the versions of one."""
    with client() as control:
        found = Assets(control).list(_KIND, name, archived="too" if include_archived else "no")
    if form == "json":
        click.echo(json.dumps(found, indent=2))
        return
    for one in found:
        click.echo(f"{name}:{one['name']}" if name else one["name"])


@environment.command()
@click.option("--name", "-n", default="", help="The environment.")
@click.option("--version", "-v", default="", help="Its version; the newest if not given.")
@click.option("--job", "-j", default="", help="What each step of a job ran in.")
@click.option("--lock", default="", help="The lock of that hash, or of the beginning of one.")
@_format
def show(name: str, version: str, job: str, lock: str, form: str) -> None:
    """Show an environment, what the steps of a job ran in, or a lock with all its hashes."""
    if sum(map(bool, (name, job, lock))) != 1:
        mend = "give --name for a registered one, --job for those of a job, or --lock for a lock"
        raise SpecError(Fault("cloister environment show", "needs to know which one", mend))
    with client() as control:
        if name:
            _print(Assets(control).get(_KIND, name, version), "json")
        elif lock:
            _print_lock(control.request("GET", f"environments/{quote(lock, safe='')}").json(), form)
        else:
            _print_steps(control.request("GET", f"jobs/{quote(job, safe='')}/environments").json(), form)


@environment.command()
@click.option("--name", "-n", required=True, help="The environment.")
@click.option("--version", "-v", default="", help="That version alone.")
def archive(name: str, version: str) -> None:
    """Leave an environment, or one version of it, out of lists."""
    with client() as control:
        Assets(control).archive(_KIND, name, version)
    click.echo(f"{name}{f':{version}' if version else ''} is archived", err=True)


@environment.command()
@click.option("--name", "-n", required=True, help="The environment.")
@click.option("--version", "-v", default="", help="That version alone.")
def restore(name: str, version: str) -> None:
    """Take an archived environment back into lists."""
    with client() as control:
        Assets(control).archive(_KIND, name, version, restore=True)
    click.echo(f"{name}{f':{version}' if version else ''} is restored", err=True)


def _told(one: dict[str, Any]) -> str:
    with_ = [text for key, text in (("with_dependencies", "dependencies"), ("with_source", "source")) if one[key]]
    entry = f"{one['entry']} with {' and '.join(with_)}" if with_ else one["entry"]
    parts = [f"{one['number']:>4}  {entry}  {one['state']}", f"asked for by {one['asked_by']}"]
    parts += [f"decided by {one['decided_by']}"] if one["decided_by"] else []
    parts += [f'"{one[key]}"' for key in ("reason", "comment") if one[key]]
    return ", ".join(parts)


def _print(document: dict[str, Any], form: str) -> None:
    click.echo(json.dumps(document, indent=2) if form == "json" else str(document))


def _print_lock(document: dict[str, Any], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(document, indent=2))
        return
    click.echo(f"# {document['sha256']}, Python {document['python']}, content {document['tree_sha256']}")
    click.echo(document["lock"], nl=False)


def _print_steps(document: dict[str, Any], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(document, indent=2))
        return
    if not document["environments"]:
        raise SourceError(Fault("job", "no step of it has begun", "see how it stands: cloister job show"))
    for one in document["environments"]:
        where = one["sha256"] or "the platform's own Python"
        note = f"  ({one['note']})" if one["note"] else ""
        click.echo(f"{one['step']}  {where}{note}")
