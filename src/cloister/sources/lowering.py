"""From the checked document to the inventory: the same names, typed, each resource with its place in the file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeVar
from uuid import NAMESPACE_DNS, uuid5

from pydantic import BaseModel

from cloister.facts.service_kinds import service_kinds
from cloister.inventory import azure
from cloister.inventory.intents import Approval, Flows, Intent, PackChoice, Side
from cloister.origin import Origin
from cloister.sources import renaming
from cloister.sources.document import network as net
from cloister.sources.document.balancers import FrontendBlock
from cloister.sources.document.intents import FlowsBlock
from cloister.sources.document.root import Document
from cloister.sources.merge import origin_of
from cloister.sources.written import Written

B = TypeVar("B", bound=BaseModel)
R = TypeVar("R")

_RENAMED = {"conditional_forwarders": "forwarders"}


def lower(document: Document, tree: Written) -> azure.Inventory:
    """The inventory that the document describes; `tree` is where it was written."""
    here, names = _Place(tree), _names_in_azure(document)
    return azure.Inventory(
        name=document.name,
        cloud=document.cloud,
        region=document.region,
        resource_groups=here.each("resource_groups", document.resource_groups, azure.ResourceGroup),
        networks=_networks(document, here),
        peerings=_peerings(document, here),
        network_security_groups=_security_groups(document, here),
        application_security_groups=here.each(
            "application_security_groups", document.application_security_groups, azure.ApplicationSecurityGroup
        ),
        network_groups=here.each("network_groups", document.network_groups, azure.NetworkGroup),
        admin_rule_collections=_admin_rules(document, here),
        route_tables=_route_tables(document, here),
        service_endpoint_policies=tuple(
            replace(one, service_resources=tuple(names.get(name, name) for name in one.service_resources))
            for one in here.each(
                "service_endpoint_policies", document.service_endpoint_policies, azure.ServiceEndpointPolicy
            )
        ),
        public_ips=here.each("public_ips", document.public_ips, azure.PublicIp),
        nat_gateways=here.each("nat_gateways", document.nat_gateways, azure.NatGateway),
        load_balancers=_load_balancers(document, here),
        firewalls=tuple(
            azure.Firewall(name=name, **_policy(block, place), origin=place.origin)
            for name, block, place in here.pairs("firewalls", document.firewalls)
        ),
        firewall_policies=tuple(
            azure.FirewallPolicy(name=name, **_policy(block, place), origin=place.origin)
            for name, block, place in here.pairs("firewall_policies", document.firewall_policies)
        ),
        ip_groups=here.each("ip_groups", document.ip_groups, azure.IpGroup),
        gateways=here.each("gateways", document.gateways, azure.Gateway),
        bastions=here.each("bastions", document.bastions, azure.Bastion),
        on_premises=_on_premises(document, here),
        machines=tuple(
            azure.Machine(
                **{"name": name} | _attributes(block, "forwards"),
                forwards=place.each("forwards", block.forwards, azure.NetworkRule),
                origin=place.origin,
            )
            for name, block, place in here.pairs("machines", document.machines)
        ),
        private_endpoints=tuple(
            replace(endpoint, target=names.get(endpoint.target, endpoint.target))
            for endpoint in here.each("private_endpoints", document.private_endpoints, azure.PrivateEndpoint)
        ),
        private_dns_zones=_zones(document, here),
        storage_accounts=tuple(
            replace(account, trusted_resources=tuple(names.get(name, name) for name in account.trusted_resources))
            for account in here.each("storage_accounts", document.storage_accounts, azure.StorageAccount)
        ),
        dns_resolvers=_resolvers(document, here),
        forwarding_rulesets=_rulesets(document, here),
        name_servers=_name_servers(document, here),
        key_vaults=_vaults(document, here, names),
        container_registries=here.each("container_registries", document.container_registries, azure.ContainerRegistry),
        services=_services(document, here, names),
        workspaces=_workspaces(document, here, names),
        computes=tuple(
            replace(compute, workspace=names.get(compute.workspace or "", compute.workspace))
            for compute in here.each("computes", document.computes, azure.Compute)
        ),
        online_endpoints=_online_endpoints(document, here, names),
        batch_endpoints=tuple(
            replace(endpoint, workspace=names.get(endpoint.workspace or "", endpoint.workspace))
            for endpoint in here.each("batch_endpoints", document.batch_endpoints, azure.BatchEndpoint)
        ),
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
        intents=_intents(document, here),
        packs=tuple(
            PackChoice(name=name, asked=block.ask == "on", why=block.why or "", origin=place.origin)
            for name, block, place in here.pairs("packs", document.packs)
        ),
        approved=tuple(
            Approval(host=host.lower(), why=block.why, places=block.places, origin=place.origin)
            for host, block, place in here.pairs("approved", document.approved)
        ),
        undeclared=_undeclared(document, here),
        origin=here.origin,
    )


class _Place:
    """A spot in the written tree: gives the origins of what stands below it."""

    def __init__(self, tree: Written) -> None:
        self._tree = tree

    @property
    def origin(self) -> Origin:
        return origin_of(self._tree, _RENAMED)

    def of(self, key: str) -> "_Place":
        return _Place(self._tree.children()[key])

    def items(self) -> tuple[Origin, ...]:
        """The places of a list's items."""
        items = self._tree.value if isinstance(self._tree.value, list) else ()
        return tuple(item.place for item in items)

    def pairs(self, section: str, blocks: Mapping[str, B]) -> "Iterator[tuple[str, B, _Place]]":
        """Every block of a section with its name and place."""
        for name, block in blocks.items():
            yield name, block, self.of(section).of(name)

    def each(self, section: str, blocks: Mapping[str, B], resource: Callable[..., R]) -> tuple[R, ...]:
        """One resource for each block, where the two have the same attributes."""
        found = self.pairs(section, blocks)
        return tuple(
            resource(**{"name": name} | _attributes(block), origin=place.origin) for name, block, place in found
        )


def _attributes(block: BaseModel, *without: str) -> dict[str, Any]:
    """The attributes of a block as the inventory has them; a name in Azure only where one is stated."""
    found = {key: getattr(block, key) for key in type(block).model_fields if key not in without}
    return found if found.get("name", "") is not None else {key: found[key] for key in found if key != "name"}


def _networks(document: Document, here: _Place) -> tuple[azure.VirtualNetwork, ...]:
    return tuple(
        azure.VirtualNetwork(
            name=name,
            resource_group=block.resource_group or f"rg-{document.name}",
            address_space=block.address_space,
            dns_servers=block.dns_servers,
            created_with=block.created_with,
            api_version=block.api_version,
            private_endpoint_vnet_policies=block.private_endpoint_vnet_policies,
            subnets=place.each("subnets", block.subnets, azure.Subnet),
            origin=place.origin,
        )
        for name, block, place in here.pairs("networks", document.networks)
    )


def _peerings(document: Document, here: _Place) -> tuple[azure.Peering, ...]:
    return tuple(
        azure.Peering(network=name, remote=remote, **half.model_dump(), origin=spot.origin)
        for name, block, place in here.pairs("networks", document.networks)
        for remote, half, spot in place.pairs("peerings", block.peerings)
    )


def _security_groups(document: Document, here: _Place) -> tuple[azure.NetworkSecurityGroup, ...]:
    return tuple(
        azure.NetworkSecurityGroup(
            name=name, rules=place.each("rules", block.rules, azure.SecurityRule), origin=place.origin
        )
        for name, block, place in here.pairs("network_security_groups", document.network_security_groups)
    )


def _admin_rules(document: Document, here: _Place) -> tuple[azure.AdminRuleCollection, ...]:
    return tuple(
        azure.AdminRuleCollection(
            name=name,
            **_attributes(block, "rules"),
            rules=place.each("rules", block.rules, azure.AdminRule),
            origin=place.origin,
        )
        for name, block, place in here.pairs("admin_rule_collections", document.admin_rule_collections)
    )


def _route_tables(document: Document, here: _Place) -> tuple[azure.RouteTable, ...]:
    return tuple(
        azure.RouteTable(
            name=name,
            routes=place.each("routes", block.routes, azure.Route),
            bgp_route_propagation=block.bgp_route_propagation,
            origin=place.origin,
        )
        for name, block, place in here.pairs("route_tables", document.route_tables)
    )


def _load_balancers(document: Document, here: _Place) -> tuple[azure.LoadBalancer, ...]:
    return tuple(
        azure.LoadBalancer(
            name=name,
            **_attributes(block, "frontends"),
            frontends=tuple(_frontend(*found) for found in place.pairs("frontends", block.frontends)),
            origin=place.origin,
        )
        for name, block, place in here.pairs("load_balancers", document.load_balancers)
    )


def _frontend(name: str, block: FrontendBlock, place: _Place) -> azure.BalancerFrontend:
    return azure.BalancerFrontend(
        name=name,
        **_attributes(block, "rules", "outbound_rules"),
        rules=place.each("rules", block.rules, azure.BalancingRule),
        outbound_rules=place.each("outbound_rules", block.outbound_rules, azure.BalancerOutboundRule),
        origin=place.origin,
    )


def _policy(block: net.PolicySettings, here: _Place) -> dict[str, Any]:
    """What a policy and a firewall with a policy of its own have in common, and what each has beside it."""
    groups = tuple(
        azure.RuleCollectionGroup(
            name=name, priority=group.priority, collections=tuple(_collections(group, place)), origin=place.origin
        )
        for name, group, place in here.pairs("rule_collection_groups", block.rule_collection_groups)
    )
    return _attributes(block, "rule_collection_groups") | {"rule_collection_groups": groups}


def _collections(group: net.CollectionGroupBlock, here: _Place) -> Iterator[azure.RuleCollection]:
    for name, nat, place in here.pairs("nat_rule_collections", group.nat_rule_collections):
        nat_rules = place.each("rules", nat.rules, azure.NatRule)
        yield azure.RuleCollection(
            name=name, priority=nat.priority, action="Dnat", rules=nat_rules, kind="nat", origin=place.origin
        )
    for name, network, place in here.pairs("network_rule_collections", group.network_rule_collections):
        yield azure.RuleCollection(
            name=name,
            priority=network.priority,
            action=network.action,
            rules=place.each("rules", network.rules, azure.NetworkRule),
            kind="network",
            origin=place.origin,
        )
    for name, application, place in here.pairs("application_rule_collections", group.application_rule_collections):
        yield azure.RuleCollection(
            name=name,
            priority=application.priority,
            action=application.action,
            rules=tuple(_application_rule(*rule) for rule in place.pairs("rules", application.rules)),
            kind="application",
            origin=place.origin,
        )


def _application_rule(name: str, block: net.ApplicationRuleBlock, place: _Place) -> azure.ApplicationRule:
    pairs = (protocol.split(":") for protocol in block.protocols)
    return azure.ApplicationRule(
        name=name,
        **_attributes(block, "protocols"),
        protocols=tuple((kind, int(port)) for kind, port in pairs),  # type: ignore[misc] # the pattern lets no other kind in
        origin=place.origin,
    )


def _on_premises(document: Document, here: _Place) -> tuple[azure.OnPremises, ...]:
    return tuple(
        azure.OnPremises(
            name=name,
            address_space=block.address_space,
            gateway=block.gateway,
            backup_gateway=block.backup_gateway,
            advertised_prefixes=block.advertised_prefixes,
            dns_server=block.dns_server,
            forwarders=tuple(block.conditional_forwarders.items()),
            static_records=tuple(block.static_records.items()),
            origin=place.origin,
        )
        for name, block, place in here.pairs("on_premises", document.on_premises)
    )


def _zones(document: Document, here: _Place) -> tuple[azure.PrivateDnsZone, ...]:
    return tuple(
        azure.PrivateDnsZone(
            name=name,
            links=tuple(
                azure.ZoneLink(network=network, **_attributes(link), origin=spot.origin)
                for network, link, spot in place.pairs("links", block.links)
            ),
            records=tuple(block.records.items()),
            origin=place.origin,
        )
        for name, block, place in here.pairs("private_dns_zones", document.private_dns_zones)
    )


def _resolvers(document: Document, here: _Place) -> tuple[azure.DnsResolver, ...]:
    return tuple(
        azure.DnsResolver(
            name=name,
            network=block.network,
            inbound_endpoints=place.each("inbound_endpoints", block.inbound_endpoints, azure.InboundEndpoint),
            outbound_endpoints=place.each("outbound_endpoints", block.outbound_endpoints, azure.OutboundEndpoint),
            origin=place.origin,
        )
        for name, block, place in here.pairs("dns_resolvers", document.dns_resolvers)
    )


def _rulesets(document: Document, here: _Place) -> tuple[azure.ForwardingRuleset, ...]:
    return tuple(
        azure.ForwardingRuleset(
            name=name,
            outbound_endpoints=block.outbound_endpoints,
            rules=place.each("rules", block.rules, azure.ForwardingRule),
            links=tuple(
                azure.RulesetLink(network=network, origin=spot.origin)
                for network, _, spot in place.pairs("links", block.links)
            ),
            origin=place.origin,
        )
        for name, block, place in here.pairs("forwarding_rulesets", document.forwarding_rulesets)
    )


def _name_servers(document: Document, here: _Place) -> tuple[azure.NameServer, ...]:
    return tuple(
        azure.NameServer(
            name=name,
            machine=block.machine,
            forwards=tuple(block.forwards.items()),
            static_records=tuple(block.static_records.items()),
            origin=place.origin,
        )
        for name, block, place in here.pairs("name_servers", document.name_servers)
    )


def _names_in_azure(document: Document) -> dict[str, str]:
    """What the services that a document refers to by their keys are called in Azure, and so in the inventory."""
    sections: tuple[Mapping[str, Any], ...] = (
        document.storage_accounts,
        document.key_vaults,
        document.container_registries,
        document.services,
        document.workspaces,
    )
    return {key: block.name for section in sections for key, block in section.items() if block.name}


def _vaults(document: Document, here: _Place, names: Mapping[str, str]) -> tuple[azure.KeyVault, ...]:
    return tuple(
        azure.KeyVault(
            **{"name": name} | _attributes(block, "access_policies"),
            access_policies=tuple(
                (renaming.principal(words, names), permissions) for words, permissions in block.access_policies.items()
            ),
            origin=place.origin,
        )
        for name, block, place in here.pairs("key_vaults", document.key_vaults)
    )


def _services(document: Document, here: _Place, names: Mapping[str, str]) -> tuple[azure.OtherService, ...]:
    return tuple(
        azure.OtherService(
            name=block.name or key,
            host_id=block.host_id or _stand_in(document.name, key),
            identity=block.identity or _own_identity(block.kind),
            scopes=tuple(names.get(scope, scope) for scope in block.scopes),
            **_attributes(block, "name", "host_id", "identity", "scopes"),
            origin=place.origin,
        )
        for key, block, place in here.pairs("services", document.services)
    )


def _own_identity(kind: str) -> Literal["None", "SystemAssigned"]:
    """The identity that a service of a kind is given without asking."""
    known = service_kinds().get(kind)
    return "SystemAssigned" if known and known.identity == "own" else "None"


def _workspaces(document: Document, here: _Place, names: Mapping[str, str]) -> tuple[azure.Workspace, ...]:
    found = []
    for key, block, place in here.pairs("workspaces", document.workspaces):
        attributes = _attributes(block, "name", "workspace_id", "outbound_rules")
        for service in ("storage_account", "key_vault", "container_registry"):
            attributes[service] = names.get(getattr(block, service), getattr(block, service))
        workspace_id = block.workspace_id or _stand_in(document.name, key)
        name = block.name or key
        rules = tuple(
            replace(rule, target=names.get(rule.target or "", rule.target))
            for rule in place.each("outbound_rules", block.outbound_rules, azure.OutboundRule)
        )
        found.append(
            azure.Workspace(
                name=name, workspace_id=workspace_id, outbound_rules=rules, **attributes, origin=place.origin
            )
        )
    return tuple(found)


def _online_endpoints(document: Document, here: _Place, names: Mapping[str, str]) -> tuple[azure.OnlineEndpoint, ...]:
    return tuple(
        azure.OnlineEndpoint(
            name=name,
            workspace=names.get(block.workspace or "", block.workspace),
            cluster=names.get(block.cluster or "", block.cluster),
            deployments=place.each("deployments", block.deployments, azure.Deployment),
            **_attributes(block, "workspace", "cluster", "deployments"),
            origin=place.origin,
        )
        for name, block, place in here.pairs("online_endpoints", document.online_endpoints)
    )


def _stand_in(environment: str, workspace: str) -> str:
    """An id for a workspace that does not exist yet: the same for the same names, as its host names need one."""
    return str(uuid5(NAMESPACE_DNS, f"{workspace}.{environment}.cloister.invalid"))


def _intents(document: Document, here: _Place) -> tuple[Intent, ...]:
    found = []
    for name, block, place in here.pairs("intents", document.intents):
        wanted = block.must or block.must_not
        found.append(
            Intent(
                name=name,
                side=Side.FLOW if block.must else Side.CLOSURE,
                question=(wanted.question if wanted else None) or "",
                flows=_flows(wanted) if wanted else None,
                why=block.why,
                loop=block.loop,
                mend=block.mend,
                origin=place.origin,
            )
        )
    return tuple(found)


def _flows(block: FlowsBlock) -> Flows | None:
    if block.question is not None:
        return None
    without = block.exceptions
    return Flows(
        places=block.places,
        targets=block.targets,
        ports=block.ports,
        protocol=block.protocol,
        except_places=without.places if without else (),
        except_targets=without.targets if without else (),
    )


def _undeclared(document: Document, here: _Place) -> tuple[tuple[str, Origin], ...]:
    places = here.of("undeclared").items() if document.undeclared else ()
    return tuple(zip(document.undeclared, places, strict=True))
