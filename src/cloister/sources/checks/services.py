"""Faults of services: two of one name, and private endpoints for subresources that their target does not have."""

from collections.abc import Iterator

from cloister.errors import Fault
from cloister.facts.tables import service_names
from cloister.inventory.azure import Inventory
from cloister.sources.checks.names import Names
from cloister.sources.faults import near_miss, one_of

_FACTS_WORD = {
    "workspace": "workspace",
    "storage account": "storage",
    "key vault": "vault",
    "container registry": "registry",
}


def service_faults(inventory: Inventory, names: Names) -> Iterator[Fault]:
    """Every endpoint for something that is not there, and every name that two services share."""
    yield from _shared_names(inventory)
    for endpoint in inventory.private_endpoints:
        kind = names.kind_of(endpoint.target)
        if kind is None:
            continue
        known = _addresses_by_subresource(inventory.cloud.value, kind)
        thing, origin, given = f'private endpoint "{endpoint.name}"', endpoint.origin, len(endpoint.private_ips)
        if endpoint.subresource not in known:
            near = near_miss(endpoint.subresource, known) or one_of(known)
            reason = f'subresource "{endpoint.subresource}" is none that a {kind} has'
            yield Fault(thing, reason, f"write {near}", origin.of("subresource"))
        elif given != (needed := known[endpoint.subresource]):
            reason = f"private_ips has {given}, and {endpoint.subresource} of a {kind} takes {needed}"
            yield Fault(thing, reason, f"write {needed} of its subnet's addresses", origin.of("private_ips"))


def _shared_names(inventory: Inventory) -> Iterator[Fault]:
    """Services of two kinds with one name: the target of an endpoint, or a question, could mean either."""
    services = [
        *(("workspace", workspace.name, workspace.origin) for workspace in inventory.workspaces),
        *(("storage account", account.name, account.origin) for account in inventory.storage_accounts),
        *(("key vault", vault.name, vault.origin) for vault in inventory.key_vaults),
        *(("container registry", registry.name, registry.origin) for registry in inventory.container_registries),
    ]
    first: dict[str, str] = {}
    for kind, name, origin in services:
        if name in first:
            reason = f"the {first[name]} has the same name, so a target could mean either"
            yield Fault(f'{kind} "{name}"', reason, "give one of the two another name", origin)
        first.setdefault(name, kind)


def _addresses_by_subresource(cloud: str, kind: str) -> dict[str, int]:
    """How many addresses each subresource of a kind of service takes: one for each member of its endpoint."""
    counts: dict[str, int] = {}
    for row in service_names(cloud):
        if row.service == _FACTS_WORD[kind]:
            counts[row.subresource] = max(counts.get(row.subresource, 0), int(row.member) + 1)
    return counts
