"""The published file of service tags: what is read of it, what is refused, and which uses of tags it warns of."""

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloister.errors import SourceError
from cloister.fabric.addresses import Address, AddressMatch
from cloister.fabric.lower_azure.published import misused_tags, read_published
from cloister.fabric.sets import AddressSet
from cloister.inventory.azure import Cloud
from cloister.sources.spec import read_text

PUBLIC = AddressSet.of("20.0.0.0/6")


def listed(**tags: tuple[list[str], list[str]]) -> dict[str, Any]:
    """A parsed file with these tags: each its prefixes and the features that it can be used in."""
    values = [
        {"name": name.replace("_", "."), "properties": {"addressPrefixes": prefixes, "networkFeatures": features}}
        for name, (prefixes, features) in tags.items()
    ]
    return {"changeNumber": 7, "cloud": "Public", "values": values}


SMALL = listed(
    Storage=(["20.1.0.0/16", "20.2.0.0/17", "2603:1000::/40"], ["API", "NSG", "UDR", "FW"]),
    Storage_WestEurope=(["20.1.4.0/24"], ["API", "NSG", "UDR", "FW"]),
    BatchNodeManagement=(["20.9.0.0/16"], ["API", "NSG"]),
    Silent=(["20.8.0.0/16"], []),
)


def test_tags_are_read_with_their_regions_and_without_ipv6() -> None:
    published = read_published(SMALL, "tags.json", Cloud.PUBLIC)
    assert list(published.tags) == ["storage", "storage.westeurope", "batchnodemanagement", "silent"]
    storage = published.tags["storage"]
    assert storage.addresses == AddressSet.of("20.1.0.0/16", "20.2.0.0/17")
    assert storage.by_length == ((17, AddressSet.of("20.2.0.0/17")), (16, AddressSet.of("20.1.0.0/16")))
    assert str(published) == "tags.json, changeNumber 7"


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_prefixes_are_read_as_the_standard_library_reads_them(address: IPv4Address, length: int) -> None:
    prefix = f"{address}/{length}"
    published = read_published(listed(One=([prefix], [])), "tags.json", Cloud.PUBLIC)
    assert published.tags["one"].addresses == AddressSet.of(IPv4Network(prefix, strict=False))


@pytest.mark.parametrize(
    ("parsed", "reason"),
    [
        ([], "is not a file of service tags: it has no list `values`"),
        ({"values": {}}, "is not a file of service tags: it has no list `values`"),
        (
            SMALL | {"cloud": "China"},
            "holds the service tags of the cloud China, and the environment is in Public",
        ),
        (
            listed(Bad=(["20.1.0.0/33"], [])),
            "says something of the tag Bad that is no list of prefixes: 20.1.0.0/33 is not a prefix",
        ),
        (
            listed(Bad=(["20.1.0"], [])),
            "says something of the tag Bad that is no list of prefixes: 20.1.0 is not a prefix",
        ),
        (SMALL | {"values": [{"name": "Bare"}]}, "says something of the tag Bare that is no list of prefixes: "),
        (SMALL | {"values": ["text"]}, "says something of the tag None that is no list of prefixes: "),
    ],
)
def test_another_file_is_refused(parsed: object, reason: str) -> None:
    with pytest.raises(SourceError) as raised:
        read_published(parsed, "tags.json", Cloud.PUBLIC)
    [fault] = raised.value.faults
    assert (fault.thing, fault.reason[: len(reason)]) == ("tags.json", reason)
    assert fault.mend


@pytest.mark.parametrize(
    ("address", "label", "holds"),
    [
        ("20.1.9.9", "storage", True),
        ("20.3.0.1", "storage", False),
        ("20.1.9.9", "storage.westeurope", False),
        ("20.1.4.9", "storage.westeurope", True),
        ("20.1.9.9", "nowhere.listed", None),
    ],
)
def test_an_address_is_in_a_tag_or_not(address: str, label: str, *, holds: bool | None) -> None:
    published = read_published(SMALL, "tags.json", Cloud.PUBLIC)
    match = AddressMatch(label, labels=frozenset({label}))
    assert match.holds(Address.exactly(IPv4Address(address)), PUBLIC) is None
    assert published.sharpen(match).holds(Address.exactly(IPv4Address(address)), PUBLIC) is holds


def test_what_is_known_of_a_host_outlives_the_list() -> None:
    published = read_published(SMALL, "tags.json", Cloud.PUBLIC)
    match = published.sharpen(AddressMatch("Storage", labels=frozenset({"storage"})))
    host = Address(PUBLIC, "account", labels=frozenset({"storage"}))
    stranger = Address(PUBLIC, "stranger", labels_complete=True)
    some = Address(PUBLIC, "some host")
    assert [match.holds(address, PUBLIC) for address in (host, stranger, some)] == [True, False, None]


USES = """\
version: 1
name: uses
region: westeurope
networks:
  net: {address_space: [10.0.0.0/16], subnets: {a: {prefix: 10.0.1.0/24}, AzureFirewallSubnet: {prefix: 10.0.0.0/26}}}
firewalls:
  fw:
    network: net
    private_ip: 10.0.0.4
    rule_collection_groups:
      g:
        priority: 100
        network_rule_collections:
          c:
            priority: 100
            action: Allow
            rules: {r: {sources: ["*"], destinations: [BatchNodeManagement], ports: 443}}
network_security_groups:
  nsg:
    rules:
      fits: {priority: 100, direction: Outbound, access: Allow, destination: [BatchNodeManagement]}
      silent: {priority: 110, direction: Outbound, access: Allow, destination: Silent}
      own: {priority: 120, direction: Inbound, access: Allow, source: VirtualNetwork}
      gone: {priority: 130, direction: Outbound, access: Allow, destination: Storag}
route_tables:
  routes:
    routes:
      fits: {prefix: Storage, next_hop_type: Internet}
      batch: {prefix: BatchNodeManagement, next_hop_type: Internet}
"""


def test_a_tag_in_a_rule_that_cannot_use_it_is_told() -> None:
    inventory = read_text(USES, "f.yaml")
    told = [str(fault) for fault in misused_tags(inventory, read_published(SMALL, "tags.json", Cloud.PUBLIC))]
    gone = (
        'rule "nsg/gone": the service tag Storag stands in no list of tags.json, changeNumber 7 (f.yaml:24:65)\n'
        "  mend: correct its name, or take a newer file"
    )
    batch = (
        'route "routes/batch": a route cannot use the service tag BatchNodeManagement, which tags.json, changeNumber 7 '
        "lists for API, NSG only (f.yaml:29:15)\n  mend: name prefixes, or another tag"
    )
    firewall = (
        'rule "fw/g/c/r": a firewall\'s network rule cannot use the service tag BatchNodeManagement, which tags.json, '
        "changeNumber 7 lists for API, NSG only (f.yaml:17:41)\n  mend: name prefixes, or another tag"
    )
    assert told == [gone, firewall, batch]
