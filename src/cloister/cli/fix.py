"""`cloister check --fix`: mends that are certain, written into the document once they are proved to help."""

import difflib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cloister.cli.options import parameters_file

if TYPE_CHECKING:
    from cloister.controls.fixing import Document, Fixed
    from cloister.controls.report.report import Report
    from cloister.fabric.lower_azure.published import PublishedTags

_FAULTY = 2
F = TypeVar("F", bound=Callable[..., Any])


def fix_options(function: F) -> F:
    """The options --fix and --dry-run."""
    function = click.option("--dry-run", is_flag=True, help="With --fix: print the change, write nothing.")(function)
    return click.option(
        "--fix",
        is_flag=True,
        help="Write the mends that are certain into FILE, and tell what they close. What would break something else, "
        "such as a way that people need, is left, with the reason.",
    )(function)


class Proof:
    """Judges changed texts of one file as `cloister check` judged the file."""

    def __init__(
        self,
        file: Path,
        export: Path | None,
        published: "PublishedTags | None",
        attestations: Path | None,
        today: date,
        *,
        no_waivers: bool,
        elsewhere: bool,
    ) -> None:
        self._file = file
        self.elsewhere = elsewhere
        self._export = export
        self._published = published
        self._attestations = attestations
        self._today = today
        self._no_waivers = no_waivers

    def judged(self, text: str) -> "Document":
        """The text with the report on it. Raises SpecError with the faults that it has."""
        from cloister.controls.fixing import Document  # noqa: PLC0415 - `--help` must not pay for it
        from cloister.controls.report.report import check_environment  # noqa: PLC0415 - as above
        from cloister.sources.reading import read_sound_part_anywhere, translate  # noqa: PLC0415 - as above
        from cloister.sources.statements.reading import beside, read_all_stated  # noqa: PLC0415 - as above
        from cloister.sources.understanding import strictly  # noqa: PLC0415 - as above

        path, attestations, parameters = self._file, self._attestations, parameters_file()
        if self.elsewhere:  # the text is a document of its own, laid over the file and beside it
            path = self._file.with_name(f"{self._file.name}.fix.yaml")
            attestations = attestations or (beside(self._file) if beside(self._file).exists() else None)
        inventory = strictly(read_sound_part_anywhere(path, self._export, parameters, text))
        statements = read_all_stated(path, attestations, self._today, text).statements
        if self._no_waivers:
            statements = replace(statements, waivers=())
        report = check_environment(inventory, str(self._file), self._published, statements, self._today)
        return Document(text, translate(path, parameters=parameters, text=text).tree, report, self.elsewhere)


def refuse_to_fix(*, faulty: bool, fix: bool, alone: bool) -> None:
    """Raise where the command asks for what cannot be, or the document has faults, which have been told."""
    if not fix:
        message = "--dry-run goes with --fix"
        raise click.UsageError(message)
    if not alone:
        message = "--fix tells what it did, and goes with no option about the report or a baseline"
        raise click.UsageError(message)
    if faulty:
        click.echo("nothing is fixed: mend these faults first", err=True)
        raise click.exceptions.Exit(_FAULTY)


def is_plan(file: Path) -> bool:
    """Whether the file is a plan or a state of Terraform. Raises SourceError where it is a template."""
    from cloister.errors import Fault, SourceError  # noqa: PLC0415 - as above
    from cloister.sources.reading import text_of  # noqa: PLC0415 - as above
    from cloister.sources.terraform.shape import is_terraform  # noqa: PLC0415 - as above
    from cloister.sources.written import parse  # noqa: PLC0415 - as above

    if is_terraform(text_of(file)):
        return True
    if "version" in parse(text_of(file), str(file)).children():  # as every cloister document says
        return False
    reason = "is a template, and mends are written for cloister.yaml and for Terraform only"
    raise SourceError(Fault(str(file), reason, "change the template as the mends of `cloister check` say"))


def fix_file(file: Path, proof: Proof, *, dry_run: bool) -> "Report":
    """The report on the file with its certain mends, which are written unless it is a dry run, and told."""
    from cloister.cli.writing import write_text  # noqa: PLC0415 - as above
    from cloister.controls.fixing import fixed  # noqa: PLC0415 - as above
    from cloister.controls.report.fixes_told import fixes_told  # noqa: PLC0415 - as above
    from cloister.controls.report.forms import last_line  # noqa: PLC0415 - as above
    from cloister.sources.reading import text_of  # noqa: PLC0415 - as above

    text = text_of(file)
    done = fixed(proof.judged(text), proof.judged)
    if dry_run:
        click.echo(_difference(file, text, done), nl=False)
    elif done.document.text != text:
        write_text(file.resolve(), done.document.text)  # where the file is a link, what was judged is what it leads to
    for line in fixes_told(done, str(file), dry_run=dry_run):
        click.echo(line, err=dry_run)
    click.echo(last_line(done.document.report), err=dry_run)
    return done.document.report


def _difference(file: Path, text: str, done: "Fixed") -> str:
    """The change as `patch` and `git apply` take it."""
    before, after = text.splitlines(keepends=True), done.document.text.splitlines(keepends=True)
    lines = difflib.unified_diff(before, after, f"a/{file}", f"b/{file}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
