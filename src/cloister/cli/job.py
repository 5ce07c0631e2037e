"""`cloister job`: Azure ML v2 jobs, with the verbs of `az ml job`. A thin face over `cloister.sdk`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cloister.cli import azure_options as az
from cloister.cli.job_output import harmless
from cloister.cli.job_progress import Progress
from cloister.cli.job_views import job_table, job_text, note_lines, plan_text
from cloister.errors import Fault, SourceError, SpecError
from cloister.sdk import Client, Job
from cloister.sdk.control import client

if TYPE_CHECKING:
    from cloister.sdk.authoring import Authored

_NOT_DONE = 10
_UNDECIDED = 11
_INTERRUPTED = 130

_name = click.option("--name", "-n", required=True, help="The job's name, as create and list print it.")
_save = click.option(
    "--save-as", "-a", type=click.Path(path_type=Path), help="Write what is printed to a file as well."
)
_components = click.option(
    "--components",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Look for components that the job names in the YAML files of this folder.",
)
_web = click.option("--web", "-e", is_flag=True, hidden=True)


@click.group()
def job() -> None:
    """Create, list, show, follow, change and cancel Azure ML v2 jobs."""


@job.command()
@az.file
@az.overrides
@click.option("--name", "-n", default="", help="Name the job; without it, the platform finds a name.")
@click.option("--stream", "-s", is_flag=True, help="Follow the job, and what it prints, to its end.")
@click.option("--dry-run", is_flag=True, help="Load, check and plan the job; print the plan and run nothing.")
@_components
@_save
@_web
@az.place
@az.shape
def create(  # noqa: PLR0913 - one for each option
    *,
    path: Path,
    settings: tuple[str, ...],
    name: str,
    stream: bool,
    dry_run: bool,
    components: Path | None,
    save_as: Path | None,
    web: bool,
    form: az.Form,
) -> None:
    """Run a job from its Azure ML v2 YAML. Exit code 11 where a dry run finds that something is missing to run it."""
    from cloister.sdk.authoring import authored  # noqa: PLC0415 - the light verbs must not load it
    from cloister.sdk.components import RegisteredComponents  # noqa: PLC0415 - as above

    _refuse_web(web=web)
    click.echo(f"checking {path} with the Azure ML SDK", err=True)
    overrides = az.replacements(settings) | ({"name": name} if name else {})
    # A dry run needs no platform.
    with (
        RegisteredComponents(client) as known,
        authored(
            path, overrides, components=components, registered=None if dry_run else known, dry_run=dry_run
        ) as loaded,
    ):
        if dry_run:
            _plan(loaded, form)
            return
        for line in note_lines(loaded.plan.notes):
            click.echo(line, err=True)
        with Client() as platform:
            created = platform.jobs.submit(loaded)
            for line in note_lines(created.notes[len(loaded.plan.notes) :]):
                click.echo(line, err=True)
            click.echo(f"job {created.name} is queued", err=True)
            if stream:
                created = _follow(platform, created.name, form)
            az.save(created.document, save_as)
            _end(created, form) if stream else _print(created, form, noted=True)


@job.command()
@az.file
@az.overrides
@_components
@az.place
@az.shape
def validate(*, path: Path, settings: tuple[str, ...], components: Path | None, form: az.Form) -> None:
    """Load, check and plan a job; run nothing. The same as create --dry-run."""
    from cloister.sdk.authoring import authored  # noqa: PLC0415 - the light verbs must not load it

    with authored(path, az.replacements(settings), components=components, dry_run=True) as loaded:
        _plan(loaded, form)


def _plan(loaded: "Authored", form: az.Form) -> None:
    """Print the plan, and what is missing to run it."""
    az.shown(loaded.document, form, lambda: plan_text(loaded.plan))
    for lacking in loaded.lacking:
        click.echo(f"missing: {lacking}", err=True)
    if loaded.lacking:
        raise click.exceptions.Exit(_UNDECIDED)


@job.command(name="list")
@click.option("--max-results", "-r", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most.")
@click.option("--status", "statuses", multiple=True, help="Only those in this state; may be given more than once.")
@click.option("--experiment-name", default="", help="Only those of this experiment.")
@click.option("--submitter", default="", help="Only those of this person.")
@click.option("--tag", "tags", multiple=True, metavar="KEY[=VALUE]", help="Only those with this tag.")
@click.option("--archived-only", is_flag=True, help="Only archived ones.")
@click.option("--include-archived", is_flag=True, help="Archived ones too.")
@az.place
@az.shape
def list_(  # noqa: PLR0913 - one for each option
    *,
    max_results: int,
    statuses: tuple[str, ...],
    experiment_name: str,
    submitter: str,
    tags: tuple[str, ...],
    archived_only: bool,
    include_archived: bool,
    form: az.Form,
) -> None:
    """List the jobs that you may read, the newest first."""
    with Client() as platform:
        found = platform.jobs.list(
            limit=max_results,
            statuses=statuses,
            experiment=experiment_name,
            submitter=submitter,
            tags=tags,
            archived="only" if archived_only else "too" if include_archived else "no",
        )
    documents = [dict(one.document) for one in found]
    narrowed = bool(statuses or experiment_name or submitter or tags or archived_only)
    az.shown(documents, form, lambda: job_table(documents, narrowed=narrowed))


@job.command()
@_name
@_web
@az.place
@az.shape
def show(*, name: str, web: bool, form: az.Form) -> None:
    """Show a job: where it stands, step by step."""
    _refuse_web(web=web)
    with Client() as platform:
        _print(platform.jobs.show(name), form)


@job.command()
@_name
@az.place
@az.shape
def stream(*, name: str, form: az.Form) -> None:
    """Follow a job to its end: where its steps stand, and what they print.

    Exit code 10 where it did not complete, 130 where Ctrl-C ended the watching; the job goes on.
    """
    with Client() as platform:
        _end(_follow(platform, name, form), form)


@job.command()
@_name
@az.place
@az.shape
def cancel(*, name: str, form: az.Form) -> None:
    """Cancel a job; what it runs is ended."""
    with Client() as platform:
        _print(platform.jobs.cancel(name), form)


@job.command()
@_name
@az.place
@az.shape
def archive(*, name: str, form: az.Form) -> None:
    """Leave a job that is over out of lists."""
    with Client() as platform:
        _print(platform.jobs.archive(name), form)


@job.command()
@_name
@az.place
@az.shape
def restore(*, name: str, form: az.Form) -> None:
    """Let lists show an archived job again."""
    with Client() as platform:
        _print(platform.jobs.restore(name), form)


@job.command()
@_name
@click.option("--display-name", help="Another title.")
@click.option("--description", help="Another description.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Add a tag, or change it.")
@click.option("--untag", multiple=True, metavar="KEY", help="Take a tag away.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="As az has it: tags.team=churn")
@az.place
@az.shape
def update(
    *,
    name: str,
    display_name: str | None,
    description: str | None,
    tags: tuple[str, ...],
    untag: tuple[str, ...],
    settings: tuple[str, ...],
    form: az.Form,
) -> None:
    """Change the title, the description or the tags of a job."""
    given = {"display_name": display_name, "description": description}
    added = az.pairs(tags, "--tag")
    for key, value in az.pairs(settings, "--set").items():
        head, _, tag = key.partition(".")
        if head == "tags" and tag:
            added[tag] = value
        elif key in given:
            given[key] = value
        else:
            mend = "set display_name, description or tags.KEY; what a job runs does not change"
            raise SpecError(Fault(f"--set {key}", "does not change", mend))
    with Client() as platform:
        _print(platform.jobs.update(name, **given, tags=added, untag=untag), form)


@job.command()
@_name
@click.option("--step", default="", help="The step whose log to print; may be left out where the job has one.")
@click.option("--follow", is_flag=True, help="Go on until the step has ended.")
@az.place
def logs(*, name: str, step: str, follow: bool) -> None:
    """Print what a step printed."""
    with Client() as platform:
        for piece in platform.jobs.log(name, step or _only_step(platform.jobs.show(name)), follow=follow):
            sys.stdout.write(harmless(piece) if sys.stdout.isatty() else piece)
            sys.stdout.flush()


@job.command()
@_name
@click.option("--output-name", default="", help="One output: of the job, or as STEP.OUTPUT.")
@click.option("--all", "everything", is_flag=True, help="All outputs, what steps left to be kept, and logs.")
@click.option("--list", "only_list", is_flag=True, help="List the files and fetch none.")
@click.option("--download-path", "-p", type=click.Path(path_type=Path), default=Path(), help="Where to put them.")
@az.place
def download(*, name: str, output_name: str, everything: bool, only_list: bool, download_path: Path) -> None:
    """Fetch files of a job below a folder of its name."""
    if not (output_name or everything or only_list):
        raise SpecError(Fault("download", "is told of no output", "give --output-name NAME, --all or --list"))
    with Client() as platform:
        if only_list:
            for file in platform.jobs.files(name):
                click.echo(f"{file.bytes:>12}  {file.path}")
            return
        for path in platform.jobs.download(name, download_path / name, output=output_name):
            click.echo(path)


@job.command("connect-ssh", hidden=True)
@click.argument("anything", nargs=-1, type=click.UNPROCESSED)
def connect_ssh(anything: tuple[str, ...]) -> None:
    """Refused: nobody logs in to where a step runs."""
    del anything
    mend = "follow it: cloister job logs --name NAME --step STEP --follow"
    raise SpecError(Fault("job connect-ssh", "is not possible: nobody logs in to where a step runs", mend))


def _refuse_web(*, web: bool) -> None:
    if web:
        mend = "leave it out; the job's runs are on MLflow's page, at the gateway's address"
        raise SpecError(Fault("--web", "there is no studio here", mend))


def _follow(platform: Client, name: str, form: az.Form) -> Job:
    """The job once it has ended; until then, its progress and what its steps print are shown.

    The log is part of the answer where that is text, and talk beside a document.
    """
    output = sys.stdout if form.is_text else sys.stderr
    try:
        # The answer tells where the job stands once more: on one terminal that is once too often.
        with Progress(sys.stderr, output, passing=sys.stdout.isatty()) as progress:
            return platform.jobs.stream(name, progress.show)
    except KeyboardInterrupt as stopped:
        click.echo(_goes_on(name), err=True)
        raise click.exceptions.Exit(_INTERRUPTED) from stopped
    except SourceError:
        click.echo(_goes_on(name), err=True)
        raise


def _goes_on(name: str) -> str:
    again, cancel = (f"cloister job {verb} --name {name}" for verb in ("stream", "cancel"))
    return f"job {name} is no longer followed; what runs goes on. Follow it again: {again}; end it: {cancel}"


def _only_step(found: Job) -> str:
    """The name of the job's one step."""
    names = [step.name for step in found.steps]
    if len(names) != 1:
        mend = f"name one by --step: {', '.join(names)}"
        raise SpecError(Fault(f'job "{found.name}"', f"has {len(names)} steps, each with a log of its own", mend))
    return names[0]


def _end(found: Job, form: az.Form) -> None:
    """Print how the job ended."""
    _print(found, form)
    if found.status != "Completed":
        raise click.exceptions.Exit(_NOT_DONE)


def _print(found: Job, form: az.Form, *, noted: bool = False) -> None:
    """Print a job; as text without its notes, where they have just been told."""
    document = dict(found.document)
    az.shown(document, form, lambda: job_text(document | {"notes": ()} if noted else document))
