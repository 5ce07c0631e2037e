"""Private DNS zones with their links and records; private resolvers with their rulesets."""

from cloister.sources.declared import Value
from cloister.sources.terraform.azurerm.addresses import address, want
from cloister.sources.terraform.azurerm.attributes import blocks, put_attributes
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.azurerm.networks import subnet_path
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

_ZONE = "azurerm_private_dns_zone"
_RULESET = "azurerm_private_dns_resolver_dns_forwarding_ruleset"


def link(desk: Desk, one: Declared) -> None:
    """A link of a zone, under the name of the network."""
    path = _zone(desk, one, "private_dns_zone_name")
    network = desk.word(one.values.get("virtual_network_id"), "networks")
    if path is None:
        return
    if not isinstance(network, str):
        why = "leads to a network that the input does not describe"
        desk.draft.miss((*path, "links"), why, one.at("virtual_network_id"))
        return
    spot = (*path, "links", network)
    desk.draft.put(spot, {}, one.origin)
    put_attributes(desk, one, spot)
    policy = one.values.get("resolution_policy")
    if isinstance(policy, str):
        desk.put(one, (*spot, "nxdomain_redirect"), "resolution_policy", policy == "NxDomainRedirect")


def record(desk: Desk, one: Declared) -> None:
    """A record that is kept by hand; the document takes one address for a name."""
    path = _zone(desk, one, "zone_name")
    if path is None:
        return
    spot = (*path, "records", str(one.values.get("name")))
    found = one.values.get("records")
    values = found if isinstance(found, list) else [found]
    if len(values) > 1:
        desk.draft.miss(spot, "has several addresses, and the document takes one", one.at("records"))
    elif values:
        desk.put(one, spot, "records", address(desk, values[0]))


def _zone(desk: Desk, one: Declared, attribute: str) -> Path | None:
    owner = desk.named(one.values.get(attribute), one.values.get("resource_group_name"), _ZONE)
    path = desk.path(owner) if owner else None
    if path is None:
        desk.homeless(one, attribute, _ZONE)
    return path


def place_inbound(desk: Desk, one: Declared, path: Path) -> None:
    """An address at which a resolver answers."""
    block = next(iter(blocks(one.values, "ip_configurations")), {})
    subnet = desk.resolved(block.get("subnet_id"))
    desk.draft.refer((*path, "subnet"), subnet, ("subnets",), one.at("ip_configurations.subnet_id"))
    told = block.get("private_ip_address")
    if isinstance(told, str) and told:
        desk.put(one, (*path, "private_ip"), "ip_configurations.private_ip_address", told)
    else:
        want(desk, (*path, "private_ip"), subnet_path(desk, subnet), one)


def outbound(desk: Desk, one: Declared, path: Path) -> None:
    """Where the queries of a ruleset leave."""
    desk.refer(one, (*path, "subnet"), "subnet_id", "subnets")


def forwarding_rule(desk: Desk, one: Declared) -> None:
    """A rule of a ruleset; suffixes end in a dot there."""
    path = _ruleset(desk, one)
    if path is None:
        return
    spot = desk.draft.claim((*path, "rules"), str(one.values.get("name")), one.origin)
    put_attributes(desk, one, spot)
    suffix = one.values.get("domain_name")
    if isinstance(suffix, str) and suffix != ".":
        suffix = suffix.rstrip(".")
    desk.put(one, (*spot, "suffix"), "domain_name", suffix)
    desk.put(
        one,
        (*spot, "targets"),
        "target_dns_servers",
        [_target(desk, block) for block in blocks(one.values, "target_dns_servers")],
    )


def _target(desk: Desk, block: dict[str, Value]) -> Value:
    server, port = address(desk, block.get("ip_address")), block.get("port")
    return f"{server}:{port}" if isinstance(server, str) and port not in (None, 53) else server


def ruleset_link(desk: Desk, one: Declared) -> None:
    """A link of a ruleset, under the name of the network."""
    path = _ruleset(desk, one)
    network = desk.word(one.values.get("virtual_network_id"), "networks")
    if path is not None and isinstance(network, str):
        desk.draft.put((*path, "links", network), {}, one.origin)
    elif path is not None:
        why = "leads to a network that the input does not describe"
        desk.draft.miss((*path, "links"), why, one.at("virtual_network_id"))


def _ruleset(desk: Desk, one: Declared) -> Path | None:
    owner = desk.referred(one.values.get("dns_forwarding_ruleset_id"), _RULESET)
    path = desk.path(owner) if owner else None
    if path is None:
        desk.homeless(one, "dns_forwarding_ruleset_id", _RULESET)
    return path
