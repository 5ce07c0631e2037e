"""From the checked document to the inventory: the same names, typed, each resource with its place in the file."""

from dataclasses import replace

from cloister.inventory import azure
from cloister.sources import renaming
from cloister.sources.document.root import Document
from cloister.sources.lowering.firewalls import policy
from cloister.sources.lowering.governance import policies
from cloister.sources.lowering.names import name_servers, on_premises, resolvers, rulesets, zones
from cloister.sources.lowering.networks import (
    admin_rules,
    load_balancers,
    networks,
    peerings,
    route_tables,
    security_groups,
)
from cloister.sources.lowering.observed import observed
from cloister.sources.lowering.requirements import requirements
from cloister.sources.lowering.services import names_in_azure, online_endpoints, services, vaults, workspaces
from cloister.sources.lowering.spots import Spot, attributes
from cloister.sources.lowering.wishes import approved, intents, packs, undeclared
from cloister.sources.written import Written

__all__ = ["lower"]


def lower(document: Document, tree: Written) -> azure.Inventory:
    """The inventory that the document describes; `tree` is where it was written."""
    here, names = Spot(tree), names_in_azure(document)
    return azure.Inventory(
        name=document.name,
        cloud=document.cloud,
        region=document.region,
        resource_groups=here.each("resource_groups", document.resource_groups, azure.ResourceGroup),
        networks=networks(document, here),
        peerings=peerings(document, here),
        network_security_groups=security_groups(document, here),
        application_security_groups=here.each(
            "application_security_groups", document.application_security_groups, azure.ApplicationSecurityGroup
        ),
        network_groups=here.each("network_groups", document.network_groups, azure.NetworkGroup),
        admin_rule_collections=admin_rules(document, here),
        route_tables=route_tables(document, here),
        service_endpoint_policies=tuple(
            replace(one, service_resources=tuple(names.get(name, name) for name in one.service_resources))
            for one in here.each(
                "service_endpoint_policies", document.service_endpoint_policies, azure.ServiceEndpointPolicy
            )
        ),
        public_ips=here.each("public_ips", document.public_ips, azure.PublicIp),
        nat_gateways=here.each("nat_gateways", document.nat_gateways, azure.NatGateway),
        load_balancers=load_balancers(document, here),
        firewalls=tuple(
            azure.Firewall(name=name, **policy(block, place), origin=place.origin)
            for name, block, place in here.pairs("firewalls", document.firewalls)
        ),
        firewall_policies=tuple(
            azure.FirewallPolicy(name=name, **policy(block, place), origin=place.origin)
            for name, block, place in here.pairs("firewall_policies", document.firewall_policies)
        ),
        ip_groups=here.each("ip_groups", document.ip_groups, azure.IpGroup),
        gateways=here.each("gateways", document.gateways, azure.Gateway),
        bastions=here.each("bastions", document.bastions, azure.Bastion),
        on_premises=on_premises(document, here),
        machines=tuple(
            azure.Machine(
                **{"name": name} | attributes(block, "forwards"),
                forwards=place.each("forwards", block.forwards, azure.NetworkRule),
                origin=place.origin,
            )
            for name, block, place in here.pairs("machines", document.machines)
        ),
        private_endpoints=tuple(
            replace(endpoint, target=names.get(endpoint.target, endpoint.target))
            for endpoint in here.each("private_endpoints", document.private_endpoints, azure.PrivateEndpoint)
        ),
        private_dns_zones=zones(document, here),
        storage_accounts=tuple(
            replace(account, trusted_resources=tuple(names.get(name, name) for name in account.trusted_resources))
            for account in here.each("storage_accounts", document.storage_accounts, azure.StorageAccount)
        ),
        dns_resolvers=resolvers(document, here),
        forwarding_rulesets=rulesets(document, here),
        name_servers=name_servers(document, here),
        key_vaults=vaults(document, here, names),
        keys=tuple(
            replace(key, vault=names.get(key.vault or "", key.vault))
            for key in here.each("keys", document.keys, azure.Key)
        ),
        container_registries=here.each("container_registries", document.container_registries, azure.ContainerRegistry),
        services=services(document, here, names),
        workspaces=workspaces(document, here, names),
        computes=tuple(
            replace(compute, workspace=names.get(compute.workspace or "", compute.workspace))
            for compute in here.each("computes", document.computes, azure.Compute)
        ),
        online_endpoints=online_endpoints(document, here, names),
        batch_endpoints=tuple(
            replace(endpoint, workspace=names.get(endpoint.workspace or "", endpoint.workspace))
            for endpoint in here.each("batch_endpoints", document.batch_endpoints, azure.BatchEndpoint)
        ),
        diagnostic_settings=tuple(
            replace(setting, target=names.get(setting.target, setting.target))
            for setting in here.each("diagnostic_settings", document.diagnostic_settings, azure.DiagnosticSetting)
        ),
        metric_alerts=tuple(
            replace(alert, target=names.get(alert.target, alert.target))
            for alert in here.each("metric_alerts", document.metric_alerts, azure.MetricAlert)
        ),
        autoscale_settings=here.each("autoscale_settings", document.autoscale_settings, azure.AutoscaleSetting),
        budgets=here.each("budgets", document.budgets, azure.Budget),
        groups=here.each("groups", document.groups, azure.Group),
        principals=tuple(
            renaming.renamed_principal(one, names)
            for one in here.each("principals", document.principals, azure.Principal)
        ),
        role_definitions=tuple(
            renaming.renamed_definition(one, names)
            for one in here.each("role_definitions", document.role_definitions, azure.RoleDefinition)
        ),
        role_assignments=tuple(
            renaming.renamed_assignment(one, names)
            for one in here.each("role_assignments", document.role_assignments, azure.RoleAssignment)
        ),
        deny_assignments=tuple(
            renaming.renamed_denial(one, names)
            for one in here.each("deny_assignments", document.deny_assignments, azure.DenyAssignment)
        ),
        policy_assignments=policies(document, here, names),
        defender_plans=here.each("defender_plans", document.defender_plans, azure.DefenderPlan),
        requirements=requirements(document.requirements, here),
        observed=observed(document.observed, here),
        intents=intents(document, here),
        packs=packs(document, here),
        approved=approved(document, here),
        undeclared=undeclared(document, here),
        origin=here.origin,
    )
