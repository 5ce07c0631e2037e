"""`cloister policy lint`: the slips of a policy document, and the meaning that it was to have."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cloister.errors import Fault, SourceError

if TYPE_CHECKING:
    from cloister.access.lint.linting import Linted
    from cloister.access.lint.mending import Mended

_FINDINGS = 10


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--fix", is_flag=True, help="Print the document with its meaning corrected, in actions on objects.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="With --fix: write it to this file.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def lint(context: click.Context, file: Path, output: Path | None, shape: str, *, fix: bool) -> None:
    """Name each slip of a policy document, with place, reason and mend.

    Reads what people publish: commas before a closing bracket, comments and typographic quotation marks are told and
    read over. With --fix, policies of execute-api:Invoke become what they say about objects; where the document is one
    of the published roles (administrator, reader, model approver), it becomes what that role was described to do.
    The slips then go to stderr, and what counts are those of the corrected document.

    Exit codes: 0 nothing but notes; 10 slips; 2 where the file is no JSON.
    """
    from cloister.access.lint.linting import lint as linting  # noqa: PLC0415 - `--help` must not pay for it
    from cloister.access.lint.mending import mended  # noqa: PLC0415 - as above

    linted = linting(read_document(file), file.stem)
    corrected = mended(linted) if fix else None
    left = linting(json.dumps(corrected.document), file.stem) if corrected else linted
    if shape == "json":
        click.echo(json.dumps(_as_json(file, linted, corrected), indent=2, ensure_ascii=False))
    else:
        _tell(file, linted, to_stderr=fix)
    if corrected is not None:
        _show(corrected, output, quiet=shape == "json")
    context.exit(_FINDINGS if left.findings else 0)


def read_document(file: Path) -> str:
    """The text of a file. Raises SourceError where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = f"cannot be read: {error.strerror if isinstance(error, OSError) else error}"
        raise SourceError(Fault(str(file), reason, "name a file with a policy document")) from error


def _tell(file: Path, linted: "Linted", *, to_stderr: bool) -> None:
    for one in linted.slips:
        click.echo(f"{file}:{one.place}: {one.kind}: {one.reason}\n  mend: {one.mend}", err=to_stderr)
    notes = len(linted.slips) - len(linted.findings)
    click.echo(f"findings: {len(linted.findings)}, notes: {notes}", err=True)


def _show(corrected: "Mended", output: Path | None, *, quiet: bool) -> None:
    text = json.dumps(corrected.document, indent=2) + "\n"
    if corrected.role:
        click.echo(f"it is the published role {corrected.role}: {corrected.meaning}", err=True)
    if output is not None:
        from cloister.cli.writing import write_text  # noqa: PLC0415 - as above

        write_text(output, text)
    elif not quiet:
        click.echo(text, nl=False)


def _as_json(file: Path, linted: "Linted", corrected: "Mended | None") -> dict[str, object]:
    slips = [
        {
            "slip": one.kind,
            "weight": one.weight,
            "line": one.place.line,
            "column": one.place.column,
            "at": one.at,
            "reason": one.reason,
            "mend": one.mend,
        }
        for one in linted.slips
    ]
    shown: dict[str, object] = {"file": str(file), "slips": slips, "findings": len(linted.findings)}
    if corrected is not None:
        shown |= {"role": corrected.role, "meaning": corrected.meaning, "corrected": corrected.document}
    return shown
