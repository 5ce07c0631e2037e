"""What stands beside what: which peerings carry traffic, which networks use which gateway, who is behind a tag."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.fabric import BrokenPeer, Peer
from cloister.fabric.lower_azure.published import PublishedTags
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.inventory.azure import Gateway, Inventory, OnPremises, Peering, RouteTable, VirtualNetwork
from cloister.verdict import Rule


@dataclass(frozen=True, slots=True)
class Layout:
    """The inventory with its neighbourhoods worked out once."""

    inventory: Inventory
    public: AddressSet
    peers: Mapping[str, tuple[Peer, ...]]
    broken_peers: Mapping[str, tuple[BrokenPeer, ...]]
    gateways: Mapping[str, tuple[Gateway, ...]]
    application_groups: Mapping[str, AddressMatch]
    route_tables: Mapping[str, RouteTable]
    published: PublishedTags | None = None

    @classmethod
    def of(cls, inventory: Inventory, published: PublishedTags | None = None) -> "Layout":
        """The layout of an inventory, with the list of service tags where there is one."""
        networks = [network.name for network in inventory.networks]
        special = AddressSet.of(*(row.prefix for row in tables.special_addresses()))
        platform = AddressSet.of(*(row.address for row in tables.platform_addresses()))
        return cls(
            inventory=inventory,
            public=~(special | platform),
            peers={name: tuple(_open_peers(inventory, name)) for name in networks},
            broken_peers={name: tuple(_broken_peers(inventory, name)) for name in networks},
            gateways={name: tuple(_gateways(inventory, name)) for name in networks},
            application_groups=_application_groups(inventory),
            route_tables={table.name: table for table in inventory.route_tables},
            published=published,
        )

    def sharpened(self, match: AddressMatch) -> AddressMatch:
        """What a rule says of addresses, with the members of its service tags where their list is at hand."""
        return self.published.sharpen(match) if self.published else match

    def space(self, network: str) -> AddressSet:
        """The address space of a network; empty where it is not in the inventory."""
        found = self.inventory.network(network)
        return AddressSet.of(*found.address_space) if found else AddressSet()

    def sites(self, network: str) -> Iterator[tuple[Gateway, OnPremises]]:
        """The sites that a network reaches through a gateway of its own or a peer's."""
        for gateway in self.gateways[network]:
            for site in self.inventory.on_premises:
                if gateway.name in site.gateways:
                    yield gateway, site

    def whole(self, peer: Peer, network: str) -> bool:
        """Whether a peering of `network` joins the two networks whole, so that all of its subnets have its routes."""
        return self.space(network) <= peer.near and self.space(peer.network) <= peer.far

    def named_by(self, network: str) -> Iterator[Peer]:
        """The peers of a network that its own tag `VirtualNetwork` may hold: its half has to allow access to them."""
        closed = {
            h.remote for h in self.inventory.peerings if h.network == network and not h.allow_virtual_network_access
        }
        return (peer for peer in self.peers[network] if peer.network not in closed)

    def own_network(self, name: str) -> VirtualNetwork:
        """The network of that name, which the reader has checked to exist."""
        found = self.inventory.network(name)
        if found is None:
            message = f'virtual network "{name}" is not in the inventory'
            raise LookupError(message)
        return found


def _application_groups(inventory: Inventory) -> dict[str, AddressMatch]:
    """Each application security group as the addresses of the interfaces that belong to it."""
    held: dict[str, list[IPv4Address]] = {group.name: [] for group in inventory.application_security_groups}
    for machine in inventory.machines:
        for name in machine.application_security_groups:
            held.setdefault(name, []).append(machine.private_ip)
    for endpoint in inventory.private_endpoints:
        for name in endpoint.application_security_groups:
            held.setdefault(name, []).extend(endpoint.private_ips)
    return {name: AddressMatch.of(name, AddressSet.of(*addresses)) for name, addresses in held.items()}


def _halves(inventory: Inventory, name: str) -> Iterator[tuple[str, Peering | None, Peering | None]]:
    """Each neighbour of a network with the half towards it and the half back."""
    neighbours = dict.fromkeys(half.remote for half in inventory.peerings if half.network == name)
    neighbours |= dict.fromkeys(half.network for half in inventory.peerings if half.remote == name)
    halves = {(half.network, half.remote): half for half in inventory.peerings}
    for other in neighbours:
        yield other, halves.get((name, other)), halves.get((other, name))


def _open_peers(inventory: Inventory, name: str) -> Iterator[Peer]:
    for other, there, back in _halves(inventory, name):
        if there and back:
            rule = Rule(f"peering {name} -> {other}", there.origin.of("allow_forwarded_traffic"))
            near = _joined(inventory, name, there, back, local=True)
            peer = Peer(other, there.allow_forwarded_traffic, near, _joined(inventory, other, there, back), rule)
            closed = next((half for half in (there, back) if not half.allow_virtual_network_access), None)
            yield _doubtful(peer, closed) if closed else peer


def _doubtful(peer: Peer, closed: Peering) -> Peer:
    """A peering of which one half does not allow access: that takes the other network out of a tag, if nothing more."""
    text = f"{closed.network} -> {closed.remote}"
    return replace(
        peer,
        rule=replace(peer.rule, origin=closed.origin.of("allow_virtual_network_access")),
        doubt=f"the peering half {text} does not allow virtual network access, which a filter's rule may get round",
        mend=f"set allow_virtual_network_access on the peering {text}",
    )


def _joined(inventory: Inventory, network: str, there: Peering, back: Peering, *, local: bool = False) -> AddressSet:
    """The addresses of one of two networks that both halves join: its whole space, or the subnets in their lists."""
    found = inventory.network(network)
    if found is None or (there.peer_complete_virtual_networks_enabled and back.peer_complete_virtual_networks_enabled):
        return AddressSet.of(*found.address_space) if found else AddressSet()
    lists = (
        (there, there.local_subnet_names if local else there.remote_subnet_names),
        (back, back.remote_subnet_names if local else back.local_subnet_names),
    )
    listed = [names for half, names in lists if not half.peer_complete_virtual_networks_enabled]
    return AddressSet.of(*(one.prefix for one in found.subnets if all(one.name in names for names in listed)))


def _broken_peers(inventory: Inventory, name: str) -> Iterator[BrokenPeer]:
    for other, there, back in _halves(inventory, name):
        written = there or back
        missing = (name, other) if there is None else (other, name)
        if written and not (there and back):
            text = f"{missing[0]} -> {missing[1]}"
            reason = f"the peering half {text} is missing, so {name} and {other} are not connected"
            source = tables.behaviours()["peering-halves"].source
            rule = Rule(f"peering {written.network} -> {written.remote}", written.origin, source)
            yield BrokenPeer(other, reason, f"add the peering {text}", rule)


def _gateways(inventory: Inventory, name: str) -> Iterator[Gateway]:
    """The gateways that a network uses: its own, and a peer's where both halves agree to that."""
    for gateway in inventory.gateways:
        if gateway.network == name:
            yield gateway
    open_peers = {peer.network for peer in _open_peers(inventory, name)}
    for other, there, back in _halves(inventory, name):
        if other in open_peers and there and back and there.use_remote_gateways and back.allow_gateway_transit:
            yield from (gateway for gateway in inventory.gateways if gateway.network == other)
