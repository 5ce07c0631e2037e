"""What a person calls a place in a document: `subnet "ml/compute"`, not `networks.ml.subnets.compute`."""

from cloister.sources.wording import printable
from cloister.sources.written import Path

_KINDS = {
    "resource_groups": "resource group",
    "networks": "network",
    "network_security_groups": "network security group",
    "application_security_groups": "application security group",
    "network_groups": "network group",
    "admin_rule_collections": "admin rule collection",
    "route_tables": "route table",
    "service_endpoint_policies": "service endpoint policy",
    "public_ips": "public address",
    "nat_gateways": "NAT gateway",
    "load_balancers": "load balancer",
    "firewalls": "firewall",
    "firewall_policies": "firewall policy",
    "ip_groups": "IP group",
    "gateways": "gateway",
    "bastions": "bastion",
    "on_premises": "on-premises site",
    "machines": "machine",
    "private_endpoints": "private endpoint",
    "private_dns_zones": "private DNS zone",
    "dns_resolvers": "DNS resolver",
    "forwarding_rulesets": "forwarding ruleset",
    "name_servers": "name server",
    "storage_accounts": "storage account",
    "key_vaults": "key vault",
    "keys": "key",
    "container_registries": "container registry",
    "services": "service",
    "workspaces": "workspace",
    "computes": "compute",
    "online_endpoints": "online endpoint",
    "batch_endpoints": "batch endpoint",
    "accounts": "account",
    "vpcs": "VPC",
    "internet_gateways": "internet gateway",
    "prefix_lists": "prefix list",
    "vpc_peering_connections": "peering connection",
    "security_groups": "security group",
    "network_acls": "network ACL",
    "vpc_endpoints": "VPC endpoint",
    "target_groups": "target group",
    "vpc_links": "VPC link",
    "rest_apis": "REST API",
    "ecs_services": "service",
    "db_clusters": "database cluster",
    "instances": "instance",
    "s3_buckets": "bucket",
    "cognito_user_pools": "user pool",
    "iam_roles": "role",
    "sagemaker_domains": "domain",
    "sagemaker_notebook_instances": "notebook instance",
    "sagemaker_jobs": "job",
    "diagnostic_settings": "diagnostic setting",
    "metric_alerts": "metric alert",
    "autoscale_settings": "autoscale setting",
    "budgets": "budget",
    "groups": "group",
    "principals": "principal",
    "role_definitions": "role definition",
    "role_assignments": "role assignment",
    "deny_assignments": "deny assignment",
    "policy_assignments": "policy assignment",
    "defender_plans": "Defender plan",
    "intents": "intent",
    "packs": "pack",
    "approved": "approved host",
    "attestations": "attestation",
    "waivers": "waiver",
}
_INNER_KINDS = {
    "subnets": "subnet",
    "peerings": "peering",
    "rules": "rule",
    "routes": "route",
    "forwards": "rule",
    "links": "link",
    "frontends": "frontend",
    "outbound_rules": "outbound rule",
    "ingress": "rule",
    "egress": "rule",
    "listeners": "listener",
    "resources": "resource",
    "methods": "method",
    "authorizers": "authorizer",
    "stages": "stage",
    "user_profiles": "profile",
    "deployments": "deployment",
    "inbound_endpoints": "inbound endpoint",
    "outbound_endpoints": "outbound endpoint",
    "rule_collection_groups": "rule collection group",
    "nat_rule_collections": "rule collection",
    "network_rule_collections": "rule collection",
    "application_rule_collections": "rule collection",
}
_ENVIRONMENT = "the environment"


def called(path: Path) -> tuple[str, str]:
    """The resource that `path` lies in, and the attribute of it that is meant, empty where the resource itself is."""
    section, *rest = path or ("",)
    if section not in _KINDS or not rest:
        return _ENVIRONMENT, _attribute(path)
    kind, names = _KINDS[str(section)], [printable(str(rest.pop(0)))]
    while len(rest) > 1 and rest[0] in _INNER_KINDS:
        kind = _INNER_KINDS[str(rest.pop(0))]
        names.append(printable(str(rest.pop(0))))
    return f'{kind} "{"/".join(names)}"', _attribute(tuple(rest))


def _attribute(path: Path) -> str:
    """`dns_servers[0]` for a list's item, `links.hub` for a mapping's member. Items count from 0, as in JSON."""
    text = ""
    for part in path:
        word = printable(str(part))
        text += f"[{word}]" if isinstance(part, int) else f".{word}" if text else word
    return text
