"""Where a document for Azure refers to what."""

from cloister.facts.packs import packs
from cloister.inventory.azure import PLATFORM_ROLES
from cloister.sources.checks.names import Vocabulary
from cloister.sources.checks.referring import EACH as _EACH
from cloister.sources.checks.referring import References
from cloister.sources.written import Path

_WITH_KEYS = ("storage_accounts", "container_registries", "workspaces")
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
    (("keys", _EACH, "vault"), ("key_vaults",)),
    *(((section, _EACH, "customer_managed_key"), ("keys",)) for section in _WITH_KEYS),
    (("services", _EACH, "kubernetes", "disk_encryption_key"), ("keys",)),
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
    (("diagnostic_settings", _EACH, "target"), ("watched",)),
    (("metric_alerts", _EACH, "target"), ("services",)),
    (("autoscale_settings", _EACH, "target"), ("deployments",)),
    (("requirements", "peak_nodes", _EACH), ("computes",)),
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
    "watched": "service, firewall, bastion, gateway or network security group",
    "deployments": "deployment of an online endpoint",
    "outbound_endpoints": "outbound endpoint of a resolver",
    "machines": "machine",
    "storage_accounts": "storage account",
    "key_vaults": "key vault",
    "keys": "key",
    "container_registries": "container registry",
    "computes": "compute",
    "workspaces": "workspace",
    "roles": "role",
    "built-in packs": "built-in pack",
}
_DECLARED_UNDER = {
    "subnets": "networks",
    "services": "the section of its kind",
    "watched": "the section of its kind",
    "deployments": "online_endpoints",
    "outbound_endpoints": "dns_resolvers",
}
_BUILT_IN = {"roles": PLATFORM_ROLES, "built-in packs": tuple(packs())}
"""What Cloister brings along and no document declares."""
_SERVICES = ("workspaces", "storage_accounts", "key_vaults", "container_registries", "services")
VOCABULARY = Vocabulary(
    nested={
        "subnets": ("networks", "subnets"),
        "outbound_endpoints": ("dns_resolvers", "outbound_endpoints"),
        "deployments": ("online_endpoints", "deployments"),
    },
    together={
        "services": _SERVICES,
        "watched": (*_SERVICES, "firewalls", "bastions", "gateways", "network_security_groups"),
    },
)
"""`services` are those of every kind, and the section of that name holds what has none of its own."""
REFERENCES = References(_REFERENCES, _KINDS, _DECLARED_UNDER, _BUILT_IN)
