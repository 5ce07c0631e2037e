"""Networks, filters, routes and load balancers of the document as values of the inventory."""

from cloister.inventory import azure
from cloister.sources.document.balancers import FrontendBlock
from cloister.sources.document.root import Document
from cloister.sources.lowering.spots import Spot, attributes


def networks(document: Document, here: Spot) -> tuple[azure.VirtualNetwork, ...]:
    """The virtual networks with their subnets."""
    return tuple(
        azure.VirtualNetwork(
            name=name,
            resource_group=block.resource_group or f"rg-{document.name}",
            address_space=block.address_space,
            dns_servers=block.dns_servers,
            created_with=block.created_with,
            api_version=block.api_version,
            private_endpoint_vnet_policies=block.private_endpoint_vnet_policies,
            subnets=place.each("subnets", block.subnets, azure.Subnet),
            origin=place.origin,
        )
        for name, block, place in here.pairs("networks", document.networks)
    )


def peerings(document: Document, here: Spot) -> tuple[azure.Peering, ...]:
    """The halves of peerings, each of the network that it stands in."""
    return tuple(
        azure.Peering(network=name, remote=remote, **half.model_dump(), origin=spot.origin)
        for name, block, place in here.pairs("networks", document.networks)
        for remote, half, spot in place.pairs("peerings", block.peerings)
    )


def security_groups(document: Document, here: Spot) -> tuple[azure.NetworkSecurityGroup, ...]:
    """The network security groups."""
    return tuple(
        azure.NetworkSecurityGroup(
            name=name, rules=place.each("rules", block.rules, azure.SecurityRule), origin=place.origin
        )
        for name, block, place in here.pairs("network_security_groups", document.network_security_groups)
    )


def admin_rules(document: Document, here: Spot) -> tuple[azure.AdminRuleCollection, ...]:
    """The collections of admin rules."""
    return tuple(
        azure.AdminRuleCollection(
            name=name,
            **attributes(block, "rules"),
            rules=place.each("rules", block.rules, azure.AdminRule),
            origin=place.origin,
        )
        for name, block, place in here.pairs("admin_rule_collections", document.admin_rule_collections)
    )


def route_tables(document: Document, here: Spot) -> tuple[azure.RouteTable, ...]:
    """The route tables."""
    return tuple(
        azure.RouteTable(
            name=name,
            routes=place.each("routes", block.routes, azure.Route),
            bgp_route_propagation=block.bgp_route_propagation,
            origin=place.origin,
        )
        for name, block, place in here.pairs("route_tables", document.route_tables)
    )


def load_balancers(document: Document, here: Spot) -> tuple[azure.LoadBalancer, ...]:
    """The load balancers with their frontends."""
    return tuple(
        azure.LoadBalancer(
            name=name,
            **attributes(block, "frontends"),
            frontends=tuple(_frontend(*found) for found in place.pairs("frontends", block.frontends)),
            origin=place.origin,
        )
        for name, block, place in here.pairs("load_balancers", document.load_balancers)
    )


def _frontend(name: str, block: FrontendBlock, place: Spot) -> azure.BalancerFrontend:
    return azure.BalancerFrontend(
        name=name,
        **attributes(block, "rules", "outbound_rules"),
        rules=place.each("rules", block.rules, azure.BalancingRule),
        outbound_rules=place.each("outbound_rules", block.outbound_rules, azure.BalancerOutboundRule),
        origin=place.origin,
    )
