"""`cloister check plan.json --fix`: mends that are certain, as Terraform to put beside the configuration."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cloister.cli.fix import Proof

if TYPE_CHECKING:
    from cloister.controls.fixing import Fix
    from cloister.controls.report.report import Report
    from cloister.render.terraform.overrides import Setting
    from cloister.sources.applying import Change
    from cloister.sources.written import Written


def fix_plan(file: Path, proof: Proof, *, dry_run: bool) -> "Report":
    """The report on what the plan would come to with its certain mends, which are written as Terraform, and told."""
    from cloister.cli.writing import refuse_to_overwrite, write_text  # noqa: PLC0415 - `--help` must not pay for it
    from cloister.controls.fixing import fixed  # noqa: PLC0415 - as above
    from cloister.controls.report.fixes_told import fixes_told  # noqa: PLC0415 - as above
    from cloister.controls.report.forms import last_line  # noqa: PLC0415 - as above
    from cloister.render.seal import is_intact  # noqa: PLC0415 - as above
    from cloister.render.terraform.overrides import overrides  # noqa: PLC0415 - as above

    first = proof.judged(f"version: 1\nsource: {json.dumps(file.name)}\n")
    done = fixed(first, proof.judged)
    made = overrides(_settings(done.applied, first.whole))
    paths = {file.with_name(name): text for name, text in made.files.items()}
    for path, text in paths.items():
        if dry_run:
            click.echo(f"# {path}\n{text}", nl=False)
        else:
            refuse_to_overwrite(path, is_intact)
            write_text(path, text)
    where = " and ".join(str(path) for path in paths) or "no file"
    where += f", {len(made.by_hand)} of them by hand" if made.by_hand else ""
    for line in (*fixes_told(done, where, dry_run=dry_run), *(f"  by hand  {one}" for one in made.by_hand)):
        click.echo(line, err=dry_run)
    click.echo(last_line(done.document.report), err=dry_run)
    return done.document.report


def _settings(fixes: "tuple[Fix, ...]", whole: "Written") -> "list[Setting]":
    return [_setting(change, whole) for fix in fixes for change in fix.changes]


def _setting(change: "Change", whole: "Written") -> "Setting":
    """A change of the document as a setting of the resource that the plan has there."""
    from cloister.render.terraform.overrides import Setting  # noqa: PLC0415 - as above

    value, path = json.loads(change.json), change.path
    if path[-2] == "links":
        zone, network = whole.at(path[:-2]), whole.at(("networks", path[-1]))
        return Setting(zone.key_place.address, "links", value, network.key_place.address)
    return Setting(whole.at(path[:-1]).key_place.address, str(path[-1]), value)
