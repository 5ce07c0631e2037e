"""Networks, segments, sites and gateways."""

from collections.abc import Iterator
from ipaddress import IPv4Address

from cloister.fabric.egress import Egress
from cloister.fabric.fabric import Gateway, Network, Platform, Segment, Site
from cloister.fabric.lower_azure.egress import subnet_egress
from cloister.fabric.lower_azure.filters import Filters, lower_guard
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.lower_azure.routes import network_routes, subnet_routes
from cloister.fabric.policies import ServicePolicy
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.facts.policy_aliases import policy_aliases
from cloister.inventory.azure import Gateway as AzureGateway
from cloister.inventory.azure import OnPremises, Subnet, VirtualNetwork
from cloister.verdict import Rule

FIREWALL_SUBNET = "AzureFirewallSubnet"
GATEWAY_SUBNET = "GatewaySubnet"


def platform() -> Platform:
    """The platform's own addresses."""
    rows = tables.platform_addresses()
    return Platform(
        resolver=IPv4Address(rows[0].address),
        spared=AddressSet.of(*(row.address for row in rows)),
        labels=frozenset(row.tag.lower() for row in rows),
        rule=Rule("Azure DNS", source=rows[0].source),
    )


def lower_networks(layout: Layout) -> dict[str, Network]:
    """The virtual networks by name."""
    return {
        network.name: Network(
            name=network.name,
            space=layout.space(network.name),
            routes=network_routes(layout, network),
            peers=layout.peers[network.name],
            broken_peers=layout.broken_peers[network.name],
            name_servers=network.dns_servers,
            rule=Rule(f"virtual network {network.name}", network.origin.of("dns_servers")),
        )
        for network in layout.inventory.networks
    }


def lower_segments(layout: Layout, filters: Filters) -> dict[str, Segment]:
    """The subnets by `network/subnet`."""
    inventory = layout.inventory
    stated = {
        f"{net.name}/{subnet.name}": _segment(layout, filters, net, subnet) for net, subnet in inventory.subnets()
    }
    implied = {
        **{f"{firewall.network}/{FIREWALL_SUBNET}": firewall.network for firewall in inventory.firewalls},
        **{f"{gateway.network}/{GATEWAY_SUBNET}": gateway.network for gateway in inventory.gateways},
    }
    return {**{name: _implied_segment(layout, name, network) for name, network in implied.items()}, **stated}


def _implied_segment(layout: Layout, name: str, network: str) -> Segment:
    """The subnet of a firewall or gateway that the author did not write out: no routes or filters of its own."""
    rule = Rule(f"subnet {name}, which is not written out", layout.own_network(network).origin)
    egress = Egress(open=False, text="nothing", rule=rule)
    return Segment(
        name, network, AddressSet(), None, (), learns_routes=True, egress=egress, services=frozenset(), rule=rule
    )


def _segment(layout: Layout, filters: Filters, network: VirtualNetwork, subnet: Subnet) -> Segment:
    name = f"{network.name}/{subnet.name}"
    table = layout.route_tables.get(subnet.route_table or "")
    kinds = {row.service_endpoint: row.kind for row in tables.service_endpoints()}
    return Segment(
        name=name,
        network=network.name,
        space=AddressSet.of(subnet.prefix),
        filter=filters.at(name, subnet.network_security_group),
        routes=subnet_routes(layout, network, subnet),
        learns_routes=table.bgp_route_propagation if table else True,
        egress=subnet_egress(layout, network, subnet),
        services=frozenset(kinds[name] for name in subnet.service_endpoints if name in kinds),
        rule=Rule(f"subnet {name}", subnet.origin),
        guard=lower_guard(layout, network.name, subnet.name, filters.readers[name]),
        policies=tuple(_policies(layout, subnet)),
    )


def lower_sites(layout: Layout) -> dict[str, Site]:
    """The sites on-premises by name."""
    return {
        site.name: Site(
            name=site.name,
            space=AddressSet.of(*site.address_space),
            gateways=_preferred(layout, site),
            name_server=site.dns_server,
            rule=Rule(f"on-premises {site.name}", site.origin.of("dns_server")),
        )
        for site in layout.inventory.on_premises
    }


_STORAGE = "storage"
_ACCOUNT = "/providers/microsoft.storage/storageaccounts/"


def _policies(layout: Layout, subnet: Subnet) -> Iterator[ServicePolicy]:
    """The service endpoint policies of a subnet together; Azure has them for storage only."""
    policies = [
        one for one in layout.inventory.service_endpoint_policies if one.name in subnet.service_endpoint_policies
    ]
    if not policies:
        return
    listed = [resource for policy in policies for resource in policy.service_resources]
    accounts = [text.rpartition("/")[2] for text in listed if "/" not in text or _ACCOUNT in text.lower()]
    groups = [text for text in listed if "/" in text and _ACCOUNT not in text.lower()]
    known = [row for row in policy_aliases() if row.alias.lower() in {text.lower() for text in groups}]
    name = " and ".join(policy.name for policy in policies)
    rule = Rule(f"service endpoint policy {name}", policies[0].origin.of("service_resources"))
    yield ServicePolicy(
        kind=_STORAGE,
        services=frozenset(accounts) | {row.account for row in known},
        groups=tuple(text for text in groups if text.lower() not in {row.alias.lower() for row in known}),
        rule=rule,
        known_groups=tuple(Rule(f"{row.holds} in {row.alias}", rule.origin, row.source) for row in known),
    )


def _preferred(layout: Layout, site: OnPremises) -> tuple[str, ...]:
    """The gateways of a site in the order in which it takes them: ExpressRoute before VPN."""
    kinds = {gateway.name: gateway.kind for gateway in layout.inventory.gateways}
    return tuple(sorted(site.gateways, key=lambda name: kinds.get(name) != "ExpressRoute"))


def lower_gateways(layout: Layout) -> dict[str, Gateway]:
    """The gateways by name, each with the networks that it announces: its own and those that use it by peering."""
    return {
        gateway.name: Gateway(
            name=gateway.name,
            network=gateway.network,
            segment=f"{gateway.network}/{GATEWAY_SUBNET}",
            reaches=AddressSet.union(_announced(layout, gateway)),
            rule=Rule(f"gateway {gateway.name}", gateway.origin),
        )
        for gateway in layout.inventory.gateways
    }


def _announced(layout: Layout, gateway: AzureGateway) -> Iterator[AddressSet]:
    """What a gateway tells its sites of: its own network, and of those that use it by peering what that joins."""
    yield layout.space(gateway.network)
    for network in layout.inventory.networks:
        if gateway in layout.gateways[network.name]:
            yield from (peer.near for peer in layout.peers[network.name] if peer.network == gateway.network)
