"""What the published list of service tags decides on the way: each row a question without it, and with it."""

from collections.abc import Callable
from typing import Any

import pytest

from cloister.ask.asking import Environment, answer
from cloister.fabric.lower_azure.published import read_published
from cloister.inventory.azure import Cloud

LIST = {
    "changeNumber": 7,
    "cloud": "Public",
    "values": [
        {"name": name, "properties": {"addressPrefixes": prefixes}}
        for name, prefixes in {
            "Storage": ["20.1.0.0/16", "20.2.0.0/20"],
            "Storage.westeurope": ["20.1.4.0/24", "20.2.0.0/20"],
            "AzureCloud": ["20.0.0.0/8"],
            "AzureCloud.westeurope": ["20.1.0.0/16"],
        }.items()
    ],
}


def only(tag: str) -> dict[str, Any]:
    """A filter that lets out to one tag and to nothing else."""
    opened = {"priority": 100, "direction": "Outbound", "access": "Allow", "destination": tag}
    closed = {"priority": 200, "direction": "Outbound", "access": "Deny", "protocol": "*"}
    return {"nsg": {"rules": {"open": opened, "closed": closed}}}


ONLY_STORAGE, ONLY_CLOUD = only("Storage"), only("AzureCloud")


def routes(**to: dict[str, str]) -> dict[str, Any]:
    """Changes that lay these routes into the table of `near`, everything let out by the filter."""
    return {"route_tables": {"routes": {"routes": to}}}


WALL = {"next_hop_type": "VirtualAppliance", "next_hop": "10.0.0.4"}
OUT = {"next_hop_type": "Internet"}
NOWHERE = {"next_hop_type": "None"}
BELONGS = "UNKNOWN near: whether {0} belongs to {1} is not known, so nsg/open (100) may or may not be about it"
LEADS_NOWHERE = "DENY spoke/work: the route to {0} leads nowhere"
WHICH = "UNKNOWN spoke/work: the address is not known well enough to tell which route it takes: {0}"
DISAGREE = (
    "UNKNOWN spoke/work: {0} and a service endpoint lead to the same service, and sources disagree which one is taken"
)

STORAGE_RULE = {"sources": ["*"], "destinations": ["Storage"], "ports": 443}
COLLECTION = {"priority": 100, "action": "Allow", "rules": {"storage": STORAGE_RULE}}
GROUP = {"priority": 100, "network_rule_collections": {"c": COLLECTION}}
BEHIND_FIREWALL = {
    **routes(all={"prefix": "0.0.0.0/0", **WALL}),
    "firewalls": {
        "fw": {"rule_collection_groups": {"g": {"priority": 100, "network_rule_collections": {"c": COLLECTION}}}}
    },
}
AT_FIREWALL = "UNKNOWN fw: whether {0} belongs to Storage is not known, so rule c/storage may or may not be about it"

ROWS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "an address in the tag is let out": (
        {"network_security_groups": ONLY_STORAGE},
        "near -> 20.1.9.9:443",
        BELONGS.format("20.1.9.9", "Storage"),
        "ALLOW near reaches 20.1.9.9:443 through 20.1.9.9",
    ),
    "an address outside of the tag is not": (
        {"network_security_groups": ONLY_STORAGE},
        "near -> 20.3.0.1:443",
        BELONGS.format("20.3.0.1", "Storage"),
        "DENY near: nsg does not let it out",
    ),
    "a firewall lets through an address of a tag that its rule names": (
        BEHIND_FIREWALL,
        "near -> 20.1.9.9:443",
        AT_FIREWALL.format("20.1.9.9"),
        "ALLOW near reaches 20.1.9.9:443 through 20.1.9.9",
    ),
    "and no other": (
        BEHIND_FIREWALL,
        "near -> 20.3.0.1:443",
        AT_FIREWALL.format("20.3.0.1"),
        "DENY fw: no rule allows 20.3.0.1 on tcp/443, and what no rule allows is refused",
    ),
    "a host whose address nobody knows stays in doubt": (
        {"network_security_groups": ONLY_CLOUD},
        "near -> stranger.example:443",
        BELONGS.format("stranger.example", "AzureCloud"),
        BELONGS.format("stranger.example", "AzureCloud"),
    ),
    "a tag inside another is decided by the two lists": (
        {"network_security_groups": ONLY_CLOUD},
        "near -> Storage.westeurope:443",
        BELONGS.format("Storage.westeurope", "AzureCloud"),
        "ALLOW near reaches Storage.westeurope:443",
    ),
    "the longer prefix of a tag beats a written one": (
        routes(tag={"prefix": "Storage", **NOWHERE}, wide={"prefix": "20.0.0.0/8", **OUT}),
        "near -> 20.1.9.9:443",
        WHICH.format("routes/tag or routes/wide"),
        LEADS_NOWHERE.format("20.1.9.9"),
    ),
    "a written prefix of the same length beats the tag": (
        routes(tag={"prefix": "Storage", **OUT}, same={"prefix": "20.1.0.0/16", **NOWHERE}),
        "near -> 20.1.9.9:443",
        WHICH.format("routes/same or routes/tag"),
        LEADS_NOWHERE.format("20.1.9.9"),
    ),
    "a regional tag beats its own wider one, with the list or without": (
        routes(wide={"prefix": "Storage", **OUT}, region={"prefix": "Storage.westeurope", **NOWHERE}),
        "near -> Storage.westeurope:443",
        LEADS_NOWHERE.format("Storage.westeurope"),
        LEADS_NOWHERE.format("Storage.westeurope"),
    ),
    "a service's tag beats the cloud's on one prefix": (
        routes(cloud={"prefix": "AzureCloud.westeurope", **OUT}, tag={"prefix": "Storage", **NOWHERE}),
        "near -> 20.1.9.9:443",
        WHICH.format("routes/cloud or routes/tag or system route 0.0.0.0/0"),
        LEADS_NOWHERE.format("20.1.9.9"),
    ),
    "the cloud's regional tag beats the wide one by its longer prefix": (
        routes(wide={"prefix": "AzureCloud", **OUT}, region={"prefix": "AzureCloud.westeurope", **NOWHERE}),
        "near -> 20.1.9.9:443",
        WHICH.format("routes/region or routes/wide or system route 0.0.0.0/0"),
        LEADS_NOWHERE.format("20.1.9.9"),
    ),
    "a user's shorter prefix does not touch a service endpoint": (
        {
            **routes(wide={"prefix": "20.0.0.0/8", **NOWHERE}),
            "networks": {"spoke": {"subnets": {"work": {"service_endpoints": ["Microsoft.Storage"]}}}},
        },
        "near -> 20.1.4.9:443",
        WHICH.format("routes/wide or service endpoint Microsoft.Storage"),
        "ALLOW near reaches 20.1.4.9:443 through 20.1.4.9",
    ),
    "of a longer one sources disagree": (
        {
            **routes(inside={"prefix": "20.1.4.0/25", **NOWHERE}),
            "networks": {"spoke": {"subnets": {"work": {"service_endpoints": ["Microsoft.Storage"]}}}},
        },
        "near -> 20.1.4.9:443",
        WHICH.format("routes/inside or service endpoint Microsoft.Storage"),
        DISAGREE.format("routes/inside"),
    ),
    "a route for a tag puts its addresses into VirtualNetwork in one reading": (
        {
            **routes(tag={"prefix": "Storage", **WALL}),
            "network_security_groups": {
                "nsg": {
                    "rules": {
                        "open": {
                            "priority": 100,
                            "direction": "Outbound",
                            "access": "Deny",
                            "destination": "VirtualNetwork",
                        }
                    }
                }
            },
        },
        "near -> 20.3.0.1:443",
        BELONGS.format("20.3.0.1", "VirtualNetwork"),
        "ALLOW near reaches 20.3.0.1:443 through 20.3.0.1",
    ),
}


@pytest.mark.parametrize(("changes", "question", "without", "with_list"), ROWS.values(), ids=ROWS)
def test_rule(
    plain: Callable[[dict[str, Any]], Environment],
    changes: dict[str, Any],
    question: str,
    without: str,
    with_list: str,
) -> None:
    symbolic = plain(changes)
    exact = Environment(symbolic.inventory, read_published(LIST, "tags.json", Cloud.PUBLIC))
    told = []
    for environment in (symbolic, exact):
        verdict = answer(environment, question).verdict
        told.append(f"{verdict.answer} {verdict.reason}")
    assert told == [without, with_list]


def test_the_trace_names_the_list_and_its_number(plain: Callable[[dict[str, Any]], Environment]) -> None:
    inventory = plain({"network_security_groups": ONLY_STORAGE}).inventory
    environment = Environment(inventory, read_published(LIST, "tags.json", Cloud.PUBLIC))
    [step] = [
        step for step in answer(environment, "near -> 20.1.9.9:443").verdict.trace if step.text == "nsg lets it out"
    ]
    assert step.rule
    assert step.rule.source == "tags.json, changeNumber 7"
