"""AZ126: environments that somebody keeps up."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.seen import on
from cloister.controls.sources import lately, well_architected
from cloister.inventory.azure import Inventory

_CURATED = ("azureml://registries/azureml/environments/", "azureml:AzureML-", "AzureML-")

CONTROL = Control(
    id="AZ126",
    title="Most jobs run in curated environments",
    why="A curated environment is built, tested and patched by Microsoft; one of one's own ages from its first day.",
    remedy="Use an environment of the registry azureml where it has what the job needs.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.EXPORT,
    sources=(
        well_architected("Operational Excellence: curate model training environments"),
        lately(
            "Azure Machine Learning Curated Environments",
            "Curated environments",
            "azure/machine-learning/resource-curated-environments",
        ),
    ),
    aliases=("WAF-OPS-C6", "WAF-OPS-R5"),
    question="Do trainings use curated environments where there is one, and who patches the others?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Finding | Due]:
    """A finding where fewer than half of the jobs use one; due where none was seen with its environment."""
    observed = inventory.observed
    used = [job.environment for job in (observed.jobs if observed else None) or () if job.environment]
    if observed is None or not used:
        yield CONTROL.due("the environment", at=inventory.origin)
        return
    curated = sum(one.startswith(_CURATED) for one in used)
    if curated * 2 < len(used):
        message = f"{curated} of {len(used)} jobs ran in a curated environment {on(observed)}"
        mend = "use an environment of the registry azureml, or attest who patches the others"
        yield CONTROL.finding("the jobs", message, at=observed.origin.of("jobs"), mend=mend)
