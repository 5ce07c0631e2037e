"""AZ123: what is run again is a script in a pipeline."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.seen import on
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory

_NOTEBOOK = ".ipynb"

CONTROL = Control(
    id="AZ123",
    title="Jobs run scripts, and pipelines join them",
    why="A notebook runs as its author left it open; nobody reviews its cells, and no pipeline can take one of them.",
    remedy="Turn notebooks into scripts with arguments, and join data preparation, training and scoring in a pipeline.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.EXPORT,
    sources=(well_architected("Operational Excellence: automate for efficiency; use scripts instead of notebooks"),),
    aliases=("WAF-OPS-C2",),
    question="Do pipelines run data preparation, training and scoring, and are their steps scripts?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Finding | Due]:
    """A finding for each job that runs a notebook, and one where no job is a pipeline; due where no jobs were seen."""
    observed = inventory.observed
    if observed is None or not observed.jobs:
        yield CONTROL.due("the environment", at=inventory.origin)
        return
    for job in observed.jobs:
        if _NOTEBOOK in (job.command or ""):
            message = f"it runs a notebook: {job.command} {on(observed)}"
            yield CONTROL.finding(f'job "{job.name}"', message, at=job.origin, mend="turn the notebook into a script")
    if not any(job.type == "pipeline" for job in observed.jobs):
        message = f"none of {len(observed.jobs)} jobs is a pipeline {on(observed)}"
        yield CONTROL.finding("the jobs", message, at=observed.origin.of("jobs"), mend="join the steps in a pipeline")
