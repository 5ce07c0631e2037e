"""What runs other people's code, by which deed, and as whose identity that code acts."""

from collections.abc import Iterator
from dataclasses import dataclass

from cloister.ask.rights.needs import Deed
from cloister.ask.rights.principals import Who, identity_of, own_identity
from cloister.inventory.azure import Inventory
from cloister.verdict import Rule

_ON_COMPUTES = {"cluster": ("submit", "job"), "instance": ("open", "notebook")}
_ON_SERVICES = {
    "kubernetes": ("cluster", "nodes", "run", "pod"),
    "datafactory": ("data factory", "service", "run", "pipeline"),
}


@dataclass(frozen=True, slots=True)
class Delegate:
    """Something that runs code. `place` is where the code stands, or nothing where that is not stated."""

    words: str
    name: str
    place: str
    deed: Deed
    identity: Who
    rule: Rule


def delegates(inventory: Inventory) -> Iterator[Delegate]:
    """Everything that runs code as an identity: computes, deployments, batch endpoints, clusters, data factories."""
    for compute in inventory.computes:
        found = identity_of(inventory, compute.name)
        if found:
            deed = Deed(*_ON_COMPUTES[compute.kind], compute.name)
            rule = Rule("identity", compute.origin.of("identity"))
            yield Delegate(f"compute {compute.name}", compute.name, compute.name, deed, found, rule)
    yield from _online(inventory)
    for batch in inventory.batch_endpoints:
        found, workspace = identity_of(inventory, batch.name), inventory.workspace_of(batch)
        if found and workspace:
            deed = Deed("deploy", f"batch-endpoint/{batch.name}", workspace.name)
            rule = Rule("compute", batch.origin.of("compute"))
            yield Delegate(f"batch endpoint {batch.name}", batch.name, batch.name, deed, found, rule)
    for service in inventory.services:
        found = own_identity(inventory, service.name)
        if found and service.kind in _ON_SERVICES:
            title, part, action, thing = _ON_SERVICES[service.kind]
            place = f"{service.name}/{part}" if part == "service" or service.subnets else ""
            rule = Rule("identity", service.origin.of("identity"))
            yield Delegate(
                f"{title} {service.name}", service.name, place, Deed(action, thing, service.name), found, rule
            )


def _online(inventory: Inventory) -> Iterator[Delegate]:
    for endpoint in inventory.online_endpoints:
        workspace = inventory.workspace_of(endpoint)
        owner = endpoint.name if endpoint.kind == "managed" else endpoint.cluster or ""
        found = own_identity(inventory, owner)
        if found and workspace:
            deed = Deed("deploy", f"endpoint/{endpoint.name}", workspace.name)
            rule = Rule("identity", endpoint.origin.of("identity"))
            names = [f"{endpoint.name}/{deployment.name}" for deployment in endpoint.deployments]
            for place in names or [""]:
                words = f"deployment {place}" if place else f"endpoint {endpoint.name}"
                yield Delegate(words, place or endpoint.name, place, deed, found, rule)
