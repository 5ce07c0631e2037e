"""The services of Azure ML with their host names, and the private endpoints that lead to them."""

from collections.abc import Iterator

from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.services import Door, Endpoint, PublicAccess, Service
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.facts.service_kinds import service_kinds
from cloister.facts.tables import ServiceName
from cloister.inventory.azure import (
    ContainerRegistry,
    Inventory,
    KeyVault,
    OtherService,
    PrivateEndpoint,
    PrivateEndpointPolicies,
    StorageAccount,
    VirtualNetwork,
    Workspace,
)
from cloister.verdict import Rule

Resource = Workspace | StorageAccount | KeyVault | ContainerRegistry | OtherService
TRUSTED = "AzureServices"
"""The name under which services that Microsoft trusts act, as `bypass` states it."""
_LABEL_LENGTH = 63
_FILTERS_BIND = (PrivateEndpointPolicies.NETWORK_SECURITY_GROUP, PrivateEndpointPolicies.ENABLED)


def resources(inventory: Inventory) -> Iterator[tuple[str, Resource]]:
    """Every service with its kind in the words of facts."""
    yield from (("workspace", workspace) for workspace in inventory.workspaces)
    yield from (("storage", account) for account in inventory.storage_accounts)
    yield from (("vault", vault) for vault in inventory.key_vaults)
    yield from (("registry", registry) for registry in inventory.container_registries)
    yield from ((service.kind, service) for service in known_services(inventory))


def known_services(inventory: Inventory) -> Iterator[OtherService]:
    """The other services whose kind facts know in this cloud; of any other the reader has told a fault."""
    for service in inventory.services:
        if service.kind in service_kinds() and name_rows(inventory, service.kind):
            yield service


def name_rows(inventory: Inventory, kind: str) -> tuple[ServiceName, ...]:
    """The facts about host names of one kind of service in this cloud."""
    return tuple(row for row in tables.service_names(inventory.cloud.value) if row.service == kind)


def fill(text: str, inventory: Inventory, resource: Resource, name: str = "") -> str:
    """A text of facts for one resource: name, region and, for workspaces, identifier and notebook label."""
    words = {"name": name or resource.name, "region": inventory.region}
    if isinstance(resource, Workspace):
        tail = f"-{inventory.region}-{resource.workspace_id}"
        words["id"] = resource.workspace_id
        words["notebook"] = f"ml-{resource.name}"[: _LABEL_LENGTH - len(tail)] + tail
    if isinstance(resource, OtherService):
        words["id"] = resource.host_id
    return text.format_map(words).lower()


def lower_services(layout: Layout) -> dict[str, Service]:
    """The services by name."""
    return {
        resource.name: Service(
            name=resource.name,
            kind=kind,
            doors=tuple(_doors(layout.inventory, kind, resource)),
            public=_public_access(resource),
            rule=Rule(f"{kind} {resource.name}", resource.origin),
            remarks=tuple(_remarks(layout.inventory, resource)),
        )
        for kind, resource in resources(layout.inventory)
    }


def _doors(inventory: Inventory, kind: str, resource: Resource) -> Iterator[Door]:
    rows = name_rows(inventory, kind)
    for door in dict.fromkeys(row.door for row in rows):
        of_door = [row for row in rows if row.door == door]
        zones = tuple(fill(row.zone, inventory, resource) for row in of_door)
        host = fill(of_door[0].host, inventory, resource)
        yield Door(f"{resource.name}/{door}", resource.name, host, int(of_door[0].port), zones)
    if isinstance(resource, Workspace):
        yield from _instance_doors(inventory, resource)


def _instance_doors(inventory: Inventory, workspace: Workspace) -> Iterator[Door]:
    """The doors of compute instances: their names lead to the workspace, not to the instance."""
    for compute in inventory.computes:
        if compute.kind == "instance" and inventory.workspace_of(compute) is workspace:
            rows = name_rows(inventory, "instance")
            for door in dict.fromkeys(row.door for row in rows):
                of_door = [row for row in rows if row.door == door]
                host, *also = (fill(row.host, inventory, workspace, compute.name) for row in of_door)
                name = compute.name if door == "instance" else f"{compute.name}/{door}"
                yield Door(name, workspace.name, host, int(of_door[0].port), (of_door[0].zone,), tuple(also))


def _public_access(resource: Resource) -> PublicAccess:
    action = getattr(resource, "network_default_action", "Allow")
    return PublicAccess(
        enabled=resource.public_network_access,
        open_to_all=action == "Allow",
        segments=tuple(getattr(resource, "allowed_subnets", ())),
        addresses=AddressSet.of(*getattr(resource, "allowed_prefixes", ())),
        switch=Rule("public_network_access", resource.origin.of("public_network_access")),
        default=Rule("network_default_action", resource.origin.of("network_default_action")),
        exceptions=tuple(_exceptions(resource)),
        exempted=_exempted(resource),
        exception_mend=f"set bypass: {TRUSTED} on {resource.name}" if _takes_bypass(resource) else "",
        spares_own_region=isinstance(resource, StorageAccount),
    )


def _exceptions(resource: Resource) -> Iterator[str]:
    """Who comes in whatever the network rules say."""
    if _takes_bypass(resource) and getattr(resource, "bypass", "None") == TRUSTED:
        yield TRUSTED
    if isinstance(resource, StorageAccount):
        yield from resource.trusted_resources


def _takes_bypass(resource: Resource) -> bool:
    """Whether the kind of service can let in trusted services at all."""
    if isinstance(resource, OtherService):
        return service_kinds()[resource.kind].bypass == "yes"
    return hasattr(resource, "bypass")


def _exempted(resource: Resource) -> Rule:
    fact = tables.behaviours()["trusted-services"]
    return Rule("bypass", resource.origin.of("bypass"), "" if resource.origin.states("bypass") else fact.source)


def _remarks(inventory: Inventory, resource: Resource) -> Iterator[Rule]:
    """What whoever gets in should know as well. A registry with a private endpoint has data endpoints in any case."""
    facts = tables.behaviours()
    private = any(endpoint.target == resource.name for endpoint in inventory.private_endpoints)
    if isinstance(resource, ContainerRegistry) and not resource.data_endpoints and not private:
        fact = facts["registry-layers"]
        yield Rule(fact.text, resource.origin.of("data_endpoints"), fact.source)
    if isinstance(resource, ContainerRegistry) and resource.anonymous_pull:
        fact = facts["registry-anonymous"]
        yield Rule(fact.text, resource.origin.of("anonymous_pull"), fact.source)
    if isinstance(resource, OtherService) and resource.kind == "monitor":
        fact = facts["monitor-scope"]
        mode = f"its mode is {resource.access_mode}" if resource.access_mode else "its mode is not stated"
        yield Rule(f"{fact.text}; {mode}", resource.origin.of("access_mode"), fact.source)


def lower_endpoints(layout: Layout) -> tuple[Endpoint, ...]:
    """The private endpoints."""
    return tuple(_endpoint(layout.inventory, endpoint) for endpoint in layout.inventory.private_endpoints)


def _endpoint(inventory: Inventory, endpoint: PrivateEndpoint) -> Endpoint:
    found = inventory.subnet(endpoint.subnet)
    rows = name_rows(inventory, inventory.kind_of_service(endpoint.target) or "")
    doors = dict.fromkeys(row.door for row in rows if row.subresource == endpoint.subresource)
    return Endpoint(
        name=endpoint.name,
        addresses=endpoint.private_ips,
        segment=endpoint.subnet,
        service=endpoint.target,
        doors=tuple(f"{endpoint.target}/{door}" for door in doors),
        state=endpoint.approval,
        approved=endpoint.approval == "Approved",
        local_routes=_local_routes(found[0]) if found else None,
        filters_bind=bool(found and found[1].private_endpoint_network_policies in _FILTERS_BIND),
        rule=Rule(f"private endpoint {endpoint.name}", endpoint.origin.of("approval")),
    )


def _local_routes(network: VirtualNetwork) -> bool | None:
    policies = network.private_endpoint_vnet_policies
    return None if policies is None else policies == "Basic"
