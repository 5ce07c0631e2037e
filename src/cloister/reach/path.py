"""The way of a packet by routes alone: leg by leg from a place to where it is delivered, or to where it stops.

The same walk serves the way there and the way back. It knows nothing of filters and of what appliances allow.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from cloister.fabric.addresses import Address
from cloister.fabric.appliances import Appliance
from cloister.fabric.egress import Egress, EgressRank
from cloister.fabric.fabric import BrokenPeer, Fabric, Peer, Place, PlaceKind, Segment, Site
from cloister.fabric.routes import Hop, HopKind, Route
from cloister.fabric.services import Endpoint
from cloister.reach.balancing import Picked, forward_on
from cloister.reach.judged import Judged, noted, passed, refused, sourced, unsure
from cloister.reach.legs import End, EndKind, Leg, Path
from cloister.reach.routes import choose
from cloister.verdict import Layer, Rule


def follow(fabric: Fabric, start: Place, address: Address, layer: Layer = Layer.ROUTE) -> Path:
    """The path from a place inside the environment to an address. `layer` is ROUTE, or RETURN for the way back."""
    return _Walk(fabric, start, address, layer).run()


@dataclass(slots=True)
class _Walk:
    """One walk. It changes while it runs, and is thrown away after it."""

    fabric: Fabric
    start: Place
    address: Address
    layer: Layer
    legs: list[Leg] = field(default_factory=list)
    end: End | None = None
    sender: Appliance | None = None

    def run(self) -> Path:
        segment = self._first_segment()
        seen: set[str] = set()
        while segment is not None:
            if segment.name in seen:
                text = f"{self.address} comes back to {segment.name}: the routes form a loop"
                self._add(refused(self.layer, segment.name, text, segment.rule, "break the loop in the route tables"))
                break
            seen.add(segment.name)
            segment = self._step(segment)
        return Path(tuple(self.legs), self.end)

    def _add(
        self,
        judged: Judged,
        appliance: Appliance | None = None,
        entering: Peer | None = None,
        *,
        balanced: bool = False,
    ) -> None:
        self.legs.append(Leg(judged, appliance, entering, balanced))

    def _first_segment(self) -> Segment | None:
        if self.start.kind is PlaceKind.SITE:
            return self._leave_site(self.fabric.sites[self.start.where])
        self.sender = self.fabric.gate_at(self.start.address.single)
        return self.fabric.segments[self.start.where]

    def _leave_site(self, site: Site) -> Segment | None:
        if self.address.within <= site.space:
            self._add(passed(self.layer, site.name, f"{self.address} is on the site itself", site.rule))
            self.end = End(EndKind.SITE, site.name)
            return None
        gateways = [self.fabric.gateways[name] for name in site.gateways if name in self.fabric.gateways]
        gateway = next((one for one in gateways if self.address.within <= one.reaches), None)
        if gateway:
            self._add(
                passed(self.layer, site.name, f"{self.address} goes through gateway {gateway.name}", gateway.rule)
            )
            return self.fabric.segments[gateway.segment]
        if self.address.within <= self.fabric.public:
            text = "leaves through the site's own internet access, of which nothing is stated"
            self._add(unsure(self.layer, site.name, text, site.rule))
            self.end = End(EndKind.INTERNET)
            return None
        text = f"the site learns no route to {self.address}"
        home = self.fabric.segment_of(self.address)
        mend = f"let the network of {self.address} use the gateway of the site (gateway transit on both peering halves)"
        if home and self.fabric.networks[home.network].link_mend:
            mend = ""
        self._add(refused(self.layer, site.name, text, gateways[0].rule if gateways else site.rule, mend))
        return None

    def _step(self, segment: Segment) -> Segment | None:
        """Take one route; the segment in which the packet then stands, or nothing where the walk is over."""
        choice = choose(self.fabric, segment, self.address)
        if choice.route is None:
            if choice.doubt:
                self._add(unsure(self.layer, segment.name, choice.doubt, choice.rule))
            else:
                self._add(refused(self.layer, segment.name, f"no route leads to {self.address}", segment.rule))
            return None
        return self._take(segment, choice.route)

    def _take(self, segment: Segment, route: Route) -> Segment | None:
        match route.hop.kind:
            case HopKind.LOCAL:
                self._deliver(segment, route, segment.network, f"stays in network {segment.network}")
            case HopKind.PEER:
                self._deliver(segment, route, route.hop.target, f"goes over {route.rule.name}")
            case HopKind.ENDPOINT:
                self._to_endpoint(segment, route)
            case HopKind.APPLIANCE:
                return self._to_appliance(segment, route)
            case HopKind.GATEWAY:
                self._to_site(segment, route)
            case HopKind.SERVICE:
                self._add(passed(self.layer, segment.name, "goes over the service endpoint", route.rule))
                self.end = End(EndKind.INTERNET, identity=segment.name, over=route.hop.target)
            case HopKind.INTERNET:
                self._to_internet(segment, route)
            case HopKind.ELSEWHERE:
                text = f"the route leads to {route.hop.target}, and what becomes of packets there is not followed"
                self._add(unsure(self.layer, segment.name, text, route.rule))
            case HopKind.DROP:
                text = route.closed or f"the route to {self.address} leads nowhere"
                mend = "" if route.closed else f"change the route {route.rule.name}"
                self._add(refused(self.layer, segment.name, text, route.rule, mend))
        return None

    def _cross(self, segment: Segment, network: str) -> None:
        """The doubt about a peering that a packet goes over, where there is one."""
        peer = self.fabric.networks[segment.network].peer(network)
        if peer is not None and peer.doubt:
            rule = sourced(peer.rule, self.fabric.behaviours["peering-access"])
            self._add(unsure(self.layer, segment.name, peer.doubt, rule, peer.mend))

    def _entering(self, segment: Segment, network: str) -> Peer | None:
        """The receiving half of a peering that an appliance sends somebody else's packet over."""
        if self.sender is None or segment.network == network or self.start.address.single == self.sender.address:
            return None
        return self.fabric.networks[network].peer(segment.network)

    def _deliver(self, segment: Segment, route: Route, network: str, verb: str) -> None:
        target = self.fabric.segment_of(self.address)
        appliance = self.fabric.gate_at(self.address.single)
        frontend = self.fabric.frontend_at(self.address)
        entering = self._entering(segment, network)
        if endpoint := self.fabric.endpoint_at(self.address):
            self._endpoint_by_local_route(segment, route, endpoint)
        elif appliance or (target and target.network == network):
            self._add(passed(self.layer, segment.name, f"{self.address} {verb}", route.rule), entering=entering)
            self._cross(segment, network)
            if frontend and not appliance:
                self.end = End(EndKind.BALANCER, frontend.name)
                return
            kind = EndKind.APPLIANCE if appliance else EndKind.SEGMENT
            self.end = End(kind, appliance.name if appliance else target.name if target else network)
        else:
            text = f"{self.address} {verb}, where no subnet holds it"
            self._add(refused(self.layer, segment.name, text, route.rule))

    def _endpoint_by_local_route(self, segment: Segment, route: Route, endpoint: Endpoint) -> None:
        if endpoint.local_routes:
            text = f"{self.address} stays in network {segment.network}, where private endpoint {endpoint.name} stands"
            self._add(passed(self.layer, segment.name, text, route.rule))
            self.end = End(EndKind.ENDPOINT, endpoint.name)
            return
        rule = sourced(route.rule, self.fabric.behaviours["local-route-endpoint"])
        mend = f"remove the route {route.rule.name}"
        covers = f"route {route.rule.name} covers a private endpoint, which"
        if endpoint.local_routes is None:
            self._add(unsure(self.layer, segment.name, f"{covers} may leave it without any route", rule, mend))
        else:
            self._add(refused(self.layer, segment.name, f"{covers} leaves it without any route", rule, mend))

    def _to_endpoint(self, segment: Segment, route: Route) -> None:
        endpoint = self.fabric.endpoint_at(self.address)
        where = endpoint.name if endpoint else route.hop.target
        text = f"{self.address} goes straight to private endpoint {where} in {route.hop.target}"
        passing = passed(self.layer, segment.name, text, route.rule)
        self._add(passing, entering=self._entering(segment, route.hop.target))
        self._cross(segment, route.hop.target)
        if endpoint:
            self.end = End(EndKind.ENDPOINT, endpoint.name)

    def _to_appliance(self, segment: Segment, route: Route) -> Segment | None:
        hop, picked = route.hop, self._picked(segment, route)
        if picked is not None:
            if picked.backend is None:
                return None
            hop = replace(hop, address=picked.backend.address.single)
        appliance = self.fabric.appliance_at(hop.address)
        if appliance is None:
            self._add(self._unknown_appliance(segment, hop, route.rule))
            return None
        home = self.fabric.segments[appliance.segment].network
        network = self.fabric.networks[segment.network]
        if home != segment.network and not self._joined(segment, network.peer(home), appliance):
            broken = next((peer for peer in network.broken_peers if peer.network == home), None)
            text, mend = (
                f"{home}, which is not peered with {network.name}",
                f"peer {network.name} and {home}, both halves",
            )
            if peer := network.peer(home):
                text, mend = f"{home}, of which {peer.rule.name} does not join both", f"join both in {peer.rule.name}"
            text = broken.reason if broken else f"{appliance.name} is in {text}"
            rule = broken.rule if broken else route.rule
            text = f"the route leads to {appliance.name} ({appliance.address}), but {text}"
            self._add(refused(self.layer, segment.name, text, rule, broken.mend if broken else mend))
            return None
        text = f"{self.address} goes to {appliance.name} ({appliance.address})"
        self._cross(segment, home)
        self._add(passed(self.layer, segment.name, text, route.rule), appliance)
        if self._filtered_on_the_way(appliance):
            text = "a filter stands here, and what filters of machines say to what they forward is not followed"
            self._add(unsure(self.layer, appliance.name, text, self.fabric.segments[appliance.segment].rule))
        self.sender = appliance
        return self.fabric.segments[appliance.segment]

    def _picked(self, segment: Segment, route: Route) -> Picked | None:
        """The machine that gets the packet where the route leads to a balancer, with its steps taken."""
        frontend = self.fabric.frontend_at(Address.exactly(route.hop.address)) if route.hop.address else None
        if frontend is None or self.fabric.appliance_at(route.hop.address):
            return None
        text = f"{self.address} goes to {frontend.name} ({route.hop.address})"
        self._add(passed(self.layer, segment.name, text, route.rule))
        picked = forward_on(self.fabric, frontend, self.layer)
        for judged in picked.judged:
            self._add(judged, balanced=True)
        return picked

    def _joined(self, segment: Segment, peer: Peer | None, appliance: Appliance) -> bool:
        """Whether a peering joins the segment and the appliance; one of listed subnets need not."""
        return peer is not None and segment.space <= peer.near and appliance.address in peer.far

    def _filtered_on_the_way(self, appliance: Appliance) -> bool:
        machine = self.fabric.places.get(appliance.machine)
        segment = self.fabric.segments[appliance.segment]
        return machine is not None and bool(segment.inbound_levels(machine.filter))

    def _unknown_appliance(self, segment: Segment, hop: Hop, rule: Rule) -> Judged:
        machine = self.fabric.place_at(Address.exactly(hop.address)) if hop.address else None
        if machine and machine.forwards is False:
            platform = self.fabric.platform
            text = f"the route leads to {machine.name} ({hop.address}), whose {platform.forwarding_off}: it drops this"
            rule = sourced(rule, self.fabric.behaviours["forwarding-switch"])
            return refused(self.layer, segment.name, text, rule, f"{platform.forwarding_mend} on {machine.name}")
        if machine:
            text = f"the route leads to {machine.name} ({hop.address}), and what it forwards is not stated"
        else:
            text = f"the route leads to {hop.address}, and nothing in the inventory has that address"
        return unsure(self.layer, segment.name, text, rule, "point the route to a firewall of the inventory")

    def _to_site(self, segment: Segment, route: Route) -> None:
        gateway = self.fabric.gateways.get(route.hop.target)
        if gateway is None:
            text = "the route leads to a gateway, but the network has none that takes it, nor uses one of a peer"
            rule = replace(self.fabric.behaviours["gateway-user-route"], origin=route.rule.origin)
            self._add(refused(self.layer, segment.name, text, rule, f"change the route {route.rule.name}"))
            return
        self._cross(segment, gateway.network)
        text = f"{self.address} goes through gateway {gateway.name}"
        site = next((s for s in self._sites(gateway.name) if self.address.within <= s.space), None)
        if site is None:
            missing = f"{text} to a site, and what happens to it there is not stated"
            self._add(unsure(self.layer, segment.name, missing, route.rule))
            return
        self._add(passed(self.layer, segment.name, f"{text} to {site.name}", route.rule))
        self.end = End(EndKind.SITE, site.name)

    def _sites(self, gateway: str) -> Iterator[Site]:
        return (site for site in self.fabric.sites.values() if gateway in site.gateways)

    def _to_internet(self, segment: Segment, route: Route) -> None:
        if not self.address.within & self.fabric.public:
            broken = self._broken_peer_to(segment)
            text = f"{self.address} would go to the internet, which carries no private addresses"
            if broken:
                self._add(refused(self.layer, segment.name, broken.reason, broken.rule, broken.mend))
            else:
                mend = f"peer {segment.network} with the network of {self.address}, or route to it"
                self._add(refused(self.layer, segment.name, text, route.rule, mend))
            return
        if self.layer is Layer.RETURN:
            text = "answers under the public address that was asked"
            self._add(noted(self.layer, segment.name, text, route.rule))
            self.end = End(EndKind.INTERNET)
        elif self.sender is not None and not self.sender.machine and segment.egress.rank is not EgressRank.GATEWAY:
            text = f"leaves for the internet under the address of {self.sender.name}"
            self._add(passed(self.layer, segment.name, text, route.rule))
            self.end = End(EndKind.INTERNET, shows=self.sender.public_addresses)
        else:
            leaving = self.fabric.places[self.sender.machine or self.sender.name] if self.sender else self.start
            egress = min((*leaving.ways_out, route.egress or segment.egress), key=lambda way: way.rank)
            self._add(self._leave(segment, egress))
            self.end = End(EndKind.INTERNET, shows=egress.shows, carries=egress.carries)

    def _broken_peer_to(self, segment: Segment) -> BrokenPeer | None:
        return next(
            (
                peer
                for peer in self.fabric.networks[segment.network].broken_peers
                if self.address.within <= self.fabric.networks[peer.network].space
            ),
            None,
        )

    def _leave(self, segment: Segment, egress: Egress) -> Judged:
        """How the packet gets a public address: the place may have one, or the segment may lend one."""
        if egress.doubt:
            mend = egress.mend or f"state api_version of {segment.network}"
            return unsure(self.layer, segment.name, egress.doubt, egress.rule, mend)
        if egress.open:
            word = "under" if egress.rank is EgressRank.OWN else "by"
            return passed(self.layer, segment.name, f"leaves for the internet {word} {egress.text}", egress.rule)
        text = f"cannot leave for the internet: {egress.text}"
        mend = egress.mend or f"route 0.0.0.0/0 of {segment.name} to a firewall, or give it a NAT gateway"
        return refused(self.layer, segment.name, text, egress.rule, mend)
