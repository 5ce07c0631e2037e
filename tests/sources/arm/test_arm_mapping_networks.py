"""Firewalls, ways in, names and admin rules in a document."""

from dataclasses import replace
from typing import Any

import pytest
from arm_estates import (  # type: ignore[import-not-found]  # pytest puts this folder on the path
    GROUP,
    NET,
    NETWORK,
    SUBNET,
    VNET,
    identity,
    one,
    translated,
)

from cloister.sources.arm.ids import parts_of
from cloister.sources.arm.mapping.filling import fill
from cloister.sources.declared import Declared, Reference, Unknown, Value
from cloister.sources.draft import Draft
from cloister.sources.understanding import understood
from cloister.sources.written import Written

HUB = one(
    VNET,
    "hub",
    {
        "addressSpace": {"addressPrefixes": ["10.9.0.0/16"]},
        "subnets": [
            {"name": name, "properties": {"addressPrefix": f"10.9.{place}.0/26"}}
            for place, name in enumerate(["AzureFirewallSubnet", "AzureBastionSubnet", "GatewaySubnet"])
        ],
    },
)


def in_hub(subnet: str) -> list[dict[str, Any]]:
    return [{"name": "a", "properties": {"subnet": {"id": identity(f"{VNET}/subnets", "hub", subnet)}}}]


CLASSIC = {
    "ipConfigurations": in_hub("AzureFirewallSubnet"),
    "threatIntelMode": "Deny",
    "networkRuleCollections": [
        {
            "name": "net",
            "properties": {
                "priority": 200,
                "action": {"type": "Allow"},
                "rules": [
                    {
                        "name": "r",
                        "protocols": ["UDP"],
                        "sourceAddresses": ["*"],
                        "destinationAddresses": ["10.0.0.4"],
                        "destinationPorts": ["53"],
                    }
                ],
            },
        }
    ],
    "natRuleCollections": [
        {
            "name": "nat",
            "properties": {
                "priority": 100,
                "action": {"type": "Dnat"},
                "rules": [
                    {
                        "name": "r",
                        "protocols": ["TCP"],
                        "sourceAddresses": ["*"],
                        "destinationAddresses": ["20.0.0.1"],
                        "destinationPorts": ["22"],
                        "translatedAddress": "10.0.0.4",
                        "translatedPort": "2222",
                    }
                ],
            },
        }
    ],
}
POLICY = f"{NET}/firewallPolicies"
MANAGER = f"{NET}/networkManagers"
ZONE = one(f"{NET}/privateDnsZones", "privatelink.vaultcore.azure.net")
VAULT = one("Microsoft.KeyVault/vaults", "kv")


def endpoint(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    connection = {"privateLinkServiceId": VAULT["id"], "groupIds": ["vault"]}
    found: dict[str, Any] = one(
        f"{NET}/privateEndpoints",
        "pe",
        {"subnet": {"id": SUBNET}, "privateLinkServiceConnections": [{"name": "c", "properties": connection}], **more},
    )
    return found


ZONE_GROUP = one(
    f"{NET}/privateEndpoints/privateDnsZoneGroups",
    "pe/default",
    {"privateDnsZoneConfigs": [{"name": "z", "properties": {"privateDnsZoneId": ZONE["id"]}}]},
)


@pytest.mark.parametrize(
    ("resources", "path", "expected"),
    [
        pytest.param(
            [HUB, one(f"{NET}/azureFirewalls", "fw", CLASSIC)],
            ("firewalls", "fw"),
            {
                "threat_intelligence": "Deny",
                "network": "hub",
                "private_ip": "10.9.0.4",
                "rule_collection_groups": {
                    "rules": {
                        "priority": 100,
                        "network_rule_collections": {
                            "net": {
                                "priority": 200,
                                "action": "Allow",
                                "rules": {
                                    "r": {
                                        "protocols": ["UDP"],
                                        "sources": ["*"],
                                        "destinations": ["10.0.0.4"],
                                        "ports": ["53"],
                                    }
                                },
                            }
                        },
                        "nat_rule_collections": {
                            "nat": {
                                "priority": 100,
                                "rules": {
                                    "r": {
                                        "protocols": ["TCP"],
                                        "sources": ["*"],
                                        "destination": "20.0.0.1",
                                        "ports": ["22"],
                                        "translated_address": "10.0.0.4",
                                        "translated_port": 2222,
                                    }
                                },
                            }
                        },
                    }
                },
            },
            id="a firewall with rules of its own",
        ),
        pytest.param(
            [
                one(POLICY, "base", {"sku": {"tier": "premium"}}),
                one(
                    POLICY,
                    "p",
                    {
                        "basePolicy": {"id": identity(POLICY, "base")},
                        "threatIntelWhitelist": {"ipAddresses": ["20.0.0.1"], "fqdns": ["a.example"]},
                        "explicitProxy": {"enableExplicitProxy": True, "httpPort": 8080, "httpsPort": 8443},
                        "snat": {"privateRanges": ["IANAPrivateRanges"]},
                    },
                ),
                one(f"{NET}/ipGroups", "nets", {"ipAddresses": ["10.0.0.0/24"]}),
                one(
                    f"{POLICY}/ruleCollectionGroups",
                    "p/g",
                    {
                        "priority": 300,
                        "ruleCollections": [
                            {
                                "name": "c",
                                "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
                                "priority": 310,
                                "action": {"type": "Deny"},
                                "rules": [
                                    {
                                        "name": "r",
                                        "ruleType": "ApplicationRule",
                                        "protocols": [{"protocolType": "Http", "port": 80}],
                                        "sourceIpGroups": [identity(f"{NET}/ipGroups", "nets")],
                                        "fqdnTags": ["WindowsUpdate"],
                                        "terminateTLS": False,
                                    }
                                ],
                            }
                        ],
                    },
                ),
            ],
            ("firewall_policies", "p"),
            {
                "base_policy": "base",
                "snat_private_ranges": ["IANAPrivateRanges"],
                "threat_intelligence_allowlist": ["20.0.0.1", "a.example"],
                "explicit_proxy_ports": [8080, 8443],
                "rule_collection_groups": {
                    "g": {
                        "priority": 300,
                        "application_rule_collections": {
                            "c": {
                                "priority": 310,
                                "action": "Deny",
                                "rules": {
                                    "r": {
                                        "protocols": ["Http:80"],
                                        "source_ip_groups": ["nets"],
                                        "fqdn_tags": ["WindowsUpdate"],
                                    }
                                },
                            }
                        },
                    }
                },
            },
            id="a policy on another, with names and groups",
        ),
        pytest.param(
            [HUB, one(f"{NET}/bastionHosts", "b", {"ipConfigurations": in_hub("AzureBastionSubnet")})],
            ("bastions", "b"),
            {"network": "hub"},
            id="a bastion",
        ),
        pytest.param(
            [
                HUB,
                one(
                    f"{NET}/virtualNetworkGateways",
                    "g",
                    {"gatewayType": "ExpressRoute", "ipConfigurations": in_hub("GatewaySubnet")},
                ),
                one(
                    f"{NET}/localNetworkGateways",
                    "office",
                    {"localNetworkAddressSpace": {"addressPrefixes": ["192.168.0.0/16"]}},
                ),
                one(
                    f"{NET}/connections",
                    "c",
                    {
                        "virtualNetworkGateway1": {"id": identity(f"{NET}/virtualNetworkGateways", "g")},
                        "localNetworkGateway2": {"id": identity(f"{NET}/localNetworkGateways", "office")},
                    },
                ),
            ],
            ("on_premises", "office"),
            {"address_space": ["192.168.0.0/16"], "gateway": "g"},
            id="a site behind a gateway",
        ),
        pytest.param(
            [NETWORK, VAULT, ZONE, endpoint(), ZONE_GROUP],
            ("private_endpoints", "pe"),
            {
                "subnet": "net/s",
                "target": "kv",
                "subresource": "vault",
                "zones": ["privatelink.vaultcore.azure.net"],
                "private_ips": ["10.0.0.4"],
            },
            id="a private endpoint with its zone",
        ),
        pytest.param(
            [
                NETWORK,
                VAULT,
                endpoint(
                    networkInterfaces=[{"id": identity(f"{NET}/networkInterfaces", "pe-nic")}],
                    privateLinkServiceConnections=[
                        {
                            "properties": {
                                "privateLinkServiceId": VAULT["id"],
                                "groupIds": ["vault"],
                                "privateLinkServiceConnectionState": {"status": "Rejected"},
                            }
                        }
                    ],
                ),
                one(
                    f"{NET}/networkInterfaces",
                    "pe-nic",
                    {"ipConfigurations": [{"properties": {"privateIPAddress": "10.0.0.77", "subnet": {"id": SUBNET}}}]},
                ),
            ],
            ("private_endpoints", "pe"),
            {
                "subnet": "net/s",
                "target": "kv",
                "subresource": "vault",
                "approval": "Rejected",
                "private_ips": ["10.0.0.77"],
            },
            id="a private endpoint as an export shows it",
        ),
        pytest.param(
            [
                NETWORK,
                ZONE,
                one(
                    f"{NET}/privateDnsZones/virtualNetworkLinks",
                    "privatelink.vaultcore.azure.net/l",
                    {"virtualNetwork": {"id": identity(VNET, "net")}, "resolutionPolicy": "NxDomainRedirect"},
                ),
                one(
                    f"{NET}/privateDnsZones/A",
                    "privatelink.vaultcore.azure.net/kv",
                    {"aRecords": [{"ipv4Address": "10.0.0.9"}]},
                ),
            ],
            ("private_dns_zones", "privatelink.vaultcore.azure.net"),
            {"links": {"net": {"nxdomain_redirect": True}}, "records": {"kv": "10.0.0.9"}},
            id="a zone with a link and a record",
        ),
        pytest.param(
            [
                NETWORK,
                one(f"{NET}/dnsResolvers", "r", {"virtualNetwork": {"id": identity(VNET, "net")}}),
                one(f"{NET}/dnsResolvers/outboundEndpoints", "r/out", {"subnet": {"id": SUBNET}}),
                one(
                    f"{NET}/dnsForwardingRulesets",
                    "rules",
                    {
                        "dnsResolverOutboundEndpoints": [
                            {"id": identity(f"{NET}/dnsResolvers/outboundEndpoints", "r", "out")}
                        ]
                    },
                ),
                one(
                    f"{NET}/dnsForwardingRulesets/forwardingRules",
                    "rules/corp",
                    {
                        "domainName": "corp.example.",
                        "forwardingRuleState": "Disabled",
                        "targetDnsServers": [
                            {"ipAddress": "192.168.0.53", "port": 53},
                            {"ipAddress": "192.168.0.54", "port": 5353},
                        ],
                    },
                ),
                one(
                    f"{NET}/dnsForwardingRulesets/virtualNetworkLinks",
                    "rules/l",
                    {"virtualNetwork": {"id": identity(VNET, "net")}},
                ),
            ],
            ("forwarding_rulesets", "rules"),
            {
                "outbound_endpoints": ["r/out"],
                "rules": {
                    "corp": {
                        "enabled": False,
                        "suffix": "corp.example",
                        "targets": ["192.168.0.53", "192.168.0.54:5353"],
                    }
                },
                "links": {"net": {}},
            },
            id="a forwarding ruleset",
        ),
        pytest.param(
            [
                NETWORK,
                one(f"{MANAGER}/networkGroups", "m/all"),
                one(f"{MANAGER}/networkGroups/staticMembers", "m/all/one", {"resourceId": identity(VNET, "net")}),
                one(
                    f"{MANAGER}/securityAdminConfigurations/ruleCollections",
                    "m/c/rc",
                    {"appliesToGroups": [{"networkGroupId": identity(f"{MANAGER}/networkGroups", "m", "all")}]},
                ),
                one(
                    f"{MANAGER}/securityAdminConfigurations/ruleCollections/rules",
                    "m/c/rc/no-ssh",
                    {
                        "priority": 10,
                        "direction": "Inbound",
                        "access": "Deny",
                        "protocol": "Tcp",
                        "sources": [{"addressPrefix": "Internet", "addressPrefixType": "ServiceTag"}],
                        "destinationPortRanges": ["22"],
                    },
                ),
            ],
            ("admin_rule_collections", "rc"),
            {
                "network_groups": ["all"],
                "rules": {
                    "no-ssh": {
                        "priority": 10,
                        "direction": "Inbound",
                        "access": "Deny",
                        "protocol": "Tcp",
                        "source": ["Internet"],
                        "destination_ports": ["22"],
                    }
                },
            },
            id="admin rules of a network manager",
        ),
        pytest.param(
            [
                one(
                    f"{NET}/serviceEndpointPolicies",
                    "p",
                    {
                        "serviceEndpointPolicyDefinitions": [
                            {
                                "name": "d",
                                "properties": {
                                    "service": "Microsoft.Storage",
                                    "serviceResources": [f"{GROUP}/x", "/y"],
                                },
                            }
                        ]
                    },
                )
            ],
            ("service_endpoint_policies", "p"),
            {"service_resources": [f"{GROUP}/x", "/y"]},
            id="a service endpoint policy",
        ),
    ],
)
def test_what_a_resource_becomes(resources: list[dict[str, Any]], path: tuple[str, ...], expected: Value) -> None:
    assert translated(*resources).tree.at(path).plain() == expected


def test_a_site_does_not_tell_its_name_server() -> None:
    site = one(
        f"{NET}/localNetworkGateways", "office", {"localNetworkAddressSpace": {"addressPrefixes": ["192.168.0.0/16"]}}
    )
    told = [(missing.path, missing.what) for missing in translated(site).missing]
    assert told == [
        (("on_premises", "office", "dns_server"), "is a name server on-premises, which no resource of Azure states")
    ]


def test_an_endpoint_for_something_foreign_is_told() -> None:
    found = translated(NETWORK, endpoint())
    assert [(told.thing, told.what, told.consequence) for told in found.not_understood] == [
        (
            "Microsoft.Network/privateEndpoints/pe",
            f"is a private endpoint for {VAULT['id']}, which the input does not describe",
            "who uses it to reach what is not judged",
        )
    ]


def test_a_frontend_of_which_the_subnet_is_not_told_is_a_gap_and_no_fault() -> None:
    balancer = one(
        f"{NET}/loadBalancers",
        "lb",
        {"frontendIPConfigurations": [{"name": "f", "properties": {"subnet": {"id": "/far/subnets/s"}}}]},
    )
    found = translated(NETWORK, balancer)
    tree = found.tree.children()
    head: dict[str, str | int] = {"version": 1, "name": "test", "region": "westeurope"}
    place = found.tree.place
    whole = Written({**{key: Written(value, place, place) for key, value in head.items()}, **tree}, place, place)
    sound = understood(replace(found, tree=whole), "export.json")
    assert sound.faults == ()
    assert ("load_balancers", "lb", "frontends", "f", "subnet") in [gap.path for gap in sound.inventory.gaps]


FIREWALL = one(f"{NET}/azureFirewalls", "fw", {"ipConfigurations": in_hub("AzureFirewallSubnet")})
LATER = "properties.ipConfigurations[0].properties.privateIPAddress"


def declared(resource: dict[str, Any], doubt: str = "") -> Declared:
    values = {key: value for key, value in resource.items() if key not in ("id", "name", "type")}
    parts = parts_of(resource["id"])
    return Declared(
        address=resource["name"],
        type=resource["type"],
        name=resource["name"],
        values=values,
        file="main.json",
        parent=parts.parent if parts else None,
        identities=(resource["id"],),
        doubt=doubt,
    )


def test_a_route_and_a_name_server_follow_the_address_that_a_firewall_is_given() -> None:
    address = Reference(FIREWALL["id"], LATER)
    routes = one(
        f"{NET}/routeTables",
        "t",
        {"routes": [{"name": "all", "properties": {"nextHopType": "VirtualAppliance", "nextHopIpAddress": address}}]},
    )
    spoke = one(VNET, "spoke", {"dhcpOptions": {"dnsServers": [address]}, "subnets": []})
    draft = Draft("main.json")
    fill(draft, [declared(resource) for resource in (routes, spoke, HUB, FIREWALL)])
    found = draft.translated()
    assert found.tree.at(("route_tables", "t", "routes", "all", "next_hop")).value == "10.9.0.4"
    assert found.tree.at(("networks", "spoke", "dns_servers")).plain() == ["10.9.0.4"]
    assert found.missing == ()


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (
            one(f"{NET}/networkSecurityGroups", "f", {"securityRules": Unknown("no")}),
            ("network_security_groups", "f", "rules"),
        ),
        (one(f"{NET}/routeTables", "t", {"routes": [Unknown("no")]}), ("route_tables", "t", "routes")),
        (one(VNET, "v", {"subnets": Reference("x", "y")}), ("networks", "v", "subnets")),
        (
            one(f"{POLICY}/ruleCollectionGroups", "p/g", {"priority": 1, "ruleCollections": Unknown("no")}),
            ("firewall_policies", "p", "rule_collection_groups", "g", "network_rule_collections"),
        ),
        (
            one(
                f"{NET}/loadBalancers",
                "lb",
                {"frontendIPConfigurations": [{"name": "f"}], "outboundRules": Unknown("no")},
            ),
            ("load_balancers", "lb", "frontends", "f", "outbound_rules"),
        ),
        (one("Microsoft.KeyVault/vaults", "kv", Unknown("no")), ("key_vaults", "kv", "public_network_access")),
    ],
)
def test_parts_that_are_not_told_are_missing_and_never_empty(resource: dict[str, Any], path: tuple[str, ...]) -> None:
    draft = Draft("main.json")
    fill(draft, [declared(one(POLICY, "p")), declared(resource)])
    assert path in [missing.path for missing in draft.translated().missing]


GROUP_LOCK = {
    **one("Microsoft.Authorization/locks", "l", {"level": "CanNotDelete"}),
    "id": f"{GROUP}/providers/Microsoft.Authorization/locks/l",
}


@pytest.mark.parametrize(
    ("doubtful", "path"),
    [
        (VAULT, ("key_vaults", "kv")),
        (ZONE_GROUP, ("private_endpoints", "pe")),
        (GROUP_LOCK, ("resource_groups", "rg", "lock")),
    ],
)
def test_what_perhaps_does_not_stand_is_left_out_with_what_it_is_part_of(
    doubtful: dict[str, Any], path: tuple[str, ...]
) -> None:
    draft = Draft("main.json")
    certain = [resource for resource in (NETWORK, VAULT, ZONE, endpoint()) if resource is not doubtful]
    fill(draft, [*(declared(resource) for resource in certain), declared(doubtful, "stands only if p")])
    found = draft.translated()
    assert next(missing.what for missing in found.missing if missing.path == path).endswith("stands only if p")
    assert path[-1] not in found.tree.at(path[:-1]).children()


@pytest.mark.parametrize("first", [True, False])
def test_a_subnet_apart_stands_for_the_same_one_inside_of_its_network(first: bool) -> None:
    apart = one(f"{VNET}/subnets", "net/s", {"addressPrefix": "10.0.7.0/24"})
    found = translated(*((apart, NETWORK) if first else (NETWORK, apart)))
    assert found.tree.at(("networks", "net", "subnets", "s", "prefix")).value == "10.0.7.0/24"
    assert [told.what for told in found.not_understood] == [
        "is stated a second time, with other properties: Microsoft.Network/virtualNetworks/net.properties.subnets[0]"
    ]


def test_a_connection_that_asks_for_approval_waits_for_it() -> None:
    asking = endpoint()
    asking["properties"]["manualPrivateLinkServiceConnections"] = asking["properties"].pop(
        "privateLinkServiceConnections"
    )
    found = translated(NETWORK, VAULT, asking).tree.at(("private_endpoints", "pe")).plain()
    assert (found["approval"], found["target"], found["subresource"]) == ("Pending", "kv", "vault")
