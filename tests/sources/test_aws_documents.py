"""Documents for AWS: read, printed again to the same, and refused with the mend of each fault."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from test_expanded import without_origins  # type: ignore[import-not-found]  # pytest puts this folder on the path

from cloister.errors import SpecError
from cloister.inventory import aws
from cloister.sources.blueprints import blueprint_text
from cloister.sources.expanded import document_text
from cloister.sources.spec import read_text, read_text_anywhere

RARE = (Path(__file__).parent / "aws_rare.yaml").read_text(encoding="utf-8")
_OF_OTHERS = ("packs", "gaps", "not_understood")
_FLAT = {"name", "origin"}


def read(text: str) -> aws.Inventory:
    inventory = read_text_anywhere(text, "a.yaml")
    assert isinstance(inventory, aws.Inventory)
    return inventory


def without(inventory: aws.Inventory) -> Any:  # noqa: ANN401 - everything but where it was written
    named = [name for name, _ in inventory.undeclared]
    return without_origins(inventory)[1] | {"undeclared": named}


def test_what_is_rare_is_all_that_an_environment_can_say() -> None:
    inventory = read(RARE)
    assert [one.name for one in fields(inventory) if getattr(inventory, one.name) == ()] == list(_OF_OTHERS)
    unsaid = {
        f"{type(one).__name__}.{field.name}"
        for section in fields(inventory)
        if section.name not in ("intents", "approved", "undeclared", *_OF_OTHERS)
        for several in [getattr(inventory, section.name)]
        if isinstance(several, tuple)
        for one in several[:1]
        for field in fields(one)
        if field.name not in _FLAT and not any(other.origin.states(field.name) for other in several)
    }
    assert unsaid == set()


@pytest.mark.parametrize("text", [RARE, blueprint_text("aws-mlflow")], ids=["what is rare", "aws-mlflow"])
def test_what_is_printed_reads_back_to_the_same(text: str) -> None:
    inventory = read(text)
    again = read(document_text(inventory))
    assert without(again) == without(inventory)
    assert document_text(again) == document_text(inventory)


def test_egress_that_is_not_stated_is_another_thing_than_none() -> None:
    groups = {group.name: group.egress for group in read(RARE).security_groups}
    assert (groups["closed"], groups["open"]) == ((), None)


def test_every_value_has_its_place() -> None:
    [_, task] = [read(RARE).accounts[0], read(RARE).iam_roles[0]]
    lines = RARE.splitlines()
    assert lines[task.policies[0].origin.line - 1].strip().startswith("policies:")
    method = read(RARE).rest_apis[1].resources[1].methods[0]
    assert method.integration is not None
    assert "integration:" in lines[method.integration.origin.line - 1]


def test_verbs_for_azure_say_so() -> None:
    with pytest.raises(SpecError) as error:
        read_text(RARE, "a.yaml")
    [fault] = error.value.faults
    assert str(fault) == (
        'environment "rare": is in the cloud "aws", and this is done for Azure only (a.yaml:3:1)\n'
        "  mend: name a document for Azure; `cloister show` prints one for any cloud"
    )


HEAD = "version: 1\nname: test\ncloud: aws\nregion: eu-west-1\n"
VPC = "vpcs: {v: {cidr_blocks: [10.0.0.0/16], subnets: {a: {cidr_block: 10.0.1.0/24}}}}\n"
TWO = (
    "vpcs: {v: {cidr_blocks: [10.0.0.0/16], subnets: {a: {cidr_block: 10.0.1.0/24}}},\n"
    "  w: {cidr_blocks: [10.1.0.0/16], subnets: {b: {cidr_block: 10.1.1.0/24}}}}\n"
    "security_groups: {g: {vpc: w}}\nroute_tables: {r: {vpc: w}}\nnetwork_acls: {n: {vpc: w}}\n"
)
FAULTS: dict[str, tuple[str, list[str]]] = {
    "a region of another cloud": (
        HEAD.replace("eu-west-1", "westeurope"),
        ['the environment: region "westeurope" is not a region -> write its name, such as eu-west-1'],
    ),
    "an unknown key, with its near miss": (
        HEAD + VPC.replace("cidr_blocks", "cidr_block", 1),
        ['VPC "v": does not know the key "cidr_block" -> write cidr_blocks'],
    ),
    "an id that YAML takes for a number": (
        HEAD + "accounts: {a: {account_id: 111122223333}}",
        ['account "a": account_id 111122223333 is not text -> write text; put it in quotes if it looks like a number'],
    ),
    "a policy that is a list": (
        HEAD + "s3_buckets: {b: {policy: [1]}}",
        [
            (
                'bucket "b": policy a list is not a policy -> write its Version and Statement as keys, '
                'or as JSON text such as {"Version": "2012-10-17", ...}'
            )
        ],
    ),
    "a policy whose text is no JSON": (
        HEAD + "s3_buckets: {b: {policy: '{'}}",
        [
            (
                'bucket "b": policy "{" is not JSON -> write its Version and Statement as keys, '
                'or as JSON text such as {"Version": "2012-10-17", ...}'
            )
        ],
    ),
    "a reference to nothing": (
        HEAD + VPC + "ecs_services: {s: {subnets: [v/b], security_groups: [g]}}",
        [
            'service "s": subnets "v/b" names no subnet -> write v/a',
            'service "s": security_groups "g" names no security group -> declare it under security_groups',
        ],
    ),
    "a subnet outside": (
        HEAD + VPC.replace("10.0.1.0", "10.1.1.0"),
        [
            (
                'subnet "v/a": cidr_block 10.1.1.0/24 lies outside of its VPC\'s 10.0.0.0/16 '
                "-> choose a prefix inside, or widen cidr_blocks"
            )
        ],
    ),
    "an address that AWS keeps": (
        HEAD + VPC + "instances: {i: {subnet: v/a, private_ip: 10.0.1.3}}",
        [
            (
                'instance "i": its address 10.0.1.3 is one that AWS keeps in v/a '
                "-> choose another; the first free one is 10.0.1.4"
            )
        ],
    ),
    "two with one address": (
        HEAD
        + VPC
        + "instances: {i: {subnet: v/a, private_ip: 10.0.1.9}}\nnat_gateways: {n: {subnet: v/a, private_ip: 10.0.1.9}}",
        [
            (
                'instance "i": has the address 10.0.1.9, which NAT gateway "n" has already '
                "-> give one of the two another address"
            )
        ],
    ),
    "addresses for some subnets": (
        HEAD
        + VPC
        + "vpc_endpoints: {e: {vpc: v, service_name: logs, subnets: [v/a], private_ips: [10.0.1.9, 10.0.1.8]}}",
        ['VPC endpoint "e": states 2 private_ips for 1 subnets -> state one for each subnet, in their order, or none'],
    ),
    "peers that overlap": (
        HEAD
        + TWO.replace("10.1.", "10.0.").replace("10.0.1.0/24}}}}", "10.0.2.0/24}}}}")
        + "vpc_peering_connections: {p: {vpc: v, peer_vpc: w}}",
        [
            (
                'peering connection "p": joins v and w, whose prefixes overlap, which AWS refuses '
                "-> give one of the two another prefix"
            )
        ],
    ),
    "what is of another VPC": (
        HEAD
        + TWO.replace("{r: {vpc: w}}", "{r: {vpc: w, routes: {d: {cidr_block: 0.0.0.0/0, internet_gateway: x}}}}")
        + "instances: {i: {subnet: v/a, security_groups: [g]}}\ninternet_gateways: {x: {vpc: v}}\n"
        "vpc_endpoints: {e: {vpc: v, service_name: s3, vpc_endpoint_type: Gateway, route_tables: [r]}}\n",
        [
            'route "r/d": leads to x, which is of v, not of w -> name a target of w',
            'instance "i": stands in v and names security group g, which is of w -> name a security group of v',
            'VPC endpoint "e": stands in v and names route table r, which is of w -> name a route table of v',
        ],
    ),
    "a Gateway for what has none": (
        HEAD + VPC + "vpc_endpoints: {e: {vpc: v, service_name: logs, vpc_endpoint_type: Gateway}}",
        [
            (
                'VPC endpoint "e": is a Gateway for logs, and there are Gateways for s3 and dynamodb only '
                "-> write vpc_endpoint_type: Interface"
            )
        ],
    ),
    "two targets of a route": (
        HEAD + VPC + "route_tables: {r: {vpc: v, routes: {d: {cidr_block: 0.0.0.0/0, other_target: x, instance: i}}}}\n"
        "instances: {i: {subnet: v/a}}",
        [
            (
                'route "r/d": states instance and other_target -> write exactly one of internet_gateway, nat_gateway, '
                "vpc_peering_connection, instance, other_target"
            )
        ],
    ),
    "a number that two rules share": (
        HEAD + VPC + "network_acls: {n: {vpc: v, ingress: {a: {rule_no: 1, action: allow, cidr_block: 10.0.0.0/8}, "
        "b: {rule_no: 1, action: deny, cidr_block: 10.0.0.0/8}}}}",
        ['rule "n/b": has the rule_no 1, which n/a has already -> give one of the two another number'],
    ),
    "a rule about nobody, and ports of everything": (
        HEAD + VPC + "security_groups: {g: {vpc: v, ingress: {r: {ports: 443}}}}",
        [
            (
                'rule "g/r": names nobody that it is about '
                "-> write cidr_blocks, prefix_lists, security_groups or self: true"
            ),
            (
                'rule "g/r": states ports 443 for every protocol, where there are none to state '
                "-> remove ports, or write protocol: tcp or udp"
            ),
        ],
    ),
    "methods with the wrong authorizer": (
        HEAD + "rest_apis: {a: {resources: {/: {methods: {GET: {authorization: CUSTOM}, "
        "PUT: {authorization: CUSTOM, authorizer: tokn}, ANY: {authorizer: token}}}}, "
        "authorizers: {token: {function: f}}}}",
        [
            'method "a///GET": is authorized by CUSTOM and names no authorizer -> add authorizer: token',
            'method "a///PUT": authorizer "tokn" names no authorizer of a -> write token',
            (
                'method "a///ANY": names authorizer token, which NONE does not ask '
                "-> remove authorizer, or write authorization: CUSTOM"
            ),
        ],
    ),
    "a link to an application balancer": (
        HEAD + VPC + "load_balancers: {l: {subnets: [v/a]}}\nvpc_links: {k: {target: l}}",
        [
            (
                'VPC link "k": leads to load balancer l, which is no network one '
                "-> name one with load_balancer_type: network"
            )
        ],
    ),
    "a link without its type": (
        HEAD + "rest_apis: {a: {resources: {/: {methods: {GET: {integration: {vpc_link: k}}}}}}}",
        [
            (
                'method "a///GET": integration states vpc_link without VPC_LINK '
                "-> write both connection_type: VPC_LINK and vpc_link, or neither"
            ),
            'method "a///GET": integration.vpc_link "k" names no VPC link -> declare it under vpc_links',
        ],
    ),
}


@pytest.mark.parametrize(("text", "faults"), FAULTS.values(), ids=FAULTS)
def test_faults(text: str, faults: list[str]) -> None:
    with pytest.raises(SpecError) as error:
        read(text)
    assert [f"{one.thing}: {one.reason} -> {one.mend}" for one in error.value.faults] == faults
