"""Load and plan every example that Microsoft publishes for Azure ML's command line, and write the page that tells it.

    python tests/jobs/yardstick.py --examples FOLDER/cli [--ran FILE] [--page docs/jobs/examples.md]

FOLDER is a checkout of the public repository. What counts is what the official SDK itself accepts. Jobs are planned as
a dry run plans them, without a platform; other documents are loaded. FILE is what `examples_run.py --json` wrote.
Nothing of an example goes into the page but its path.
"""

import argparse
import json
import logging
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from cloister.errors import CloisterError
from cloister.jobs.planning.resolve import lacks, plan
from cloister.jobs.reading.documents import DocumentKind, load_document
from cloister.jobs.reading.load import load_job
from cloister.monitoring.schema import read_monitor

REPOSITORY = "https://github.com/Azure/azureml-examples"
COMMIT = "085cd6ea399038c1e07843acff811f34261c0887"
PAGE = Path(__file__).parents[2] / "docs" / "jobs" / "examples.md"
# The kind of a document, as the name of its schema says it, and what loads it.
KINDS: Mapping[str, DocumentKind] = {
    "commandJob": "job",
    "pipelineJob": "job",
    "sweepJob": "job",
    "parallelJob": "job",
    "sparkJob": "job",
    "commandComponent": "component",
    "pipelineComponent": "component",
    "parallelComponent": "component",
    "sparkComponent": "component",
    "data": "data",
    "environment": "environment",
    "schedule": "schedule",
    "model": "model",
    "amlCompute": "compute",
    "computeInstance": "compute",
}
# What the issue of this yardstick counts; the others are told below the line.
COUNTED = (
    "command job",
    "pipeline job",
    "sweep job",
    "spark job",
    "command component",
    "pipeline component",
    "spark component",
    "data",
    "environment",
    "schedule of a job",
)
_INTRODUCTION = """\
# Microsoft's published examples

The YAML below `cli/` in [azureml-examples]({repository}/tree/{commit}) (MIT),
unchanged, as a dry run without a platform sees it. Counted is what the official SDK itself accepts; {not_accepted} more
documents it does not. This page is written by `python tests/jobs/yardstick.py --examples FOLDER/cli`.

| kind | accepted by the SDK | loaded and planned | of these, something is missing to run | refused |
|---|---|---|---|---|
"""
_MISSING = """\
## Planned, and something is missing to run it
A file that the checkout does not hold (scripts of the repository fetch it), an input that the author has yet to give, a
component of a registry that nobody here has.

"""
_SCHEMA = re.compile(r"^\W?\$schema:.*?/(\w+?)(\.schema)?\.json", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Found:
    """One example: its kind, and what keeps it from being planned, or from being submitted as it stands."""

    path: str
    kind: str
    refused: str = ""
    missing: tuple[str, ...] = ()


def examples(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each document of a kind that is known, with its kind."""
    for path in sorted((*folder.rglob("*.yml"), *folder.rglob("*.yaml"))):
        named = _SCHEMA.search(path.read_text(errors="replace"))
        kind = (named.group(1)[:1].lower() + named.group(1)[1:]) if named else ""
        if kind in KINDS:
            yield path, kind


def accepted(path: Path, kind: DocumentKind) -> bool:
    """Whether the SDK takes the document."""
    from azure.ai.ml.entities import _load_functions  # noqa: PLC0415 - untyped, and slow to import

    read: Callable[..., Any] = getattr(_load_functions, f"load_{kind}")
    try:
        read(path)
    except Exception:  # noqa: BLE001 - the SDK raises errors of every kind
        return False
    return True


def told(kind: str, path: Path) -> str:
    """The kind in words; schedules differ by what they start."""
    words = re.sub(r"([A-Z])", r" \1", kind).lower()
    if kind != "schedule":
        return words
    root = yaml.safe_load(path.read_text())
    return next((what for key, what in _ACTIONS.items() if key in root), words)


_ACTIONS = {
    "create_job": "schedule of a job",
    "create_monitor": "schedule of a monitor",
    "import_data": "schedule of an import",
}


def judge(path: Path, kind: str, name: str) -> Found:
    """Load and plan one example."""
    words = told(kind, path)
    try:
        if KINDS[kind] == "job":
            job = load_job(path)
            plan(job, dry_run=True)
            return Found(name, words, missing=tuple(f"{fault.thing}: {fault.reason}" for fault in lacks(job)))
        if words == "schedule of a monitor":
            read_monitor(path, datetime.now(UTC))
        else:
            document = load_document(KINDS[kind], path, dry_run=True)
            return Found(name, words, missing=tuple(f"{fault.thing}: {fault.reason}" for fault in document.missing))
    except CloisterError as error:
        return Found(name, words, "; ".join(dict.fromkeys(f"{f.thing}: {f.reason}" for f in error.faults)))
    return Found(name, words)


def page(found: list[Found], not_accepted: int, ran: list[dict[str, Any]]) -> str:
    """The page: counts by kind, then each example that is not planned whole, with the reason."""
    counted = [one for one in found if one.kind in COUNTED]
    kinds = (*COUNTED, *sorted({one.kind for one in found} - set(COUNTED)))
    lines = [
        *_INTRODUCTION.format(repository=REPOSITORY, commit=COMMIT, not_accepted=not_accepted).splitlines(),
        *(_row(kind, of) for kind in kinds if (of := [one for one in found if one.kind == kind])),
        _row("**the kinds that count**", counted),
        "",
        "The kinds that count are jobs, components, data, environments and schedules of jobs: of them",
        f"{_share(counted)} are loaded and planned; of all, {_share(found)}.",
        "",
        "## Refused, with the reason",
        *(f"- `cli/{one.path}`: {one.refused}" for one in found if one.refused),
        "",
        *_MISSING.splitlines(),
        *(f"- `cli/{one.path}`: {_first(one.missing)}" for one in found if one.missing),
    ]
    if ran:
        lines += ["", "## Run to the end on one machine", *_ran(ran)]
    return "\n".join(lines) + "\n"


def _row(kind: str, of: list[Found]) -> str:
    planned = [one for one in of if not one.refused]
    missing = sum(bool(one.missing) for one in planned)
    return f"| {kind} | {len(of)} | {len(planned)} | {missing} | {len(of) - len(planned)} |"


def _share(of: list[Found]) -> str:
    planned = sum(not one.refused for one in of)
    return f"{planned} of {len(of)} ({100 * planned / max(len(of), 1):.1f} %)"


def _first(reasons: tuple[str, ...]) -> str:
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}"


# What the end of a failed example says, and what that comes to; the first that fits counts.
CAUSES = (
    (
        r"papermill: command not found|No module named 'pygit2'",
        "it installs packages itself that nobody allowed before",
    ),
    (r"environment import FOLDER", "its environment names versions that have no wheels for Python 3.11"),
    (r"is not registered here", "it names a component that its folder does not register"),
    (r"has no path", "an input is left for whoever runs it"),
    (r"does not run flow jobs", "a prompt flow"),
    (r"its code .* does not exist", "code that is not in the repository"),
    (r"/usr/venv/bin/activate", "what its image with R holds"),
)


def _ran(outcomes: list[dict[str, Any]]) -> Iterator[str]:
    """What `examples_run.py` found: how many completed, and why the others did not run or failed."""
    completed = [one for one in outcomes if one["status"] == "Completed"]
    yield f"{len(completed)} of {len(outcomes)} jobs run to their end on one machine without a GPU or a network:"
    yield ""
    yield from (f"- `cli/{one['path']}`" for one in completed)
    yield ""
    yield "The others, with what they need or how they failed:"
    yield ""
    for one in outcomes:
        if one["status"] != "Completed":
            last = (one["reason"].strip().splitlines() or ["failed"])[-1][:200]
            reason = next((cause for said, cause in CAUSES if re.search(said, one["reason"])), last)
            yield f"- `cli/{one['path']}`: {reason}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--ran", type=Path, help="outcomes that examples_run.py wrote")
    parser.add_argument("--page", type=Path, default=PAGE)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    folder = arguments.examples.resolve()
    all_of_them = list(examples(folder))
    taken = [(path, kind) for path, kind in all_of_them if accepted(path, KINDS[kind])]
    found = [judge(path, kind, path.relative_to(folder).as_posix()) for path, kind in taken]
    ran = json.loads(arguments.ran.read_text()) if arguments.ran else []
    text = page(found, len(all_of_them) - len(taken), ran)
    arguments.page.write_text(text.replace(str(folder), "cli"), encoding="utf-8")
    counted = [one for one in found if one.kind in COUNTED]
    sys.stdout.write(f"counted: {_share(counted)}; all: {_share(found)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
