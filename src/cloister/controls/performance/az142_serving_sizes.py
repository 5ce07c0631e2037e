"""AZ142: deployments of a size that serves, and more than one machine in production."""

from collections.abc import Iterable, Iterator
from math import ceil

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.seen import on
from cloister.controls.sources import lately, well_architected
from cloister.controls.wording import stated
from cloister.facts.vm_sizes import serving_sizes
from cloister.inventory.azure import Deployment, Inventory, OnlineEndpoint

_ENOUGH = 3
"""For high availability, says the reference; the page on sizes says more than three, for production."""
_RESERVE = 1.2
"""Azure Machine Learning keeps a fifth more of the quota of most sizes, for upgrades."""

CONTROL = Control(
    id="AZ142",
    title="Managed deployments have a size that serves models, and three or more instances in production",
    why="Azure refuses other sizes, and one instance serves nobody while it is replaced or its host is patched.",
    remedy="Choose a size of the published list, and set instance_count to 3 or more in production.",
    severity=Severity.MEDIUM,
    pillar=Pillar.PERFORMANCE,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Performance Efficiency: choose the right compute resources for model deployments"),
        lately(
            "Managed online endpoints SKU list",
            "The table; the note on the 20% that are reserved",
            "azure/machine-learning/reference-managed-online-endpoints-vm-sku-list",
        ),
        lately(
            "CLI (v2) managed online deployment YAML schema",
            "instance_count",
            "azure/machine-learning/reference-yaml-deployment-managed-online",
        ),
    ),
    aliases=("WAF-PERF-C4",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[OnlineEndpoint, Deployment]]:
    """Every deployment of a managed endpoint."""
    managed = (one for one in inventory.online_endpoints if one.kind == "managed")
    return tuple((endpoint, deployment) for endpoint in managed for deployment in endpoint.deployments)


def check(subject: tuple[OnlineEndpoint, Deployment], environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for another size, for too few in production, and for a quota too small; a doubt without a size."""
    endpoint, deployment = subject
    thing, size = f'deployment "{endpoint.name}/{deployment.name}"', deployment.instance_type
    if size is None:
        message = "which size its machines have is not stated"
        yield CONTROL.doubt(thing, message, at=deployment.origin, mend="state its instance_type")
    elif size.upper() not in serving_sizes():
        message = f"instance_type {size} is not in the list of sizes that managed endpoints take"
        mend = "choose one of the list, such as Standard_DS3_v2"
        yield CONTROL.finding(thing, message, at=deployment.origin.of("instance_type"), mend=mend)
    requirements = environment.inventory.requirements
    if requirements and requirements.stage == "prod" and deployment.instance_count < _ENOUGH:
        count = str(deployment.instance_count)
        message = f"production needs {_ENOUGH} instances or more: {stated(deployment.origin, 'instance_count', count)}"
        place = deployment.origin.of("instance_count")
        yield CONTROL.finding(thing, message, at=place, mend=f"set instance_count: {_ENOUGH}")
    yield from _quota(thing, deployment, environment.inventory)


def _quota(thing: str, deployment: Deployment, inventory: Inventory) -> Iterator[Finding]:
    """A finding where the quota that was seen has no room for the instances, and for those that an upgrade needs."""
    size, observed = serving_sizes().get((deployment.instance_type or "").upper()), inventory.observed
    if size is None or observed is None:
        return
    wanted = deployment.instance_count * int(size.vcpus) * (_RESERVE if size.reserve == "yes" else 1)
    for usage in observed.usages or ():
        if usage.family == size.family and wanted > usage.limit:
            message = f"with what upgrades need it takes {wanted:g} vCPUs, and {usage.family} has {usage.limit}"
            mend = f"request {ceil(wanted)} vCPUs of {usage.family}"
            yield CONTROL.finding(thing, f"{message} {on(observed)}", at=usage.origin, mend=mend)
