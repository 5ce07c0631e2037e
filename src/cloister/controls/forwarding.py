"""What name servers of one's own forward, held against the names of the private endpoints."""

from cloister.facts.tables import service_names
from cloister.inventory.azure import Inventory, NameServer, OnPremises

_REST = "."


def own_servers(inventory: Inventory) -> tuple[OnPremises | NameServer, ...]:
    """The sites that are connected, each with its server, and the servers on machines that a network asks."""
    asked = {address for network in inventory.networks for address in network.dns_servers}
    machines = {machine.name for machine in inventory.machines if machine.private_ip in asked}
    sites = tuple(site for site in inventory.on_premises if site.gateway)
    return (*sites, *(server for server in inventory.name_servers if server.machine in machines))


def not_forwarded(inventory: Inventory, server: OnPremises | NameServer) -> tuple[str, ...]:
    """The public suffixes of private endpoints that a server forwards neither by themselves nor with those above."""
    pairs = server.forwarders if isinstance(server, OnPremises) else server.forwards
    forwarded = [suffix for suffix, _ in pairs]
    return tuple(one for one in _suffixes(inventory) if not any(_covers(suffix, one) for suffix in forwarded))


def _suffixes(inventory: Inventory) -> tuple[str, ...]:
    """The public suffixes under which the private endpoints of the environment have their names."""
    wanted = {(inventory.kind_of_service(end.target), end.subresource) for end in inventory.private_endpoints}
    if ("workspace", "amlworkspace") in wanted and any(compute.kind == "instance" for compute in inventory.computes):
        wanted.add(("instance", "amlworkspace"))
    rows = (row for row in service_names(inventory.cloud.value) if (row.service, row.subresource) in wanted)
    found = (one.format(region=inventory.region) for row in rows for one in row.public_suffixes.split())
    return tuple(dict.fromkeys(found))


def _covers(forwarder: str, suffix: str) -> bool:
    return forwarder in (_REST, suffix) or suffix.endswith(f".{forwarder}")
