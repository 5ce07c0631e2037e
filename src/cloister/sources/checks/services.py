"""Faults of services: two of one name, computes of no certain workspace, and endpoints for doors that are not there."""

from collections.abc import Iterable, Iterator

from cloister.errors import Fault
from cloister.facts.service_kinds import service_kinds
from cloister.facts.tables import NO_SUBRESOURCE, service_names
from cloister.inventory.azure import BatchEndpoint, Compute, Inventory, OnlineEndpoint, OtherService
from cloister.inventory.azure.identities import NONE
from cloister.origin import Origin
from cloister.sources.wording import near_miss, one_of
from cloister.sources.written import Written

_SECTIONS = {
    "workspaces": "workspace",
    "storage_accounts": "storage account",
    "key_vaults": "key vault",
    "container_registries": "container registry",
    "services": "service",
    "online_endpoints": "online endpoint",
    "batch_endpoints": "batch endpoint",
}
_FACTS_WORD = {
    "workspace": "workspace",
    "storage account": "storage",
    "key vault": "vault",
    "container registry": "registry",
    **{row.title: row.kind for row in service_kinds().values()},
}


_MONITOR = "monitor"
_OF_ONE_KIND = {
    "access_mode": _MONITOR,
    "query_access_mode": _MONITOR,
    "scopes": "insights",
    "local_accounts": "kubernetes",
    "kubernetes": "kubernetes",
}
"""The attributes that services of one kind have, and no others."""


def service_faults(tree: Written, inventory: Inventory) -> Iterator[Fault]:
    """Every endpoint for something that is not there, and every name that two services share."""
    doubled_keys = list(_shared(_keys(tree), "a target could mean either"))
    doubled_names = [] if doubled_keys else list(_shared(_services(inventory), "they would be one in Azure"))
    yield from (*doubled_keys, *doubled_names)
    yield from _homeless(inventory)
    yield from _kind_faults(inventory)
    if not doubled_keys and not doubled_names:
        yield from _endpoint_faults(inventory)


def _kind_faults(inventory: Inventory) -> Iterator[Fault]:
    """Every service of no known kind, and every limit or mode that its kind does not have."""
    known = service_kinds()
    for service in inventory.services:
        thing, kind = f'service "{service.name}"', known.get(service.kind)
        if kind is None:
            near = near_miss(service.kind, known) or one_of(known)
            yield Fault(
                thing, f'kind "{service.kind}" is none that is known', f"write {near}", service.origin.of("kind")
            )
            continue
        if not any(row.service == kind.kind for row in service_names(inventory.cloud.value)):
            reason = f"the host names of kind {kind.kind} in cloud {inventory.cloud} are not known"
            yield Fault(thing, reason, "leave it out, and ask by its host name", service.origin.of("kind"))
        for attribute in ("network_default_action", "allowed_subnets", "allowed_prefixes"):
            if kind.limits == "no" and service.origin.states(attribute):
                reason = f"a service of kind {kind.kind} has no {attribute}"
                yield Fault(thing, reason, "remove it; public_network_access decides", service.origin.of(attribute))
        for attribute, owner in _OF_ONE_KIND.items():
            if kind.kind != owner and service.origin.states(attribute):
                reason = f"a service of kind {kind.kind} has no {attribute}"
                yield Fault(thing, reason, "remove it", service.origin.of(attribute))
        yield from _scope_faults(inventory, service)
        if service.identity != NONE and kind.identity == "no":
            reason = f"a service of kind {kind.kind} has no identity"
            yield Fault(thing, reason, "remove it", service.origin.of("identity"))


def _scope_faults(inventory: Inventory, service: OtherService) -> Iterator[Fault]:
    """Every scope of a monitoring resource that is a service of another kind."""
    kinds = {one.name: one.kind for one in inventory.services}
    for name in service.scopes:
        if kinds.get(name, _MONITOR) != _MONITOR:
            reason = f'scopes names "{name}", which is a service of kind {kinds[name]}'
            scopes = [one for one, kind in kinds.items() if kind == _MONITOR]
            mend = f"write {one_of(scopes)}" if scopes else f"declare a service of kind {_MONITOR}"
            yield Fault(f'service "{service.name}"', reason, mend, service.origin.of("scopes"))


def _homeless(inventory: Inventory) -> Iterator[Fault]:
    """Every compute that may belong to more than one workspace."""
    names = [workspace.name for workspace in inventory.workspaces]
    members: tuple[tuple[str, Compute | OnlineEndpoint | BatchEndpoint], ...] = (
        *(("compute", one) for one in inventory.computes),
        *(("online endpoint", one) for one in inventory.online_endpoints),
        *(("batch endpoint", one) for one in inventory.batch_endpoints),
    )
    for kind, member in members if len(names) > 1 else ():
        if member.workspace is None:
            reason = f"does not state its workspace, and there are {len(names)}"
            yield Fault(f'{kind} "{member.name}"', reason, f"add workspace: {one_of(names)}", member.origin)


def kinds_of_services(inventory: Inventory) -> dict[str, str]:
    """What each service is, by its name in Azure."""
    return {name: kind for kind, name, _ in _services(inventory)}


def _endpoint_faults(inventory: Inventory) -> Iterator[Fault]:
    kinds = kinds_of_services(inventory)
    for endpoint in inventory.private_endpoints:
        kind = kinds.get(endpoint.target)
        if kind is None:
            continue  # a reference to nothing, or to what has a fault of its own: told already
        known = subresources(inventory.cloud.value, kind)
        thing, origin, given = f'private endpoint "{endpoint.name}"', endpoint.origin, len(endpoint.private_ips)
        if not known:
            reason = f"a {kind} has no private endpoint of its own"
            yield Fault(thing, reason, f"point it at a scope that {endpoint.target} is in", origin.of("target"))
        elif endpoint.subresource not in known:
            near = near_miss(endpoint.subresource, known) or one_of(known)
            reason = f'subresource "{endpoint.subresource}" is none that a {kind} has'
            yield Fault(thing, reason, f"write {near}", origin.of("subresource"))
        elif given != (needed := known[endpoint.subresource]):
            reason = f"private_ips has {given}, and {endpoint.subresource} of a {kind} takes {needed}"
            yield Fault(thing, reason, f"write {needed} of its subnet's addresses", origin.of("private_ips"))


def _keys(tree: Written) -> Iterator[tuple[str, str, Origin]]:
    """Kind, key and place of every service as the document names it."""
    for section, kind in _SECTIONS.items():
        written = tree.children().get(section)
        for key, child in written.children().items() if written else ():
            yield kind, key, child.key_place


def _services(inventory: Inventory) -> Iterator[tuple[str, str, Origin]]:
    """Kind, name and origin of every service as Azure names it."""
    yield from (("workspace", workspace.name, workspace.origin) for workspace in inventory.workspaces)
    yield from (("storage account", account.name, account.origin) for account in inventory.storage_accounts)
    yield from (("key vault", vault.name, vault.origin) for vault in inventory.key_vaults)
    yield from (("container registry", one.name, one.origin) for one in inventory.container_registries)
    yield from (("online endpoint", one.name, one.origin) for one in inventory.online_endpoints)
    yield from (("batch endpoint", one.name, one.origin) for one in inventory.batch_endpoints)
    known = service_kinds()
    yield from ((known[one.kind].title, one.name, one.origin) for one in inventory.services if one.kind in known)


def _shared(named: Iterable[tuple[str, str, Origin]], why: str) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for kind, name, origin in named:
        if name in first:
            reason = f"the {first[name]} has the same name, so {why}"
            yield Fault(f'{kind} "{name}"', reason, "give one of the two another name", origin)
        first.setdefault(name, kind)


def subresources(cloud: str, kind: str) -> dict[str, int]:
    """How many addresses each subresource of a kind of service takes: one for each member of its endpoint."""
    counts: dict[str, int] = {}
    for row in service_names(cloud):
        if row.service == _FACTS_WORD.get(kind) and row.subresource != NO_SUBRESOURCE:
            counts[row.subresource] = max(counts.get(row.subresource, 0), int(row.member) + 1)
    return counts
