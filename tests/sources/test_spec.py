"""What the reader of cloister.yaml refuses: each row a document, and what its author is told, word for word."""

from pathlib import Path

import pytest

from cloister.errors import SourceError, SpecError
from cloister.sources.reading import read
from cloister.sources.spec import read_text

WHOLE = """\
version: 1
name: small
region: westeurope
networks:
  hub:
    address_space: [10.0.0.0/16]
    subnets:
      AzureFirewallSubnet: {prefix: 10.0.0.0/26}
      GatewaySubnet: {prefix: 10.0.1.0/27}
      work: {prefix: 10.0.2.0/24, network_security_group: filter, route_table: routes}
    peerings: {far: {}}
  far:
    address_space: [10.1.0.0/16]
    subnets: {endpoints: {prefix: 10.1.0.0/27}}
    peerings: {hub: {}}
network_security_groups:
  filter:
    rules:
      https: {priority: 100, direction: Outbound, access: Allow, destination_ports: 443}
route_tables:
  routes:
    routes:
      out: {prefix: 0.0.0.0/0, next_hop_type: VirtualAppliance, next_hop: 10.0.0.4}
firewalls:
  wall:
    network: hub
    private_ip: 10.0.0.4
    rule_collection_groups:
      names:
        priority: 300
        application_rule_collections:
          packages:
            priority: 310
            action: Allow
            rules:
              python: {sources: [10.0.2.0/24], fqdns: [pypi.org]}
gateways:
  vpn: {network: hub}
on_premises:
  office: {address_space: [192.168.0.0/16], gateway: vpn, dns_server: 192.168.0.53}
machines:
  agent: {purpose: ci-agent, subnet: hub/work, private_ip: 10.0.2.4}
private_endpoints:
  blob: {subnet: far/endpoints, target: data, subresource: blob, private_ips: [10.1.0.4], zones: [privatelink.x.net]}
private_dns_zones:
  privatelink.x.net: {links: {hub: {}}}
storage_accounts:
  data: {}
key_vaults:
  secrets: {}
workspaces:
  ml: {storage_account: data, key_vault: secrets}
computes:
  nodes: {kind: cluster, subnet: hub/work}
groups:
  people: {role: reader, members: [ada]}
intents:
  packages: {must: "agent -> pypi.org:443", why: people need packages}
"""

FAULTS = {
    # The shape of the document.
    "a misspelt key": (
        ("region: westeurope", "regoin: westeurope"),
        'the environment: does not know the key "regoin" (f.yaml:3:1)\n  mend: write region',
    ),
    "a misspelt key deep inside": (
        ("{prefix: 10.0.2.0/24,", "{prefx: 10.0.2.0/24,"),
        'subnet "hub/work": does not know the key "prefx" (f.yaml:10:14)\n  mend: write prefix',
    ),
    "a key that is like none": (
        ("vpn: {network: hub}", "vpn: {network: hub, colour: blue}"),
        'gateway "vpn": does not know the key "colour" (f.yaml:38:23)\n  mend: remove it, or write kind or network',
    ),
    "a key that is not there": (
        ("{address_space: [192.168.0.0/16], ", "{"),
        (
            'on-premises site "office": does not state address_space (f.yaml:40:3)\n'
            "  mend: add address_space: The prefixes of the site."
        ),
    ),
    "characters that nobody sees": (
        ("role: reader", 'role: "re\\u200Bader"'),
        'group "people": role "re\\u200bader" names no role (f.yaml:56:18)\n  mend: write reader',
    ),
    "no version": (
        ("version: 1\n", ""),
        "the environment: does not state version (f.yaml:1:1)\n  mend: add version: The version of this format: 1.",
    ),
    "a version to come": (
        ("version: 1", "version: 2"),
        "the environment: version 2 is not 1 (f.yaml:1:10)\n  mend: write 1",
    ),
    "a word where a switch is": (
        ("data: {}", "data: {shared_access_key: off}"),
        (
            'storage account "data": shared_access_key "off" is not true or false (f.yaml:48:29)\n'
            "  mend: write true or false"
        ),
    ),
    "text where a number is": (
        ("priority: 100,", "priority: high,"),
        'rule "filter/https": priority "high" is not a whole number (f.yaml:19:25)\n  mend: write a whole number',
    ),
    "a number out of bounds": (
        ("priority: 100,", "priority: 99,"),
        (
            'rule "filter/https": priority 99 is less than 100 (f.yaml:19:25)\n'
            "  mend: write a number that is not less than 100"
        ),
    ),
    "a word that is none of the known": (
        ("access: Allow", "access: allowed"),
        'rule "filter/https": access "allowed" is not Allow or Deny (f.yaml:19:59)\n  mend: write Allow',
    ),
    "a word that is like none of the known": (
        ("purpose: ci-agent", "purpose: baking"),
        (
            'machine "agent": purpose "baking" is not jump-host, ci-agent, source-control, database, '
            "integration-runtime, bi-gateway, governance-scanner, attached-compute, client or other (f.yaml:42:20)\n"
            "  mend: write jump-host, ci-agent, source-control, database, integration-runtime, bi-gateway, "
            "governance-scanner, attached-compute, client or other"
        ),
    ),
    "a number where an address is": (
        ("private_ip: 10.0.2.4", "private_ip: 5"),
        'machine "agent": private_ip 5 is not an IPv4 address (f.yaml:42:60)\n  mend: write one such as 10.20.0.4',
    ),
    "an address with a number too high": (
        ("private_ip: 10.0.2.4", "private_ip: 10.0.2.256"),
        (
            'machine "agent": private_ip "10.0.2.256" is not an IPv4 address (f.yaml:42:60)\n'
            "  mend: write one such as 10.20.0.4"
        ),
    ),
    "an address where a prefix is": (
        ("address_space: [10.1.0.0/16]", "address_space: [10.1.0.0]"),
        (
            'network "far": address_space[0] "10.1.0.0" is not an IPv4 prefix (f.yaml:13:21)\n'
            "  mend: write one such as 10.20.0.0/24"
        ),
    ),
    "a prefix that is an address inside one": (
        ("prefix: 10.0.2.0/24", "prefix: 10.0.2.9/24"),
        (
            'subnet "hub/work": prefix "10.0.2.9/24" is not a prefix but an address inside one (f.yaml:10:22)\n'
            "  mend: write 10.0.2.0/24, or the length that was meant"
        ),
    ),
    "a port too high": (
        ("destination_ports: 443", "destination_ports: [443, 65536]"),
        'rule "filter/https": destination_ports[1] 65536 is not a port (f.yaml:19:91)\n  mend: write 443, 80-90 or *',
    ),
    "a range of ports the wrong way round": (
        ("destination_ports: 443", "destination_ports: 90-80"),
        'rule "filter/https": destination_ports[0] "90-80" is not a port (f.yaml:19:85)\n  mend: write 443, 80-90 or *',
    ),
    "a source that is nothing": (
        ("sources: [10.0.2.0/24]", "sources: [my subnet]"),
        (
            'rule "wall/names/packages/python": sources[0] "my subnet" is not a prefix, a service tag or * '
            "(f.yaml:36:34)\n"
            "  mend: write one such as 10.20.0.0/24 or AzureMachineLearning"
        ),
    ),
    "a host name that is none": (
        ("fqdns: [pypi.org]", "fqdns: ['https://pypi.org']"),
        (
            'rule "wall/names/packages/python": fqdns[0] "https://pypi.org" is not a host name (f.yaml:36:56)\n'
            "  mend: write one such as pypi.org or *.anaconda.org"
        ),
    ),
    "a name that is none": (
        ("  vpn: {network", '  "v p n": {network'),
        (
            'the environment: gateways "v p n" is not a name (f.yaml:38:3)\n'
            "  mend: use letters, digits, dots, dashes and underscores, 80 at most; begin and end with a "
            "letter or digit\n"
            'on-premises site "office": gateway "vpn" names no gateway (f.yaml:40:54)\n'
            "  mend: write v p n"
        ),
    ),
    "a mapping that is empty": (
        ("  data: {}", "  data:"),
        (
            'storage account "data": is empty (f.yaml:48:8)\n'
            "  mend: write a value; where a blueprint states the key, null removes it, and here none does"
        ),
    ),
    "a list where a mapping is": (
        ("data: {}", "data: []"),
        'storage account "data": a list is not a mapping (f.yaml:48:9)\n  mend: write keys and values',
    ),
    "a value where a list is": (
        ("members: [ada]", "members: ada"),
        'group "people": members "ada" is not a list (f.yaml:56:35)\n  mend: write a list, such as [a, b]',
    ),
    "an intent that asks nothing": (
        ('{must: "agent -> pypi.org:443", ', "{"),
        (
            'intent "packages": states neither must nor must_not (f.yaml:58:13)\n'
            '  mend: write one of them, such as must: "compute -> workspace:443"'
        ),
    ),
    "an intent that asks twice": (
        ("{must:", '{must_not: "internet -> ml:443", must:'),
        (
            'intent "packages": states both must and must_not (f.yaml:58:13)\n'
            '  mend: write one of them, such as must: "compute -> workspace:443"'
        ),
    ),
    "not a mapping": (
        (WHOLE, "- a\n- b\n"),
        "f.yaml: is not a mapping of keys to values (f.yaml:1:1)\n  mend: begin with `version: 1` and `name: ...`",
    ),
    "an unknown blueprint": (
        ("version: 1", "version: 1\nblueprint: azure-hub-spok"),
        'blueprint "azure-hub-spok": there is no blueprint of that name (f.yaml:2:12)\n  mend: write azure-hub-spoke',
    ),
    # References.
    "a filter that is nowhere": (
        ("network_security_group: filter", "network_security_group: filtre"),
        (
            'subnet "hub/work": network_security_group "filtre" names no network security group (f.yaml:10:59)\n'
            "  mend: write filter"
        ),
    ),
    "a route table that is nowhere": (
        ("route_table: routes", "route_table: elsewhere"),
        (
            'subnet "hub/work": route_table "elsewhere" names no route table (f.yaml:10:80)\n'
            "  mend: declare it under route_tables, or write routes"
        ),
    ),
    "a peering with nobody": (
        ("peerings: {far: {}}", "peerings: {moon: {}}"),
        (
            'network "hub": peerings "moon" names no network (f.yaml:11:16)\n'
            "  mend: declare it under networks, or write far or hub"
        ),
    ),
    "a peering with itself": (
        ("peerings: {far: {}}", "peerings: {hub: {}}"),
        'network "hub": is peered with itself (f.yaml:11:16)\n  mend: name another network',
    ),
    "a machine in no subnet": (
        ("subnet: hub/work, private_ip: 10.0.2.4", "subnet: work, private_ip: 10.0.2.4"),
        'machine "agent": subnet "work" names no subnet or on-premises site (f.yaml:42:38)\n  mend: write hub/work',
    ),
    "an endpoint for nothing": (
        ("target: data", "target: dota"),
        (
            'private endpoint "blob": target "dota" names no workspace, storage account, key vault, '
            "container registry or other service "
            "(f.yaml:44:41)\n  mend: write data"
        ),
    ),
    "an endpoint for a part that its service does not have": (
        ("subresource: blob", "subresource: vault"),
        (
            'private endpoint "blob": subresource "vault" is none that a storage account has (f.yaml:44:47)\n'
            "  mend: write blob, file, queue, table, dfs or web"
        ),
    ),
    "an endpoint with too many addresses": (
        ("private_ips: [10.1.0.4]", "private_ips: [10.1.0.4, 10.1.0.5]"),
        (
            'private endpoint "blob": private_ips has 2, and blob of a storage account takes 1 (f.yaml:44:66)\n'
            "  mend: write 1 of its subnet's addresses"
        ),
    ),
    "a zone that is nowhere": (
        ("zones: [privatelink.", "zones: [privatelnk."),
        (
            'private endpoint "blob": zones "privatelnk.x.net" names no private DNS zone (f.yaml:44:99)\n'
            "  mend: write privatelink.x.net"
        ),
    ),
    "a link to nobody": (
        ("links: {hub: {}}", "links: {hbu: {}}"),
        ('private DNS zone "privatelink.x.net": links "hbu" names no network (f.yaml:46:31)\n  mend: write hub'),
    ),
    "a workspace without its vault": (
        ("key_vault: secrets", "key_vault: secret"),
        'workspace "ml": key_vault "secret" names no key vault (f.yaml:52:42)\n  mend: write secrets',
    ),
    "an unknown role": (
        ("role: reader", "role: raeder"),
        'group "people": role "raeder" names no role (f.yaml:56:18)\n  mend: write reader',
    ),
    "a role like none": (
        ("role: reader", "role: king"),
        'group "people": role "king" names no role (f.yaml:56:18)\n  mend: write admin, reader, member or approver',
    ),
    "two services of one name": (
        ("secrets: {}", "data: {}"),
        (
            'key vault "data": the storage account has the same name, so a target could mean either (f.yaml:50:3)\n'
            "  mend: give one of the two another name\n"
            'workspace "ml": key_vault "secrets" names no key vault (f.yaml:52:42)\n'
            "  mend: declare it under key_vaults, or write data"
        ),
    ),
    # Addresses.
    "an address space that overlaps itself": (
        ("address_space: [10.0.0.0/16]", "address_space: [10.0.0.0/16, 10.0.128.0/17]"),
        (
            'network "hub": address_space states 10.0.0.0/16 and 10.0.128.0/17, which overlap (f.yaml:6:5)\n'
            "  mend: remove the smaller one"
        ),
    ),
    "a subnet outside of its network": (
        ("endpoints: {prefix: 10.1.0.0/27}", "endpoints: {prefix: 10.2.0.0/27}"),
        (
            'subnet "far/endpoints": prefix 10.2.0.0/27 lies outside of its network\'s address space 10.1.0.0/16 '
            "(f.yaml:14:27)\n  mend: choose a prefix inside, or widen address_space; 10.1.0.0/27 is free\n"
            'private endpoint "blob": private_ips 10.1.0.4 lies outside of subnet "far/endpoints" (10.2.0.0/27) '
            "(f.yaml:44:66)\n  mend: choose an address inside"
        ),
    ),
    "subnets that overlap": (
        ("GatewaySubnet: {prefix: 10.0.1.0/27}", "GatewaySubnet: {prefix: 10.0.0.32/27}"),
        (
            'subnet "hub/GatewaySubnet": prefix 10.0.0.32/27 overlaps 10.0.0.0/26 of subnet "hub/AzureFirewallSubnet" '
            "(f.yaml:9:23)\n  mend: give one of the two another prefix; 10.0.0.64/27 is free in this network"
        ),
    ),
    "networks that overlap and are peered": (
        ("address_space: [10.1.0.0/16]", "address_space: [10.1.0.0/16, 10.0.128.0/17]"),
        (
            'network "hub": address space 10.0.0.0/16 overlaps 10.0.128.0/17 of network "far" (f.yaml:6:5)\n'
            "  mend: Azure does not peer networks that overlap; give one of the two another prefix"
        ),
    ),
    "a site that overlaps a network": (
        ("address_space: [192.168.0.0/16]", "address_space: [10.1.128.0/17]"),
        (
            'on-premises site "office": address space 10.1.128.0/17 overlaps 10.1.0.0/16 of network "far" '
            "(f.yaml:40:12)\n"
            "  mend: give one of the two another prefix"
        ),
    ),
    "a firewall outside of its subnet": (
        ("private_ip: 10.0.0.4", "private_ip: 10.0.2.8"),
        (
            'route "routes/out": 0.0.0.0/0 points to 10.0.0.4, but no firewall, machine or load balancer has that '
            "address (f.yaml:23:65)\n"
            "  mend: set next_hop to the firewall's private_ip, or remove the route\n"
            'firewall "wall": private_ip 10.0.2.8 lies outside of subnet "hub/AzureFirewallSubnet" (10.0.0.0/26) '
            "(f.yaml:27:5)\n  mend: choose an address inside"
        ),
    ),
    "a firewall in a network without its subnet": (
        ("AzureFirewallSubnet:", "fire:"),
        (
            'firewall "wall": network "hub" has no subnet AzureFirewallSubnet (f.yaml:26:5)\n'
            "  mend: add AzureFirewallSubnet with a prefix of /26 or larger"
        ),
    ),
    "a subnet too small for its service": (
        ("AzureFirewallSubnet: {prefix: 10.0.0.0/26}", "AzureFirewallSubnet: {prefix: 10.0.0.0/27}"),
        (
            'subnet "hub/AzureFirewallSubnet": prefix 10.0.0.0/27 is too small for AzureFirewallSubnet (f.yaml:8:29)\n'
            "  mend: Azure asks for /26 or larger"
        ),
    ),
    "a subnet too small for anything": (
        ("endpoints: {prefix: 10.1.0.0/27}", "endpoints: {prefix: 10.1.0.0/27}, tiny: {prefix: 10.1.1.0/30}"),
        (
            'subnet "far/tiny": prefix 10.1.1.0/30 is too small for a subnet (f.yaml:14:56)\n'
            "  mend: Azure asks for /29 or larger"
        ),
    ),
    "a filter where Azure lets none stand": (
        (
            "GatewaySubnet: {prefix: 10.0.1.0/27}",
            "GatewaySubnet: {prefix: 10.0.1.0/27, network_security_group: filter}",
        ),
        (
            'subnet "hub/GatewaySubnet": Azure lets no network security group stand on GatewaySubnet (f.yaml:9:44)\n'
            "  mend: remove network_security_group"
        ),
    ),
    "an address that Azure keeps": (
        ("private_ip: 10.0.2.4", "private_ip: 10.0.2.3"),
        (
            'machine "agent": private_ip 10.0.2.3 is one of the five addresses that Azure keeps in subnet "hub/work" '
            "(10.0.2.0/24) (f.yaml:42:48)\n  mend: choose one from 10.0.2.4 to 10.0.2.254"
        ),
    ),
    "an address held twice": (
        ("nodes: {kind: cluster,", "nodes: {kind: instance, private_ip: 10.0.2.4,"),
        (
            'compute "nodes": private_ip 10.0.2.4 is held by machine "agent" already (f.yaml:54:27)\n'
            "  mend: choose another address"
        ),
    ),
    "a machine outside of its site": (
        ("subnet: hub/work, private_ip: 10.0.2.4", "subnet: office, private_ip: 10.0.2.4"),
        (
            'machine "agent": private_ip 10.0.2.4 lies outside of on-premises site "office" (192.168.0.0/16) '
            "(f.yaml:42:46)\n  mend: choose an address inside"
        ),
    ),
    # Rules.
    "two rules of one priority": (
        (
            "https: {priority: 100,",
            "dns: {priority: 100, direction: Outbound, access: Deny}\n      https: {priority: 100,",
        ),
        (
            'rule "filter/https": priority 100 is that of the Outbound rule "dns" already (f.yaml:20:15)\n'
            "  mend: choose another priority; two Outbound rules of one group cannot share it"
        ),
    ),
    "a next hop that is nothing": (
        ("next_hop: 10.0.0.4", "next_hop: 10.0.0.5"),
        (
            'route "routes/out": 0.0.0.0/0 points to 10.0.0.5, but no firewall, machine or load balancer has that '
            "address (f.yaml:23:65)\n"
            "  mend: set next_hop to the firewall's private_ip, or remove the route"
        ),
    ),
    "an appliance without an address": (
        (", next_hop: 10.0.0.4", ""),
        (
            'route "routes/out": next_hop_type VirtualAppliance needs the appliance\'s address (f.yaml:23:7)\n'
            "  mend: add next_hop, such as the firewall's private_ip"
        ),
    ),
    "an address where no appliance is": (
        ("next_hop_type: VirtualAppliance", "next_hop_type: Internet"),
        (
            'route "routes/out": next_hop 10.0.0.4 stands beside next_hop_type Internet (f.yaml:23:57)\n'
            "  mend: remove next_hop, or write next_hop_type: VirtualAppliance"
        ),
    ),
    "two routes for one prefix": (
        ("    routes:\n      out:", "    routes:\n      none: {prefix: 0.0.0.0/0, next_hop_type: None}\n      out:"),
        (
            'route "routes/out": prefix 0.0.0.0/0 is that of route "none" already (f.yaml:24:13)\n'
            "  mend: keep one of the two"
        ),
    ),
    "a network rule to nowhere": (
        (
            "        application_rule_collections:",
            (
                "        network_rule_collections:\n"
                "          n: {priority: 200, action: Allow, rules: {r: {sources: ['*'], ports: 53}}}\n"
                "        application_rule_collections:"
            ),
        ),
        'rule "wall/names/n/r": names no destination (f.yaml:32:53)\n  mend: add destinations, or destination_fqdns',
    ),
    "a network rule with a wildcard": (
        (
            "        application_rule_collections:",
            (
                "        network_rule_collections:\n"
                "          n: {priority: 200, action: Allow, rules: {r: {sources: ['*'], destination_fqdns: "
                "['*.a'], ports: 53}}}\n"
                "        application_rule_collections:"
            ),
        ),
        (
            'rule "wall/names/n/r": destination_fqdns "*.a" has a wildcard, and a network rule resolves whole '
            "names only "
            "(f.yaml:32:73)\n  mend: write the whole name, or make it an application rule"
        ),
    ),
    "collections whose order nobody can tell": (
        (
            "        application_rule_collections:",
            (
                "        network_rule_collections:\n          n: {priority: 310, action: Allow}\n"
                "        application_rule_collections:"
            ),
        ),
        (
            'rule collection "wall/names/packages": priority 310 is that of rule collection "wall/names/n" already, '
            "so their order is undefined (f.yaml:35:13)\n  mend: choose another priority"
        ),
    ),
}


@pytest.mark.parametrize(("change", "told"), FAULTS.values(), ids=FAULTS)
def test_tells(change: tuple[str, str], told: str) -> None:
    before, after = change
    assert before in WHOLE
    with pytest.raises(SpecError) as refused:
        read_text(WHOLE.replace(before, after, 1), "f.yaml")
    assert str(refused.value) == told


def test_the_document_that_all_rows_change_is_sound() -> None:
    assert read_text(WHOLE, "f.yaml").name == "small"


def test_all_faults_come_in_one_run_from_top_to_bottom() -> None:
    text = """\
version: 1
blueprint: azure-hub-spoke
regoin: northeurope
networks:
  ml:
    address_space: [10.20.0.0/22, 10.10.0.0/23]
    subnets:
      compute: {prefix: 10.20.1.5/24, network_security_group: nsg-comptue}
network_security_groups:
  nsg-jump:
    rules:
      low: {priority: 5, direction: Inbound, access: Alow}
groups:
  admins: {role: amdin}
"""
    with pytest.raises(SpecError) as refused:
        read_text(text, "mine.yaml")
    assert [(str(fault.origin), fault.thing) for fault in refused.value.faults] == [
        ("mine.yaml:3", "the environment"),
        ("mine.yaml:8", 'subnet "ml/compute"'),
        ("mine.yaml:8", 'subnet "ml/compute"'),
        ("mine.yaml:12", 'rule "nsg-jump/low"'),
        ("mine.yaml:12", 'rule "nsg-jump/low"'),
        ("mine.yaml:14", 'group "admins"'),
        ("azure-hub-spoke.yaml:11", 'network "hub"'),
    ]


def test_a_fault_in_the_blueprint_that_the_author_caused_names_the_blueprints_line() -> None:
    with pytest.raises(SpecError) as refused:
        read_text("version: 1\nblueprint: azure-hub-spoke\ngateways: {vpn: null}\n", "mine.yaml")
    [fault] = refused.value.faults
    assert str(fault).startswith('on-premises site "office": gateway "vpn" names no gateway (azure-hub-spoke.yaml:')


def test_overridden_attributes_point_to_the_file_that_wrote_them() -> None:
    mine = "version: 1\nblueprint: azure-hub-spoke\nworkspaces:\n  workspace:\n    public_network_access: true\n"
    [workspace] = read_text(mine, "mine.yaml").workspaces
    assert workspace.public_network_access
    assert workspace.origin.file == "azure-hub-spoke.yaml"
    assert str(workspace.origin.of("public_network_access")) == "mine.yaml:5"
    assert workspace.origin.of("key_vault").file == "azure-hub-spoke.yaml"
    assert workspace.origin.states("public_network_access")
    assert not workspace.origin.states("v1_legacy_mode")


def test_a_document_states_its_version_whatever_its_blueprint_says() -> None:
    with pytest.raises(SpecError) as refused:
        read_text("# mine\nblueprint: azure-hub-spoke\n", "mine.yaml")
    assert str(refused.value) == (
        "the environment: does not state version (mine.yaml:2:1)\n  mend: add version: The version of this format: 1."
    )


def test_the_environment_is_written_where_its_document_is() -> None:
    inventory = read_text("version: 1\nblueprint: azure-hub-spoke\nregion: northeurope\n", "mine.yaml")
    assert (inventory.region, str(inventory.origin)) == ("northeurope", "mine.yaml:1")
    assert str(inventory.origin.of("region")) == "mine.yaml:3"
    assert str(inventory.origin.of("name")) == "azure-hub-spoke.yaml:5"


def test_services_have_names_in_azure_and_the_document_keeps_its_own() -> None:
    mine = "version: 1\nblueprint: azure-hub-spoke\nstorage_accounts: {storage: {name: stourteam}}\n"
    inventory = read_text(mine, "mine.yaml")
    assert [account.name for account in inventory.storage_accounts] == ["stourteam", "lake"]
    assert inventory.workspaces[0].storage_account == "stourteam"
    targets = {endpoint.name: endpoint.target for endpoint in inventory.private_endpoints}
    assert targets["storage-blob-endpoint"] == targets["storage-file-endpoint"] == "stourteam"
    assert targets["vault-endpoint"] == "vault"


def test_two_services_cannot_have_one_name_in_azure() -> None:
    with pytest.raises(SpecError) as refused:
        read_text("version: 1\nblueprint: azure-hub-spoke\nkey_vaults: {vault: {name: registry}}\n", "mine.yaml")
    [fault] = refused.value.faults
    assert (fault.thing, fault.reason) == (
        'container registry "registry"',
        "the key vault has the same name, so they would be one in Azure",
    )


TWO_WORKSPACES = """version: 1
name: two
region: westeurope
storage_accounts: {one: {}, other: {}}
key_vaults: {one-keys: {}, other-keys: {}}
workspaces:
  first: {name: ws-first, storage_account: one, key_vault: one-keys}
  second: {storage_account: other, key_vault: other-keys}
computes:
  nodes: {kind: cluster, workspace: first}
  more: {kind: cluster, workspace: second}
"""


def test_a_compute_belongs_to_the_workspace_that_it_names() -> None:
    inventory = read_text(TWO_WORKSPACES, "mine.yaml")
    homes = {one.name: inventory.workspace_of(one) for one in inventory.computes}
    assert {name: home and home.name for name, home in homes.items()} == {"nodes": "ws-first", "more": "second"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            TWO_WORKSPACES.replace(", workspace: second", ""),
            (
                'compute "more": does not state its workspace, and there are 2 (mine.yaml:11:3)\n'
                "  mend: add workspace: ws-first or second"
            ),
        ),
        (
            TWO_WORKSPACES.replace("workspace: second", "workspace: secnd"),
            'compute "more": workspace "secnd" names no workspace (mine.yaml:11:36)\n  mend: write second',
        ),
    ],
    ids=["not stated", "misspelt"],
)
def test_a_compute_of_no_certain_workspace_is_told(text: str, told: str) -> None:
    with pytest.raises(SpecError) as refused:
        read_text(text, "mine.yaml")
    assert str(refused.value) == told


def test_forwarders_have_places_of_their_own() -> None:
    [site] = read_text("version: 1\nblueprint: azure-hub-spoke\n", "mine.yaml").on_premises
    whole, one = site.origin.of("forwarders"), site.origin.of("forwarders/blob.core.windows.net")
    assert whole.file == one.file == "azure-hub-spoke.yaml"
    assert one.line > whole.line


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as refused:
        read(tmp_path / "cloister.yaml")
    assert str(refused.value) == (
        f"{tmp_path}/cloister.yaml: there is no such file\n"
        "  mend: write one with `cloister init azure-hub-spoke`, or name another file"
    )


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "cloister.yaml").write_bytes(b"version: 1\nname: caf\xe9\n")
    with pytest.raises(SourceError) as refused:
        read(tmp_path / "cloister.yaml")
    assert str(refused.value) == f"{tmp_path}/cloister.yaml: is not UTF-8 text (byte 20)\n  mend: save it as UTF-8"


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as refused:
        read(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path}: holds no block of a .tf file\n  mend: name the folder of a configuration"
    )


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "cloister.yaml").write_bytes(b"\xef\xbb\xbf" + WHOLE.encode())
    assert read(tmp_path / "cloister.yaml").name == "small"
