"""Endpoints that score, as services with a name of their own and as places: what calls them, and what they call.

A managed endpoint is called by a name below that of its workspace, so that whoever stands behind a private endpoint of
the workspace reaches it through that. Its deployments stand in the network that Azure keeps for the workspace or, where
it keeps none and their public egress is off, each in one of its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cloister.fabric.addresses import Address
from cloister.fabric.fabric import Place, PlaceKind
from cloister.fabric.lower_azure.islands import Island, islands
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.lower_azure.service_places import made_for
from cloister.fabric.lower_azure.services import fill, name_rows
from cloister.fabric.names import PublicName
from cloister.fabric.services import Door, Endpoint, PublicAccess, Service
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.inventory.azure import BatchEndpoint, Deployment, Inventory, OnlineEndpoint, OtherService, Workspace
from cloister.verdict import Rule

_DOOR = "score"
_WILDCARD = "inference"
_LOGINS = {
    "key": "asks for a key of the endpoint, which does not say who the caller is",
    "aml_token": "asks for a token that the workspace gives out",
    "aad_token": "asks for a token of Entra ID, so that roles decide",
}


def scoring_services(inventory: Inventory) -> dict[str, Service]:
    """The endpoints that answer by name: managed online endpoints, and batch endpoints."""
    online = (_online(inventory, one, owner) for one, owner in _managed(inventory))
    batch = (_batch(inventory, one, owner) for one, owner in _batches(inventory))
    return {service.name: service for service in (*online, *batch)}


def _scoring(inventory: Inventory) -> Iterator[tuple[str, Workspace]]:
    """The name of every endpoint that is called below its workspace's name, with that workspace."""
    yield from ((endpoint.name, workspace) for endpoint, workspace in _managed(inventory))
    yield from ((endpoint.name, workspace) for endpoint, workspace in _batches(inventory))


def _managed(inventory: Inventory) -> Iterator[tuple[OnlineEndpoint, Workspace]]:
    for endpoint in inventory.online_endpoints:
        workspace = inventory.workspace_of(endpoint)
        if endpoint.kind == "managed" and workspace:
            yield endpoint, workspace


def _batches(inventory: Inventory) -> Iterator[tuple[BatchEndpoint, Workspace]]:
    for endpoint in inventory.batch_endpoints:
        workspace = inventory.workspace_of(endpoint)
        if workspace:
            yield endpoint, workspace


def _door(inventory: Inventory, name: str, workspace: Workspace) -> Door:
    rows = [row for row in name_rows(inventory, "workspace") if row.door == _WILDCARD]
    host = fill(rows[0].host, inventory, workspace).replace("*", name.lower(), 1)
    return Door(f"{name}/{_DOOR}", name, host, int(rows[0].port), tuple(row.zone for row in rows))


def _online(inventory: Inventory, endpoint: OnlineEndpoint, workspace: Workspace) -> Service:
    rule = Rule(f"online endpoint {endpoint.name}", endpoint.origin)
    switch = Rule("public_network_access", endpoint.origin.of("public_network_access"))
    source = tables.behaviours()["endpoint-login"].source
    return Service(
        name=endpoint.name,
        kind="online-endpoint",
        doors=(_door(inventory, endpoint.name, workspace),),
        public=_access(switch, enabled=endpoint.public_network_access),
        rule=rule,
        through=f"{workspace.name}/{_WILDCARD}",
        login=Rule(_LOGINS[endpoint.auth_mode], endpoint.origin.of("auth_mode"), source),
    )


def _batch(inventory: Inventory, endpoint: BatchEndpoint, workspace: Workspace) -> Service:
    """A batch endpoint has no switch of its own: that of the workspace counts."""
    switch = Rule("public_network_access", workspace.origin.of("public_network_access"))
    source = tables.behaviours()["endpoint-login"].source
    return Service(
        name=endpoint.name,
        kind="batch-endpoint",
        doors=(_door(inventory, endpoint.name, workspace),),
        public=_access(switch, enabled=workspace.public_network_access),
        rule=Rule(f"batch endpoint {endpoint.name}", endpoint.origin),
        through=f"{workspace.name}/{_WILDCARD}",
        login=Rule(_LOGINS["aad_token"], endpoint.origin, source),
    )


def _access(switch: Rule, *, enabled: bool) -> PublicAccess:
    return PublicAccess(enabled, open_to_all=True, segments=(), addresses=AddressSet(), switch=switch, default=switch)


def scoring_names(inventory: Inventory, public_names: Iterable[PublicName]) -> Iterator[PublicName]:
    """What public DNS says of each name: the same as of the wildcard of its workspace."""
    by_door = {public.door: public for public in public_names}
    for name, workspace in _scoring(inventory):
        wildcard = by_door.get(f"{workspace.name}/{_WILDCARD}")
        if wildcard and wildcard.address:
            host = _door(inventory, name, workspace).host
            alias = wildcard.alias.replace("*", name.lower(), 1)
            yield replace(wildcard, host=host, alias=alias, address=replace(wildcard.address, name=host))


def with_scoring(inventory: Inventory, endpoints: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    """Private endpoints of a workspace lead to its scoring endpoints as well."""
    doors: dict[str, list[str]] = {}
    for name, workspace in _scoring(inventory):
        doors.setdefault(f"{workspace.name}/{_WILDCARD}", []).append(f"{name}/{_DOOR}")
    return tuple(
        replace(one, doors=(*one.doors, *(door for own in one.doors for door in doors.get(own, ()))))
        for one in endpoints
    )


def scoring_places(layout: Layout, places: Iterable[Place]) -> Iterator[Place]:
    """The deployments, the ingress of endpoints on clusters, and batch endpoints where their compute stands."""
    inventory = layout.inventory
    by_name = {place.name: place for place in places}
    for batch in inventory.batch_endpoints:
        if batch.compute in by_name:
            rule = Rule(f"batch endpoint {batch.name}", batch.origin.of("compute"))
            yield replace(by_name[batch.compute], name=batch.name, rule=rule)
    kept = {island.name: island for island in islands(inventory)}
    for endpoint in inventory.online_endpoints:
        if endpoint.kind == "kubernetes":
            yield from _on_cluster(layout, endpoint)
        else:
            for deployment in endpoint.deployments:
                yield _managed_deployment(inventory, endpoint, deployment, kept)


def _managed_deployment(
    inventory: Inventory, endpoint: OnlineEndpoint, deployment: Deployment, kept: dict[str, Island]
) -> Place:
    name = f"{endpoint.name}/{deployment.name}"
    workspace = inventory.workspace_of(endpoint)
    owners = (island for island in kept.values() if not island.deployment and island.owner is workspace)
    island = kept.get(f"{name}/network") or next(owners, None)
    rule = Rule(f"deployment {name}", deployment.origin.of("egress_public_network_access"))
    if island is None:
        gap = f"to which workspace {name} belongs is not stated"
        return Place(name, PlaceKind.UNKNOWN, Address(AddressSet()), gap=gap, rule=rule)
    return Place(name, PlaceKind.SEGMENT, Address(island.machines, name), island.name, rule=rule)


def _on_cluster(layout: Layout, endpoint: OnlineEndpoint) -> Iterator[Place]:
    """The ingress that callers reach, and the pods of each deployment, anywhere in the subnet of the nodes."""
    cluster = next((one for one in layout.inventory.services if one.name == endpoint.cluster), None)
    subnet = cluster.subnets[0] if cluster and cluster.subnets else ""
    found = layout.inventory.subnet(subnet)
    rule = Rule(f"online endpoint {endpoint.name}", endpoint.origin.of("ingress_ip"))
    names = [f"{endpoint.name}/{deployment.name}" for deployment in endpoint.deployments]
    if found is None:
        gap = f"in which subnet the cluster of {endpoint.name} stands is not stated"
        for name in (endpoint.name, *names):
            yield Place(name, PlaceKind.UNKNOWN, Address(layout.public), gap=gap, rule=rule)
        return
    yield _ingress(layout, endpoint, subnet, rule)
    for name in names:
        address = Address(AddressSet.of(found[1].prefix), name)
        lent = tuple(made_for(cluster)) if cluster else ()
        public = _public_nodes(cluster)
        yield Place(name, PlaceKind.SEGMENT, address, subnet, public_address=public, rule=rule, lent=lent)


def _ingress(layout: Layout, endpoint: OnlineEndpoint, subnet: str, rule: Rule) -> Place:
    if endpoint.ingress_ip is None:
        gap = f"the address at which {endpoint.name} takes scoring requests is not stated"
        return Place(endpoint.name, PlaceKind.UNKNOWN, Address(layout.public), gap=gap, rule=rule)
    return Place(
        name=endpoint.name,
        kind=PlaceKind.SEGMENT,
        address=Address.exactly(endpoint.ingress_ip),
        where=subnet,
        public_address=endpoint.public_network_access,
        public_rule=Rule(f"public_network_access of {endpoint.name}", endpoint.origin.of("public_network_access")),
        rule=rule,
    )


def _public_nodes(cluster: OtherService | None) -> bool:
    return cluster is not None and cluster.node_public_ip
