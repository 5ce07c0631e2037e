"""`cloister check`: closure, flow and controls of an environment."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cloister.cli.baseline import baseline_options, load_baseline, save_baseline
from cloister.cli.exits import exit_code, exit_options
from cloister.cli.fix import Proof, fix_file, fix_options, is_plan, refuse_to_fix
from cloister.cli.fix_plan import fix_plan
from cloister.cli.options import (
    language_option,
    load_service_tags,
    load_what_is_sound_anywhere,
    service_tags_option,
    spec_argument,
)
from cloister.cli.statements import day_of, load_statements, statements_options
from cloister.cli.waiting import waiting

if TYPE_CHECKING:
    from cloister.controls.report.report import Report

_FAULTY = 2


@click.command()
@spec_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "json", "sarif", "junit", "ocsf", "syslog"]),
    default="text",
    show_default=True,
    help="For people: text, Markdown for a pull request, a page of HTML; for programs, code scanning, builds, a SIEM.",
)
@language_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to FILE instead of printing; the last line of the report is still told.",
)
@click.option(
    "--way-out",
    "way",
    metavar="LESSON/WAY",
    help="Print only the change by which a way out of the diagnosis is taken, to be laid over the file.",
)
@click.option(
    "--pack",
    "packs",
    multiple=True,
    metavar="NAME",
    help="Tell only this built-in pack (or `owner`: your own intents), every question in full. May be repeated.",
)
@click.option(
    "--export",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="JSON",
    help="What was seen of the running estate (docs/export.md): controls about jobs, images and quotas look there.",
)
@service_tags_option
@statements_options
@baseline_options
@exit_options
@fix_options
def check(  # noqa: PLR0913 - one for each option
    *,
    file: Path,
    form: str,
    language: str,
    output: Path | None,
    way: str | None,
    packs: tuple[str, ...],
    export: Path | None,
    service_tags: Path | None,
    attestations: Path | None,
    no_waivers: bool,
    today: datetime | None,
    baseline: Path | None,
    write_baseline: Path | None,
    fail_on: str | None,
    soft_fail: bool,
    fix: bool,
    dry_run: bool,
) -> None:
    """Judge closure, flow and controls.

    Closure: what must not be possible is not. Flow: the three loops of model development run. Controls: each a claim
    about the environment, with its source. Exit code 0: all of it holds; 10: findings; 11: nothing worse than
    undecided; 3: nothing was there to check; 2: the file has faults, which are told first, and what does not
    depend on them is judged all the same.
    """
    # Imported here, so that `cloister --help` and the other verbs do not pay for them.
    from cloister.controls.report import forms  # noqa: PLC0415 - as said above
    from cloister.controls.report.comparing import against  # noqa: PLC0415 - as said above
    from cloister.controls.report.report import check_environment, known_packs, narrowed_to  # noqa: PLC0415 - as said above

    inventory, faults = load_what_is_sound_anywhere(file, export)
    day = day_of(today)
    statements, more = load_statements(file, attestations, day, no_waivers=no_waivers)
    published = load_service_tags(service_tags, inventory)
    if fix or dry_run:
        others = (form != "text", packs, way, output, baseline, write_baseline)
        refuse_to_fix(faulty=bool(faults or more), fix=fix, alone=not any(others))
        plan = is_plan(file)
        proof = Proof(file, export, published, attestations, day, no_waivers=no_waivers, elsewhere=plan)
        with waiting(f"mending {file}"):
            report = (fix_plan if plan else fix_file)(file, proof, dry_run=dry_run)
        raise click.exceptions.Exit(exit_code(report, fail_on, soft_fail=soft_fail))
    with waiting(f"judging {file}"):
        report = check_environment(inventory, str(file), published, statements, day)
    known = load_baseline(baseline) if baseline else None
    if write_baseline:
        save_baseline(write_baseline, report)
    if known is not None:
        report = against(report, known, str(baseline))
    if packs:
        report = narrowed_to(report, known_packs(packs))
    told = forms.change_of(report, way) if way else _written(report, form, language)
    if output is None:
        click.echo(told, nl=False)
    else:
        from cloister.cli.writing import write_text  # noqa: PLC0415 - as said above

        write_text(output, told)
        click.echo(f"{forms.last_line(report, language)} ({output})", err=True)
    if faults or more:
        raise click.exceptions.Exit(_FAULTY)
    raise click.exceptions.Exit(0 if way else exit_code(report, fail_on, soft_fail=soft_fail))


def _written(report: "Report", form: str, language: str) -> str:
    """The report in a form; the page has the map in it, and events have the time of the clock."""
    from cloister.controls.report import forms  # noqa: PLC0415 - as said above

    if form in forms.STAMPED:
        return forms.write_events(report, form, datetime.now(UTC), language)
    if form != "html":
        return forms.write(report, form, language)
    from cloister.cli.drawing import drawing  # noqa: PLC0415 - as said above
    from cloister.controls.report.phrases import phrases  # noqa: PLC0415 - as said above

    return forms.page_of(report, drawing(report.inventory, report.judgement, phrases(language)), language)
