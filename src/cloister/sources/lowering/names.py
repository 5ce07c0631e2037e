"""Sites, zones, resolvers and name servers: who answers which names."""

from cloister.inventory import azure
from cloister.sources.document.root import Document
from cloister.sources.lowering.spots import Spot, attributes


def on_premises(document: Document, here: Spot) -> tuple[azure.OnPremises, ...]:
    """The sites on-premises."""
    return tuple(
        azure.OnPremises(
            name=name,
            address_space=block.address_space,
            gateway=block.gateway,
            backup_gateway=block.backup_gateway,
            advertised_prefixes=block.advertised_prefixes,
            dns_server=block.dns_server,
            forwarders=tuple(block.conditional_forwarders.items()),
            static_records=tuple(block.static_records.items()),
            origin=place.origin,
        )
        for name, block, place in here.pairs("on_premises", document.on_premises)
    )


def zones(document: Document, here: Spot) -> tuple[azure.PrivateDnsZone, ...]:
    """The private DNS zones with their links and records."""
    return tuple(
        azure.PrivateDnsZone(
            name=name,
            links=tuple(
                azure.ZoneLink(network=network, **attributes(link), origin=spot.origin)
                for network, link, spot in place.pairs("links", block.links)
            ),
            records=tuple(block.records.items()),
            origin=place.origin,
        )
        for name, block, place in here.pairs("private_dns_zones", document.private_dns_zones)
    )


def resolvers(document: Document, here: Spot) -> tuple[azure.DnsResolver, ...]:
    """The private resolvers with their endpoints."""
    return tuple(
        azure.DnsResolver(
            name=name,
            network=block.network,
            inbound_endpoints=place.each("inbound_endpoints", block.inbound_endpoints, azure.InboundEndpoint),
            outbound_endpoints=place.each("outbound_endpoints", block.outbound_endpoints, azure.OutboundEndpoint),
            origin=place.origin,
        )
        for name, block, place in here.pairs("dns_resolvers", document.dns_resolvers)
    )


def rulesets(document: Document, here: Spot) -> tuple[azure.ForwardingRuleset, ...]:
    """The forwarding rulesets with their rules and links."""
    return tuple(
        azure.ForwardingRuleset(
            name=name,
            outbound_endpoints=block.outbound_endpoints,
            rules=place.each("rules", block.rules, azure.ForwardingRule),
            links=tuple(
                azure.RulesetLink(network=network, origin=spot.origin)
                for network, _, spot in place.pairs("links", block.links)
            ),
            origin=place.origin,
        )
        for name, block, place in here.pairs("forwarding_rulesets", document.forwarding_rulesets)
    )


def name_servers(document: Document, here: Spot) -> tuple[azure.NameServer, ...]:
    """The name servers on machines."""
    return tuple(
        azure.NameServer(
            name=name,
            machine=block.machine,
            forwards=tuple(block.forwards.items()),
            static_records=tuple(block.static_records.items()),
            origin=place.origin,
        )
        for name, block, place in here.pairs("name_servers", document.name_servers)
    )
