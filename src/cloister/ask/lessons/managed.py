"""The change that moves computes into a network that Azure keeps, with the names that they have to reach."""

from collections.abc import Iterator
from typing import Any

from cloister.ask.lessons.seen import Seen, host_of, place_of
from cloister.facts.managed_networks import managed_network_rules
from cloister.facts.packs import shared_hosts
from cloister.facts.tables import tag_members
from cloister.inventory.azure import Inventory, Workspace

_NODES = "azure-ml-node-storage"  # the pack of what nodes start from: in a network of its own Azure sees to that


def managed_network(seen: Seen, places: tuple[str, ...]) -> dict[str, Any]:
    """The computes of one workspace in a network for approved ways; nothing, where that cannot be said for it.

    It cannot where the places are of several workspaces, where the workspace has such a network, where its computes
    need what stands in other networks, or where it is called otherwise in Azure than in its document: its key there is
    not known here.
    """
    inventory = seen.inventory
    homes = {inventory.workspace_of(seen.compute(place)) for place in places}
    workspace = homes.pop() if len(homes) == 1 else None
    if workspace is None or workspace.managed_network != "Disabled" or workspace.origin.states("name"):
        return {}
    if _needs_others(seen, workspace):
        return {}
    rules = {host.replace(".", "-"): {"type": "FQDN", "fqdn": host} for host in _hosts(seen, workspace)}
    return {
        "workspaces": {workspace.name: {"managed_network": "AllowOnlyApprovedOutbound", "outbound_rules": rules}},
        "computes": dict(_moved(inventory, workspace)),
        "approved": dict(_let_out_by_azure(inventory)),
    }


def _let_out_by_azure(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """The hosts of anybody that the tags hold, or may hold, which Azure puts into every such network."""
    cloud = inventory.cloud.value
    tags = {rule.tag for rule in managed_network_rules(cloud)}
    for shared in shared_hosts(cloud):
        for row in tag_members():
            held = tags & set(f"{row.tags} {row.doubtful}".split())
            if row.kind == "host" and held and _is(shared.asked, row.subject):
                yield shared.host, f"Azure itself lets it out by {', '.join(sorted(held))}"


def _needs_others(seen: Seen, workspace: Workspace) -> bool:
    """Whether a compute is asked to reach a machine, or a service that the workspace does not depend on."""
    inventory = seen.inventory
    own = {compute.name for compute in inventory.computes if inventory.workspace_of(compute) is workspace}
    parts = {workspace.name, workspace.storage_account, workspace.key_vault, workspace.container_registry}
    names = {machine.name for machine in inventory.machines} - parts
    names |= {account.name for account in inventory.storage_accounts} - parts
    names |= {service.name for service in inventory.services} - parts
    asked = (one.question.partition(" -> ")[2] for one in seen.judgement.flow if place_of(one) in own)
    return any(target.partition(":")[0].partition("/")[0] in names for target in asked)


def _moved(inventory: Inventory, workspace: Workspace) -> Iterator[tuple[str, dict[str, None]]]:
    for compute in inventory.computes:
        if inventory.workspace_of(compute) is workspace and compute.subnet:
            address = {"private_ip": None} if compute.private_ip else {}
            yield compute.name, {"subnet": None} | address


def _hosts(seen: Seen, workspace: Workspace) -> list[str]:
    """The public hosts that the computes are asked to reach, but for those that Azure lets out by its own tags."""
    inventory = seen.inventory
    own = {compute.name for compute in inventory.computes if inventory.workspace_of(compute) is workspace}
    asked = dict.fromkeys(host_of(one) for one in seen.judgement.flow if place_of(one) in own and one.pack != _NODES)
    tags = {rule.tag for rule in managed_network_rules(inventory.cloud.value)}
    rows = [row for row in tag_members() if row.kind == "host" and tags & set(row.tags.split())]
    let_out = [row.subject for row in rows]
    return [host for host in asked if host and not any(_is(host, subject) for subject in let_out)]


def _is(host: str, subject: str) -> bool:
    """Whether a row of facts, a host or all under a suffix, is about a host."""
    return host == subject or (subject.startswith("*.") and host.endswith(subject[1:]))
