"""What an inventory says that Terraform's azurerm provider, or Azure, cannot take: found before anything is written."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from ipaddress import ip_network

from cloister.errors import Fault
from cloister.facts.azure_name_rules import NAME_RULES
from cloister.inventory.azure import Inventory, PrivateEndpoint, SecurityRule
from cloister.render.terraform.factories import KIND as FACTORY
from cloister.render.terraform.factories import data_factories
from cloister.render.terraform.names import kind_of_service, members
from cloister.render.terraform.operations import operation_limits
from cloister.render.terraform.policies import unwritable as unwritable_policies
from cloister.render.terraform.roles import role_limits

UNWRITTEN: tuple[tuple[str, str], ...] = (
    ("machines", "ip_forwarding"),
    ("machines", "forwards"),
    ("machines", "translates_source"),
    ("public_ips", ""),
    ("nat_gateways", ""),
    ("load_balancers", ""),
    ("networks", "created_with"),
    ("networks", "api_version"),
    ("networks", "private_endpoint_vnet_policies"),
    ("on_premises", "backup_gateway"),
    ("on_premises", "advertised_prefixes"),
    ("application_security_groups", ""),
    ("network_groups", ""),
    ("admin_rule_collections", ""),
    ("role_assignments", "eligible"),
    ("deny_assignments", ""),
    ("key_vaults", "access_policies"),
    ("resource_groups", "subscription"),
    ("resource_groups", "lock"),
    ("resource_groups", "denied_types"),
    ("storage_accounts", "trusted_resources"),
    ("key_vaults", "allowed_subnets"),
    ("key_vaults", "allowed_prefixes"),
    ("container_registries", "network_default_action"),
    ("container_registries", "allowed_prefixes"),
    ("container_registries", "bypass"),
    ("container_registries", "anonymous_pull"),
    ("container_registries", "customer_managed_key"),
    ("storage_accounts", "customer_managed_key"),
    ("workspaces", "customer_managed_key"),
    ("keys", ""),
    ("policy_assignments", ""),
    ("defender_plans", ""),
    ("principals", "credential"),
    ("computes", "root_access"),
    ("machines", "managed_disks"),
    ("machines", "image"),
    ("workspaces", "location"),
    ("storage_accounts", "location"),
    ("computes", "location"),
    ("services", "location"),
    ("container_registries", "agent_pool_subnet"),
    ("container_registries", "repository_permissions"),
    ("computes", "scheduled"),
    ("metric_alerts", ""),
    ("autoscale_settings", ""),
    ("online_endpoints", ""),
    ("batch_endpoints", ""),
    ("workspaces", "managed_network_kind"),
    ("workspaces", "managed_network_spark"),
    ("workspaces", "managed_network_firewall_sku"),
    ("workspaces", "outbound_rules"),
    ("machines", "proxy"),
    ("computes", "proxy"),
    ("firewalls", "public_ips"),
    ("firewalls", "explicit_proxy_ports"),
    ("firewall_policies", "explicit_proxy_ports"),
    ("dns_resolvers", ""),
    ("forwarding_rulesets", ""),
    ("name_servers", ""),
)
"""What the inventory holds and Terraform does not get yet: a section with one of its attributes, or with "" for all."""


def limits(inventory: Inventory) -> Iterator[Fault]:
    """Every reason not to render, in the order of the inventory."""
    for name, origin in inventory.undeclared:
        yield Fault(
            thing=f'"{name}"',
            reason="it is referred to, but nothing of that name is declared",
            mend="declare it, or take the reference out",
            origin=origin,
        )
    for group in inventory.network_security_groups:
        for rule in group.rules:
            yield from _tags(f'rule "{rule.name}" of network security group "{group.name}"', rule)
    for endpoint in inventory.private_endpoints:
        yield from _endpoint(inventory, endpoint)
    yield from _home_of_computes(inventory)
    yield from _passwords(inventory)
    yield from _names(inventory)
    yield from unwritable_policies(inventory)
    yield from unwritten(inventory, UNWRITTEN)
    yield from role_limits(inventory)
    yield from operation_limits(inventory)
    others = tuple(service for service in inventory.services if service.kind != FACTORY)
    yield from unwritten(replace(inventory, services=others), (("services", ""),))


def unwritten(inventory: Inventory, table: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    """A fault for each resource, or stated attribute of one, that the table says is not written: nothing is dropped."""
    for section, attribute in table:
        for resource in getattr(inventory, section):
            default = next((field.default for field in fields(resource) if field.name == attribute), None)
            if not attribute or getattr(resource, attribute) != default:
                thing = f'"{resource.name}" under {section}'
                reason = f"{attribute or 'a resource of this kind'} is not written as Terraform yet"
                mend = "take it out of the document that is rendered, and write that part by hand"
                yield Fault(thing, reason, mend, resource.origin.of(attribute))


def _tags(thing: str, rule: SecurityRule) -> Iterator[Fault]:
    for side, values in (("source", rule.source), ("destination", rule.destination)):
        tags = [value for value in values if not _is_prefix(value)]
        if tags and len(values) > 1:
            yield Fault(
                thing=thing,
                reason=f"{side} lists {', '.join(values)}, but a rule that names a service tag takes that one value",
                mend=f"write a rule of its own for {tags[0]}",
                origin=rule.origin.of(side),
            )


def _is_prefix(value: str) -> bool:
    try:
        ip_network(value)
    except ValueError:
        return False
    return True


def _endpoint(inventory: Inventory, endpoint: PrivateEndpoint) -> Iterator[Fault]:
    thing = f'private endpoint "{endpoint.name}"'
    others = {service.name for service in inventory.services}  # told by UNWRITTEN already
    if kind_of_service(inventory, endpoint.target) is None and endpoint.target not in others:
        yield Fault(
            thing=thing,
            reason=f'its target "{endpoint.target}" is not a service of this environment',
            mend="point it at a workspace, storage account, key vault or container registry that is declared",
            origin=endpoint.origin.of("target"),
        )
    wanted = members(endpoint, inventory.region)
    if wanted and len(wanted) != len(endpoint.private_ips):
        yield Fault(
            thing=thing,
            reason=f"{endpoint.subresource} takes an address for each of {', '.join(wanted)}, and it states "
            f"{', '.join(map(str, endpoint.private_ips)) or 'none'}",
            mend="state one address for each, in that order",
            origin=endpoint.origin.of("private_ips"),
        )


def _home_of_computes(inventory: Inventory) -> Iterator[Fault]:
    count = len(inventory.workspaces) or "no"
    homeless = (one for one in inventory.computes if count == "no" or (count != 1 and one.workspace is None))
    for compute in list(homeless)[:1]:
        yield Fault(
            thing=f'compute "{compute.name}"',
            reason=f"there are {count} workspaces, so it is not clear to which one it belongs",
            mend="state its workspace",
            origin=compute.origin,
        )


def _passwords(inventory: Inventory) -> Iterator[Fault]:
    """Every machine that a password should open: none is made up, and none is written down."""
    for machine in inventory.machines:
        if machine.password_authentication:
            reason = "a password opens it, and only machines that a key opens are written as Terraform"
            place = machine.origin.of("password_authentication")
            yield Fault(f'machine "{machine.name}"', reason, "set password_authentication: false", place)


def _names(inventory: Inventory) -> Iterator[Fault]:
    for kind, resources in (
        ("storage account", inventory.storage_accounts),
        ("key vault", inventory.key_vaults),
        ("container registry", inventory.container_registries),
        ("workspace", inventory.workspaces),
        ("data factory", data_factories(inventory)),
    ):
        rule = NAME_RULES[kind]
        for resource in resources:
            if not re.fullmatch(rule.pattern, resource.name):
                yield Fault(
                    thing=f'{kind} "{resource.name}"',
                    reason=f"Azure does not take this name: {rule.words}",
                    mend="choose another name" + ("; it has to be free in all of Azure" if rule.unique else ""),
                    origin=resource.origin,
                )
