"""AZ117: sweeps end what leads to nothing."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.seen import on
from cloister.controls.sources import lately, well_architected
from cloister.inventory.azure import Inventory, SeenJob

CONTROL = Control(
    id="AZ117",
    title="Sweeps end early what leads to nothing, or after a time",
    why="A sweep without an end trains the worst of its trials as long as the best, and all of them are paid for.",
    remedy="State early_termination in the sweep job, or limits with a timeout.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.EXPORT,
    sources=(
        well_architected("Cost Optimization: set training termination policies"),
        lately(
            "Hyperparameter tuning a model (v2)",
            "Specify early termination policy",
            "azure/machine-learning/how-to-tune-hyperparameters#early-termination",
        ),
    ),
    aliases=("WAF-COST-R3",),
    question="Does each sweep have a policy of early termination, or a timeout?",
)


def subjects(inventory: Inventory) -> Iterable[SeenJob | Inventory]:
    """Every sweep that was seen, or the environment where no jobs were."""
    jobs = inventory.observed.jobs if inventory.observed else None
    return (inventory,) if jobs is None else tuple(job for job in jobs if job.type == "sweep")


def check(subject: SeenJob | Inventory, environment: Environment) -> Iterator[Finding | Due]:
    """A finding for a sweep that nothing ends; due where no jobs were seen."""
    observed = environment.inventory.observed
    if isinstance(subject, Inventory) or observed is None:
        yield CONTROL.due("the environment", at=environment.inventory.origin)
    elif not subject.early_termination and not subject.timeout:
        message = f"neither early_termination nor a timeout ends it {on(observed)}"
        mend = "state early_termination in the job, or limits: {timeout: ...}"
        yield CONTROL.finding(f'sweep "{subject.name}"', message, at=subject.origin, mend=mend)
