"""AZ124: somebody notices when a model gets worse."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.seen import on
from cloister.controls.sources import lately, well_architected
from cloister.inventory.azure import Inventory, SeenDeployment

_PARTS = 2

CONTROL = Control(
    id="AZ124",
    title="Each deployed model is watched by a monitor that runs",
    why="Data changes and models do not: without a monitor the first to notice is the customer.",
    remedy="Create a monitor for the deployment, with drift and performance, and let somebody get its alerts.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.EXPORT,
    sources=(
        well_architected("Operational Excellence and Performance Efficiency: monitor model performance"),
        lately(
            "Monitor the performance of models deployed to production",
            "Set up out-of-box model monitoring",
            "azure/machine-learning/how-to-monitor-model-performance",
        ),
    ),
    aliases=("WAF-OPS-C4", "WAF-OPS-R3", "WAF-PERF-C6", "WAF-PERF-R3"),
    question="Is each deployed model watched for drift and performance, and who gets the alerts?",
)


def subjects(inventory: Inventory) -> Iterable[SeenDeployment | Inventory]:
    """Every deployment that was seen, or the environment where none or no schedules were."""
    observed = inventory.observed
    if observed is None or observed.schedules is None or not observed.online_deployments:
        return (inventory,)
    return observed.online_deployments


def check(subject: SeenDeployment | Inventory, environment: Environment) -> Iterator[Finding | Due]:
    """A finding for a deployment that no monitor watches; due where that was not seen."""
    observed = environment.inventory.observed
    if isinstance(subject, Inventory) or observed is None:
        yield CONTROL.due("the environment", at=environment.inventory.origin)
        return
    name = f"{subject.endpoint}/{subject.name}"
    monitors = [one for one in observed.schedules or () if one.monitored and _deployment(one.monitored) == name]
    if not any(one.enabled for one in monitors):
        message = f"{'its monitor is switched off' if monitors else 'no monitor watches it'} {on(observed)}"
        mend = f"switch monitor {monitors[0].name} on" if monitors else "create a monitor for it"
        yield CONTROL.finding(f'deployment "{name}"', message, at=subject.origin, mend=mend)


def _deployment(reference: str) -> str:
    """`churn/blue`, whether a reference is written `azureml:churn:blue` or as the id of a resource."""
    parts = reference.replace("/deployments/", "/").replace(":", "/").split("/")
    return "/".join(parts[-_PARTS:])
