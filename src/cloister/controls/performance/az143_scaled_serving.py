"""AZ143: what serves grows with its load."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, well_architected
from cloister.inventory.azure import Deployment, Inventory, OnlineEndpoint, OtherService

Serving = tuple[OnlineEndpoint, Deployment] | OtherService

CONTROL = Control(
    id="AZ143",
    title="Managed deployments scale by load, and so do the nodes of clusters that serve",
    why="A fixed number is too small at the peak, when it matters, and paid for at night, when it does not.",
    remedy="Add an autoscale setting for the deployment, or set auto_scaling on the cluster.",
    severity=Severity.MEDIUM,
    pillar=Pillar.PERFORMANCE,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Performance Efficiency: choose deployment environments with autoscaling capabilities"),
        lately(
            "Autoscale online endpoints",
            "Define an autoscale profile",
            "azure/machine-learning/how-to-autoscale-endpoints",
        ),
    ),
    aliases=("WAF-PERF-C5", "WAF-PERF-R2"),
)


def subjects(inventory: Inventory) -> Iterable[Serving]:
    """Every deployment of a managed endpoint, and every cluster on which another endpoint runs."""
    managed = (one for one in inventory.online_endpoints if one.kind == "managed")
    clusters = {one.cluster for one in inventory.online_endpoints if one.kind == "kubernetes"}
    return (
        *((endpoint, deployment) for endpoint in managed for deployment in endpoint.deployments),
        *(one for one in inventory.services if one.name in clusters),
    )


def check(subject: Serving, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding where the number is fixed; a doubt for a cluster of whose nodes nothing is said."""
    if isinstance(subject, OtherService):
        yield from _cluster(subject)
        return
    endpoint, deployment = subject
    name = f"{endpoint.name}/{deployment.name}"
    if not any(setting.target == name for setting in environment.inventory.autoscale_settings):
        message = "its number of instances is fixed: no autoscale setting has it as its target"
        mend = f"add an autoscale setting with target: {name}"
        yield CONTROL.finding(f'deployment "{name}"', message, at=deployment.origin, mend=mend)


def _cluster(cluster: OtherService) -> Iterator[Finding | Doubt]:
    thing, settings = f'cluster "{cluster.name}"', cluster.kubernetes
    if settings is None:
        message = "whether its nodes come and go is not stated"
        yield CONTROL.doubt(thing, message, at=cluster.origin, mend="describe it under kubernetes, with auto_scaling")
    elif not settings.auto_scaling:
        message = "its number of nodes is fixed: auto_scaling is not on"
        yield CONTROL.finding(thing, message, at=settings.origin.of("auto_scaling"), mend="set auto_scaling: true")
