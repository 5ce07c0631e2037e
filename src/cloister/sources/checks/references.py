"""Faults of reference: a name that nothing bears.

A table says where the document refers to what. It is read against the written tree, not the inventory, so that a
resource with another fault still has its references checked, and so that every fault names the line of the name itself.
"""

from collections.abc import Iterator
from typing import Any

from cloister.errors import Fault
from cloister.facts.packs import packs
from cloister.inventory.azure import PLATFORM_ROLES
from cloister.sources.checks.names import Names
from cloister.sources.things import called
from cloister.sources.wording import near_miss, one_of, printable
from cloister.sources.written import Path, Written

_EACH = "*"
"""In a pattern: each key of a mapping, or each item of a list. At its end, the keys themselves refer."""

_REFERENCES: tuple[tuple[Path, tuple[str, ...]], ...] = (
    (("networks", _EACH, "subnets", _EACH, "network_security_group"), ("network_security_groups",)),
    (("networks", _EACH, "subnets", _EACH, "route_table"), ("route_tables",)),
    (("networks", _EACH, "peerings", _EACH), ("networks",)),
    (
        ("network_security_groups", _EACH, "rules", _EACH, "source_application_security_groups", _EACH),
        ("application_security_groups",),
    ),
    (
        ("network_security_groups", _EACH, "rules", _EACH, "destination_application_security_groups", _EACH),
        ("application_security_groups",),
    ),
    (("network_groups", _EACH, "networks", _EACH), ("networks",)),
    (("admin_rule_collections", _EACH, "networks", _EACH), ("networks",)),
    (("admin_rule_collections", _EACH, "network_groups", _EACH), ("network_groups",)),
    (("machines", _EACH, "application_security_groups", _EACH), ("application_security_groups",)),
    (("private_endpoints", _EACH, "application_security_groups", _EACH), ("application_security_groups",)),
    (("firewalls", _EACH, "network"), ("networks",)),
    (("firewalls", _EACH, "policy"), ("firewall_policies",)),
    (("firewall_policies", _EACH, "base_policy"), ("firewall_policies",)),
    *(
        ((section, _EACH, "rule_collection_groups", _EACH, kind, _EACH, "rules", _EACH, side, _EACH), ("ip_groups",))
        for section in ("firewalls", "firewall_policies")
        for kind in ("nat_rule_collections", "network_rule_collections", "application_rule_collections")
        for side in ("source_ip_groups", "destination_ip_groups")
    ),
    (("gateways", _EACH, "network"), ("networks",)),
    (("bastions", _EACH, "network"), ("networks",)),
    (("on_premises", _EACH, "gateway"), ("gateways",)),
    (("on_premises", _EACH, "backup_gateway"), ("gateways",)),
    (("networks", _EACH, "subnets", _EACH, "nat_gateway"), ("nat_gateways",)),
    (
        ("networks", _EACH, "subnets", _EACH, "service_endpoint_policies", _EACH),
        ("service_endpoint_policies",),
    ),
    (("nat_gateways", _EACH, "public_ips", _EACH), ("public_ips",)),
    (("load_balancers", _EACH, "backends", _EACH), ("machines",)),
    (("load_balancers", _EACH, "frontends", _EACH, "subnet"), ("subnets",)),
    (("load_balancers", _EACH, "frontends", _EACH, "public_ip"), ("public_ips",)),
    (("load_balancers", _EACH, "frontends", _EACH, "rules", _EACH, "backends", _EACH), ("machines",)),
    (("load_balancers", _EACH, "frontends", _EACH, "outbound_rules", _EACH, "backends", _EACH), ("machines",)),
    (("machines", _EACH, "subnet"), ("subnets", "on_premises")),
    (("machines", _EACH, "public_ip"), ("public_ips",)),
    (("machines", _EACH, "network_security_group"), ("network_security_groups",)),
    (("private_endpoints", _EACH, "subnet"), ("subnets",)),
    (("private_endpoints", _EACH, "target"), ("services",)),
    (("private_endpoints", _EACH, "zones", _EACH), ("private_dns_zones",)),
    (("private_dns_zones", _EACH, "links", _EACH), ("networks",)),
    (("dns_resolvers", _EACH, "network"), ("networks",)),
    (("dns_resolvers", _EACH, "inbound_endpoints", _EACH, "subnet"), ("subnets",)),
    (("dns_resolvers", _EACH, "outbound_endpoints", _EACH, "subnet"), ("subnets",)),
    (("forwarding_rulesets", _EACH, "outbound_endpoints", _EACH), ("outbound_endpoints",)),
    (("forwarding_rulesets", _EACH, "links", _EACH), ("networks",)),
    (("name_servers", _EACH, "machine"), ("machines",)),
    (("storage_accounts", _EACH, "allowed_subnets", _EACH), ("subnets",)),
    (("storage_accounts", _EACH, "trusted_resources", _EACH), ("services",)),
    (("key_vaults", _EACH, "allowed_subnets", _EACH), ("subnets",)),
    (("container_registries", _EACH, "agent_pool_subnet"), ("subnets",)),
    (("services", _EACH, "allowed_subnets", _EACH), ("subnets",)),
    (("services", _EACH, "subnets", _EACH), ("subnets",)),
    (("services", _EACH, "scopes", _EACH), ("services",)),
    (("workspaces", _EACH, "storage_account"), ("storage_accounts",)),
    (("workspaces", _EACH, "key_vault"), ("key_vaults",)),
    (("workspaces", _EACH, "container_registry"), ("container_registries",)),
    (("workspaces", _EACH, "image_build_compute"), ("computes",)),
    (("workspaces", _EACH, "serverless_subnet"), ("subnets",)),
    (("workspaces", _EACH, "outbound_rules", _EACH, "target"), ("services",)),
    (("computes", _EACH, "subnet"), ("subnets",)),
    (("computes", _EACH, "workspace"), ("workspaces",)),
    (("online_endpoints", _EACH, "workspace"), ("workspaces",)),
    (("online_endpoints", _EACH, "cluster"), ("services",)),
    (("batch_endpoints", _EACH, "workspace"), ("workspaces",)),
    (("batch_endpoints", _EACH, "compute"), ("computes",)),
    (("groups", _EACH, "role"), ("roles",)),
    (("packs", _EACH), ("built-in packs",)),
)
_KINDS = {
    "networks": "network",
    "subnets": "subnet",
    "network_security_groups": "network security group",
    "application_security_groups": "application security group",
    "network_groups": "network group",
    "route_tables": "route table",
    "firewall_policies": "firewall policy",
    "ip_groups": "IP group",
    "service_endpoint_policies": "service endpoint policy",
    "public_ips": "public address",
    "nat_gateways": "NAT gateway",
    "gateways": "gateway",
    "on_premises": "on-premises site",
    "private_dns_zones": "private DNS zone",
    "services": "workspace, storage account, key vault, container registry or other service",
    "outbound_endpoints": "outbound endpoint of a resolver",
    "machines": "machine",
    "storage_accounts": "storage account",
    "key_vaults": "key vault",
    "container_registries": "container registry",
    "computes": "compute",
    "workspaces": "workspace",
    "roles": "role",
    "built-in packs": "built-in pack",
}
_DECLARED_UNDER = {
    "subnets": "networks",
    "services": "the section of its kind",
    "outbound_endpoints": "dns_resolvers",
}
_BUILT_IN = {"roles": PLATFORM_ROLES, "built-in packs": tuple(packs())}
"""What Cloister brings along and no document declares."""
_FEW = 6
"""A mend lists the names that are known up to this many; more would bury the reason."""


def reference_faults(tree: Written, names: Names) -> Iterator[Fault]:
    """Every reference to nothing, with the near miss."""
    for path, word, sections in references_to_nothing(tree.plain(), names):
        thing, attribute = called(_referring(path))
        kind = " or ".join(_KINDS[section] for section in sections)
        reason = f'{attribute or "its name"} "{printable(word)}" names no {kind}'
        written = tree.at(path)
        place = written.key_place if path[-1] == word else written.place
        known = [name for section in sections for name in _known(section, names)]
        yield Fault(thing, reason, _mend(word, sections[0], known), place)


def references_to_nothing(plain: Any, names: Names) -> Iterator[tuple[Path, str, tuple[str, ...]]]:  # noqa: ANN401 - any JSON value
    """Where a document refers to what does not stand in it: the path, the word, and the sections that could have it."""
    for pattern, sections in _REFERENCES:
        known = {name for section in sections for name in _known(section, names)}
        for path, value in _matches(plain, pattern):
            word = path[-1] if pattern[-1] == _EACH and isinstance(path[-1], str) else value
            if isinstance(word, str) and word not in known:
                yield path, word, sections


def _known(section: str, names: Names) -> tuple[str, ...]:
    if section in _BUILT_IN:
        return _BUILT_IN[section]
    return names.among(section)


def _referring(path: Path) -> Path:
    """The path of the attribute that refers: without the item of a list, or the key of a mapping."""
    return path[:-1] if isinstance(path[-1], int) or path[-2] in ("peerings", "links") else path


def _mend(word: str, section: str, known: list[str]) -> str:
    near = near_miss(word, known)
    if near:
        return f"write {near}"
    if section in _BUILT_IN:
        return f"write {one_of(known)}"
    where = _DECLARED_UNDER.get(section, section)
    listed = f", or write {one_of(sorted(known))}" if 0 < len(known) <= _FEW else ""
    return f"declare it under {where}{listed}"


def _matches(plain: Any, pattern: Path, path: Path = ()) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401 - as above
    """What stands at the places that `pattern` describes."""
    if not pattern:
        yield path, plain
    elif pattern[0] != _EACH:
        if isinstance(plain, dict) and pattern[0] in plain:
            yield from _matches(plain[pattern[0]], pattern[1:], (*path, pattern[0]))
    else:
        members = enumerate(plain) if isinstance(plain, list) else plain.items() if isinstance(plain, dict) else ()
        for key, child in members:
            yield from _matches(child, pattern[1:], (*path, key))
