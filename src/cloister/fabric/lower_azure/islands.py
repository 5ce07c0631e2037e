"""Networks that Azure keeps for the computes of a workspace: no other network can be joined to them.

What leads out of one is on a list: private endpoints of its own and, where only approved ways are open, service tags
and names. Azure publishes no address inside, so reserved ones stand in for them (`facts/managed_networks.py`).

A workspace without a managed network has such a network, too: the one in which Azure runs computes that stand in no
subnet. Nothing limits it, and it has no private endpoints.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from cloister.fabric.addresses import Address, AddressMatch
from cloister.fabric.appliances import AddressRule, Appliance, HostRule
from cloister.fabric.egress import Egress
from cloister.fabric.fabric import Network, Segment
from cloister.fabric.filters import Filter, FilterRule
from cloister.fabric.flows import Protocol
from cloister.fabric.lower_azure.addresses import plain_match
from cloister.fabric.lower_azure.services import Resource, fill, name_rows, resources
from cloister.fabric.names import Record, Zone, ZoneView
from cloister.fabric.routes import Hop, HopKind, Preference, Route
from cloister.fabric.services import Endpoint
from cloister.fabric.sets import AddressSet, PortSet
from cloister.facts import tables
from cloister.facts.managed_networks import (
    AUTOMATIC_ENDPOINTS,
    NAME_PORTS,
    STAND_IN_SPACE,
    managed_network_rules,
)
from cloister.facts.tables import ServiceName
from cloister.inventory.azure import Deployment, Inventory, OutboundRule, Workspace
from cloister.verdict import Rule

_LENGTH = 20
_Resources = Mapping[tuple[str, str], Resource]
"""Every service by its kind and its name."""
_PROTOCOLS = {
    "TCP": frozenset({Protocol.TCP}),
    "UDP": frozenset({Protocol.UDP}),
    "ICMP": frozenset[Protocol](),
    "Any": frozenset(Protocol),
    "*": frozenset(Protocol),
}
_ANYWHERE = AddressMatch.of("*", AddressSet.everything())


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A private endpoint of an island. `closed` says why it carries nothing yet, and `mend` what would open it."""

    name: str
    target: str
    subresource: str
    rule: Rule
    state: str = "Approved"
    closed: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Island:
    """A network that nothing can be joined to. `approved_only`: what no rule lists does not leave it.

    `deployment` is set where it is the network of one deployment alone, which Azure lets nothing out of by itself.
    """

    name: str
    number: int
    owner: Workspace
    approved_only: bool
    links: tuple[Link, ...] = ()
    rules: tuple[OutboundRule, ...] = ()
    deployment: str = ""
    rule: Rule

    @property
    def prefix(self) -> IPv4Network:
        """Its stand-in addresses: computes in the lower half, private endpoints in the upper one."""
        return IPv4Network((int(STAND_IN_SPACE.network_address) + (self.number << (32 - _LENGTH)), _LENGTH))

    @property
    def machines(self) -> AddressSet:
        """The addresses that its computes may have."""
        return AddressSet.of(next(self.prefix.subnets(prefixlen_diff=1)))

    @property
    def gate(self) -> IPv4Address:
        """The address of what holds traffic against the list of approved ways."""
        return self.prefix.broadcast_address - 1


def islands(inventory: Inventory) -> tuple[Island, ...]:
    """The islands of an environment: one for each workspace, and those of deployments without public egress."""
    found = {(kind, resource.name): resource for kind, resource in resources(inventory)}
    own = tuple(_island(found, number, workspace) for number, workspace in enumerate(inventory.workspaces))
    apart = enumerate(_apart(inventory), start=len(own))
    return (*own, *(_deployment(number, *found) for number, found in apart))


def _apart(inventory: Inventory) -> Iterator[tuple[str, Deployment, Workspace]]:
    """Deployments that stand in a network of their own: the older way, where Azure manages none for the workspace."""
    for endpoint in inventory.online_endpoints:
        workspace = inventory.workspace_of(endpoint)
        if workspace and workspace.managed_network == "Disabled" and endpoint.kind == "managed":
            for deployment in endpoint.deployments:
                if not deployment.egress_public_network_access:
                    yield f"{endpoint.name}/{deployment.name}", deployment, workspace


def _deployment(number: int, name: str, deployment: Deployment, workspace: Workspace) -> Island:
    """The network of one deployment: it reaches the workspace, its blobs and its registry, and nothing else."""
    source = tables.behaviours()["deployment-egress"].source
    origin = deployment.origin.of("egress_public_network_access")
    wanted = [(workspace.name, "amlworkspace"), (workspace.storage_account, "blob")]
    if workspace.container_registry:
        wanted.append((workspace.container_registry, "registry"))
    return Island(
        name=f"{name}/network",
        number=number,
        owner=workspace,
        approved_only=True,
        links=tuple(
            Link(
                name=f"{name}/network/{target}-{subresource}",
                target=target,
                subresource=subresource,
                rule=Rule(f"egress_public_network_access of {name}", origin, source),
            )
            for target, subresource in wanted
        ),
        deployment=name,
        rule=Rule(f"egress_public_network_access of {name}", origin),
    )


def _island(found: _Resources, number: int, workspace: Workspace) -> Island:
    managed = workspace.managed_network != "Disabled"
    word = "managed-network" if managed else "azure-network"
    return Island(
        name=f"{workspace.name}/{word}",
        number=number,
        owner=workspace,
        approved_only=workspace.managed_network == "AllowOnlyApprovedOutbound",
        links=tuple(_links(found, workspace, f"{workspace.name}/{word}")) if managed else (),
        rules=workspace.outbound_rules if managed else (),
        rule=Rule(f"managed_network of {workspace.name}", workspace.origin.of("managed_network")),
    )


def _links(found: _Resources, workspace: Workspace, island: str) -> Iterator[Link]:
    """The endpoints that Azure makes by itself, then those that rules ask for, each service's door once."""
    closed = (
        "" if workspace.managed_network_provisioned else "the managed network is not provisioned, so it is not made"
    )
    mend = f"provision the managed network of {workspace.name}"
    seen: set[tuple[str, str]] = set()
    source = tables.behaviours()["managed-endpoints"].source
    automatic = Rule(f"managed_network of {workspace.name}", workspace.origin.of("managed_network"), source)
    for target, subresource in _automatic(found, workspace):
        seen.add((target, subresource))
        name = f"{island}/{target}-{subresource}"
        yield Link(name=name, target=target, subresource=subresource, rule=automatic, closed=closed, mend=mend)
    for rule in workspace.outbound_rules:
        key = (rule.target or "", rule.subresource or "")
        if rule.type != "PrivateEndpoint" or key in seen:
            continue
        seen.add(key)
        waits = "" if rule.approval == "Approved" else f"its connection is {rule.approval.lower()}"
        yield Link(
            name=f"{island}/{rule.name}",
            target=key[0],
            subresource=key[1],
            rule=Rule(f"outbound rule {rule.name} of {workspace.name}", rule.origin),
            state=rule.approval,
            closed=closed or waits,
            mend=mend if closed else f"approve the private endpoint of outbound rule {rule.name} at {key[0]}",
        )


def _automatic(found: _Resources, workspace: Workspace) -> Iterator[tuple[str, str]]:
    """The services that get an endpoint: where the internet is open, only those whose public access is off."""
    own = {
        "workspace": workspace.name,
        "storage": workspace.storage_account,
        "vault": workspace.key_vault,
        "registry": workspace.container_registry,
    }
    for kind, subresource in AUTOMATIC_ENDPOINTS:
        resource = found.get((kind, own[kind] or ""))
        everything = workspace.managed_network == "AllowOnlyApprovedOutbound"
        if resource and (everything or not resource.public_network_access):
            yield resource.name, subresource


def links_by_target(inventory: Inventory) -> dict[str, list[Link]]:
    """The private endpoints that Azure makes in any island, by the service that each is for."""
    found: dict[str, list[Link]] = {}
    for link in (link for island in islands(inventory) for link in island.links):
        found.setdefault(link.target, []).append(link)
    return found


def island_networks(inventory: Inventory) -> dict[str, Network]:
    """The islands as networks."""
    return {
        island.name: Network(
            name=island.name,
            space=AddressSet.of(island.prefix),
            routes=(_own_route(island), *_link_routes(inventory, island), *_dead_ends(island), _way_out(island)),
            peers=(),
            broken_peers=(),
            name_servers=(),
            rule=island.rule,
            link_mend=_link_mend(island),
        )
        for island in islands(inventory)
    }


def _link_mend(island: Island) -> str:
    if island.deployment:
        return f"let Azure manage a network for {island.owner.name}, with an outbound rule"
    if island.owner.managed_network == "Disabled":
        return f"let Azure manage a network for {island.owner.name}, with a private endpoint"
    return f"add an outbound rule of type PrivateEndpoint to {island.owner.name}"


def _route(prefix: IPv4Network, preference: Preference, hop: Hop, rule: Rule, closed: str = "") -> Route:
    return Route(
        AddressMatch.of(str(prefix), AddressSet.of(prefix)), prefix.prefixlen, preference, hop, rule, 33, closed
    )


def _own_route(island: Island) -> Route:
    return _route(island.prefix, Preference.FIXED, Hop(HopKind.LOCAL, island.name), island.rule)


def _link_routes(inventory: Inventory, island: Island) -> Iterator[Route]:
    for link, addresses in _addresses(inventory, island):
        for address in addresses:
            yield _route(IPv4Network(address), Preference.SYSTEM, Hop(HopKind.ENDPOINT, island.name), link.rule)


def _dead_ends(island: Island) -> Iterator[Route]:
    """Private address space: other networks and sites are not joined to an island."""
    source = tables.behaviours()["managed-network-alone"].source
    rule = Rule(island.rule.name, island.rule.origin, source)
    text = f"no other network and no site is joined to {island.name}, and private endpoints lead to services only"
    for row in tables.system_routes():
        if row.next_hop == "None":
            yield _route(IPv4Network(row.prefix), Preference.SYSTEM, Hop(HopKind.DROP), rule, text)


def _way_out(island: Island) -> Route:
    return _route(IPv4Network("0.0.0.0/0"), Preference.SYSTEM, Hop(HopKind.INTERNET), island.rule)


def closed_routes(inventory: Inventory) -> tuple[Route, ...]:
    """For every other network: routes that say why nothing outside leads to the computes of an island."""
    source = tables.behaviours()["managed-network-alone"].source
    return tuple(
        _route(
            island.prefix,
            Preference.FIXED,
            Hop(HopKind.DROP),
            Rule(island.rule.name, island.rule.origin, source),
            f"no network is joined to {island.name}: what runs there is reached through workspace "
            f"{island.owner.name} only",
        )
        for island in islands(inventory)
    )


def island_segments(inventory: Inventory) -> dict[str, Segment]:
    """The part of each island in which computes stand, and the gate of those that have a list."""
    return {segment.name: segment for island in islands(inventory) for segment in _segments(island)}


def _segments(island: Island) -> Iterator[Segment]:
    gate = AddressSet.of(island.gate)
    egress = Egress(open=True, text="the network that Azure keeps", rule=island.rule)
    to_gate = _route(IPv4Network("0.0.0.0/0"), Preference.USER, Hop(HopKind.APPLIANCE, "", island.gate), island.rule)
    yield Segment(
        name=island.name,
        network=island.name,
        space=AddressSet.of(island.prefix) - gate,
        filter=_filter(island),
        routes=(to_gate,) if island.approved_only else (),
        learns_routes=False,
        egress=egress,
        services=frozenset(),
        rule=island.rule,
    )
    if island.approved_only:
        yield Segment(
            name=f"{island.name}/gate",
            network=island.name,
            space=gate,
            filter=None,
            routes=(),
            learns_routes=False,
            egress=egress,
            services=frozenset(),
            rule=island.rule,
        )


def _filter(island: Island) -> Filter:
    """Everything may set out; whether computes of one island reach each other is not documented."""
    source = tables.behaviours()["managed-network-inside"].source
    neighbours = AddressMatch("the computes that reach each other there", possible=island.machines)
    let_in = _every("ComputesToComputes", source, neighbours, allow=True)
    refuse = _every("NothingElseIn", source, _ANYWHERE, allow=False)
    let_out = _every("EverythingOut", source, _ANYWHERE, allow=True)
    return Filter(island.name, (let_in, refuse), (let_out,), Rule(f"filters of {island.name}", source=source))


def _every(name: str, source: str, sources: AddressMatch, *, allow: bool) -> FilterRule:
    """A rule on every protocol and port."""
    every = frozenset(Protocol)
    return FilterRule(Rule(name, source=source), allow, every, (sources,), (_ANYWHERE,), PortSet.everything())


def island_appliances(inventory: Inventory) -> tuple[Appliance, ...]:
    """The gates of the islands that let out only what is on their list."""
    return tuple(_gate(inventory, island) for island in islands(inventory) if island.approved_only)


def _gate(inventory: Inventory, island: Island) -> Appliance:
    fact = tables.behaviours()["managed-network-approved"]
    names = PortSet.of(*NAME_PORTS)
    storage = {row.public_suffixes for row in tables.service_names(inventory.cloud.value) if row.service == "storage"}
    suffixes = sorted(suffix for suffixes in storage for suffix in suffixes.split())
    return Appliance(
        name=f"{island.deployment or island.owner.name}/outbound-rules",
        address=island.gate,
        segment=f"{island.name}/gate",
        name_proxy=False,
        threats="off",
        address_rules=tuple(_tag_rules(inventory, island)),
        host_rules=tuple(_name_rules(island)),
        name_ports=names,
        rule=island.rule,
        unlisted=Rule(fact.text, island.rule.origin, fact.source),
        own=Address.exactly(island.gate, island.name),
        address_rule_kind="outbound rule of type ServiceTag",
        host_rule_kind="outbound rule of type FQDN",
        linked_hosts=("*",) if island.deployment else tuple(f"*.{suffix}" for suffix in suffixes),
        link_mend=_link_mend(island),
    )


def _tag_rules(inventory: Inventory, island: Island) -> Iterator[AddressRule]:
    for row in managed_network_rules(inventory.cloud.value) if not island.deployment else ():
        tag = row.tag.replace("{region}", inventory.region)
        rule = Rule(f"required rule {tag}", source=row.source)
        yield _tag_rule(rule, tag, row.protocol, tuple(row.ports.split(",")), "")
    for stated in island.rules:
        if stated.type == "ServiceTag" and stated.service_tag:
            remark = ""
            if stated.service_tag.lower().partition(".")[0] == "storage":
                remark = "the tag holds the storage accounts of all customers, so data can leave to any of them"
            rule = Rule(f"outbound rule {stated.name} of {island.owner.name}", stated.origin)
            yield _tag_rule(rule, stated.service_tag, stated.protocol, stated.ports, remark)


def _tag_rule(rule: Rule, tag: str, protocol: str, ports: tuple[str, ...], remark: str) -> AddressRule:
    return AddressRule(
        rule=rule,
        allow=True,
        protocols=_PROTOCOLS[protocol],
        sources=(_ANYWHERE,),
        destinations=(plain_match(tag),),
        hosts=(),
        ports=PortSet.of(*ports),
        remark=remark,
    )


def _name_rules(island: Island) -> Iterator[HostRule]:
    remark = tables.behaviours()["managed-network-names"].text
    for stated in island.rules:
        if stated.type == "FQDN" and stated.fqdn:
            rule = Rule(f"outbound rule {stated.name} of {island.owner.name}", stated.origin)
            yield HostRule(rule, True, (_ANYWHERE,), (stated.fqdn,), PortSet.of(*NAME_PORTS), remark)  # noqa: FBT003 - allowed


def _addresses(inventory: Inventory, island: Island) -> Iterator[tuple[Link, tuple[IPv4Address, ...]]]:
    """Each link with its stand-in addresses, one for each address that its subresource takes."""
    upper = list(island.prefix.subnets(prefixlen_diff=1))[1]
    free = int(upper.network_address) + 4
    for link in island.links:
        count = max((int(row.member) + 1 for row in _rows(inventory, link)), default=1)
        yield link, tuple(IPv4Address(free + index) for index in range(count))
        free += count


def _rows(inventory: Inventory, link: Link) -> list[ServiceName]:
    """The host names of the door that a link leads to."""
    rows = name_rows(inventory, inventory.kind_of_service(link.target) or "")
    return [row for row in rows if row.subresource == link.subresource]


def island_endpoints(inventory: Inventory) -> tuple[Endpoint, ...]:
    """The private endpoints of the islands."""
    return tuple(
        Endpoint(
            name=link.name,
            addresses=addresses,
            segment=island.name,
            service=link.target,
            doors=tuple(dict.fromkeys(f"{link.target}/{row.door}" for row in _rows(inventory, link))),
            state=link.state,
            approved=not link.closed,
            filters_bind=False,
            rule=link.rule,
            closed=link.closed,
            mend=link.mend,
        )
        for island in islands(inventory)
        for link, addresses in _addresses(inventory, island)
    )


def island_zones(inventory: Inventory) -> tuple[Zone, ...]:
    """The private zones that each island sees: Azure writes the records of its endpoints into them."""
    return tuple(zone for island in islands(inventory) for zone in _zones(inventory, island))


def _zones(inventory: Inventory, island: Island) -> Iterator[Zone]:
    found = {resource.name: resource for _, resource in resources(inventory)}
    records: dict[str, dict[str, Record]] = {}
    for link, addresses in _addresses(inventory, island):
        resource = found.get(link.target)
        for row in _rows(inventory, link):
            if resource and row.record:
                zone = fill(row.zone, inventory, resource)
                name = f"{fill(row.record, inventory, resource)}.{zone}"
                records.setdefault(zone, {})[name] = Record(name, addresses[int(row.member)], link.rule)
    for name, written in records.items():
        # What Azure's own zones say of names that are not in them is documented nowhere.
        view = ZoneView(island.name, None, island.rule)
        yield Zone(name, tuple(written.values()), (view,), Rule(f"zone {name} of {island.name}", island.rule.origin))
