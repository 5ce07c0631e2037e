"""What a host name means at a place: who is asked, what each one answers, and which alias leads where.

Rules for changing this file: every alias restarts at the one who is resolving, because that is where private zones are
seen from; and a name server counts only when the asking place can reach it, which is decided by the same walk as any
other flow.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from cloister.fabric.addresses import Address
from cloister.fabric.appliances import host_fits
from cloister.fabric.fabric import Fabric, Place, PlaceKind
from cloister.fabric.names import Forward, NameServer, PublicName, Record, Zone
from cloister.reach.judged import Judged, noted, passed, refused, sourced, unsure
from cloister.reach.missed import link_mend, missed, under
from cloister.verdict import Layer, Outcome, Rule

Travel = Callable[[Place, IPv4Address], tuple[Judged, ...]]
"""The steps of a query from a place to a name server's address, on the port for names."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The steps of a lookup and the address, if there is one.

    `mend` is set where the public address came out although a private endpoint stands for the name. `other` is the
    second reading where it is not known whether an alias exists. `silent`: no answer came at all.
    """

    judged: tuple[Judged, ...]
    address: Address | None = None
    mend: str = ""
    other: "Lookup | None" = None
    silent: bool = False

    def after(self, *judged: Judged) -> "Lookup":
        """The same lookup with steps before it."""
        other = self.other.after(*judged) if self.other else None
        return replace(self, judged=(*judged, *self.judged), other=other)


@dataclass(frozen=True, slots=True)
class _Resolver:
    """Who resolves now: the resolver of a network, or (without one) the public name service. `server` asked it."""

    network: str = ""
    server: NameServer | None = None


def look_up(fabric: Fabric, place: Place, host: str, travel: Travel) -> Lookup:
    """The lookup of a host name by a place."""
    search = _Search(fabric, host.lower().rstrip("."), travel)
    if place.kind is PlaceKind.INTERNET:
        return search.resolve(_Resolver(), search.host)
    if place.kind is PlaceKind.SITE:
        site = fabric.sites[place.where]
        return search.ask(place, site.name_server, site.rule, frozenset())
    network = fabric.networks[fabric.segments[place.where].network]
    if not network.name_servers:
        text = f"asks the resolver of its own network {network.name}"
        asked = passed(Layer.NAME, network.name, text, replace(network.rule, name=fabric.platform.rule.name))
        return search.resolve(_Resolver(network.name), search.host).after(asked)
    return _first_that_answers(search, place, network.name_servers, network.rule)


def look_up_itself(fabric: Fabric, address: IPv4Address, host: str, travel: Travel) -> Lookup:
    """The lookup that the appliance at an address makes for itself, whether or not it answers others."""
    server = next(server for server in fabric.name_servers if server.address == address)
    search = _Search(fabric, host.lower().rstrip("."), travel)
    return search.answer(replace(server, refuses=""), frozenset({address}))


def _first_that_answers(search: "_Search", place: Place, servers: tuple[IPv4Address, ...], rule: Rule) -> Lookup:
    """Servers are asked in order; the next one only where no answer came, and NXDOMAIN is an answer."""
    silent: list[Judged] = []
    lookup = search.ask(place, servers[0], rule, frozenset())
    for server in servers[1:]:
        if not lookup.silent:
            break
        silent += (noted(Layer.NAME, item.step.at, item.step.text, item.step.rule) for item in lookup.judged)
        lookup = search.ask(place, server, rule, frozenset())
    return lookup.after(*silent)


def _silent(judged: Judged) -> Lookup:
    """A lookup that gets no answer."""
    return Lookup((judged,), silent=True)


@dataclass(frozen=True, slots=True)
class _Search:
    """The search for one host name."""

    fabric: Fabric
    host: str
    travel: Travel

    def ask(self, place: Place, address: IPv4Address, rule: Rule, asked: frozenset[IPv4Address]) -> Lookup:
        """What the name server at an address answers to a place, once the query gets there."""
        if address == self.fabric.platform.resolver:
            return self._ask_platform(place, rule)
        if address in asked:
            text = f"the query comes back to {address}: the forwarders form a loop"
            return _silent(refused(Layer.NAME, place.name, text, rule, "break the loop of forwarders"))
        server = next((server for server in self.fabric.name_servers if server.address == address), None)
        name = f"{server.name} ({address})" if server else f"name server {address}"
        way = self.travel(place, address)
        stop = next((item for item in way if item.step.outcome in (Outcome.REFUSE, Outcome.UNKNOWN)), None)
        if stop is not None and stop.refuses:
            text = f"cannot ask {name}: {stop.step.text}"
            return _silent(refused(Layer.NAME, place.name, text, stop.step.rule or rule, stop.mend))
        if server is None:
            text = f"asks {name}, and what it answers is not stated"
            mend = f"state the name server {address} in the environment"
            return Lookup((unsure(Layer.NAME, place.name, text, rule, mend),))
        step = passed(Layer.NAME, place.name, f"asks {name}", rule)
        if stop is not None:
            step = unsure(Layer.NAME, place.name, f"asks {name}, but {stop.step.text}", stop.step.rule)
        return self.answer(server, asked | {address}).after(step)

    def _ask_platform(self, place: Place, rule: Rule) -> Lookup:
        if place.kind is PlaceKind.SITE:
            text = f"{self.fabric.platform.resolver} answers only inside the cloud, not on a site"
            mend = "forward to a firewall with a DNS proxy instead"
            return _silent(refused(Layer.NAME, place.name, text, rule, mend))
        network = self.fabric.segments[place.where].network
        asked = passed(Layer.NAME, place.name, f"asks the resolver of network {network}", rule)
        return self.resolve(_Resolver(network), self.host).after(asked)

    def answer(self, server: NameServer, asked: frozenset[IPv4Address]) -> Lookup:
        """What a name server answers: its own records, the longest forwarder, else its own resolver."""
        if server.refuses:
            return _silent(refused(Layer.NAME, server.name, server.refuses, server.rule, server.refusal_mend))
        record = _record(server.records, self.host)
        if record and record.address:
            step = passed(Layer.NAME, server.name, f"{self.host} is {record.address}", record.rule)
            return Lookup((step,), Address.exactly(record.address, self.host))
        forward = _longest(server.forwards, self.host)
        if forward and forward.to:
            place = replace(self.fabric.places[server.place], name=server.name, address=Address.exactly(server.address))
            text = f"forwards {forward.suffix or 'everything'} to {forward.to}"
            step = passed(Layer.NAME, server.name, text, forward.rule)
            return self.ask(place, forward.to, forward.rule, asked).after(step)
        resolver = _Resolver(server.network, server)
        where = f"the resolver of network {server.network}" if server.network else "the public name service"
        step = passed(Layer.NAME, server.name, f"asks {where}", server.rule)
        return self.resolve(resolver, self.host).after(step)

    def resolve(self, resolver: _Resolver, name: str) -> Lookup:
        """What a resolver finds for a name: a private zone that it sees, else the public name service."""
        zone = self._zone(resolver.network, name)
        return self._from_zone(resolver, zone, name) if zone else self._from_public(resolver, name)

    def _zone(self, network: str, name: str) -> Zone | None:
        seen = [zone for zone in self.fabric.zones if network and zone.view_from(network) and under(name, zone.name)]
        return max(seen, key=lambda zone: len(zone.name), default=None)

    def _from_zone(self, resolver: _Resolver, zone: Zone, name: str) -> Lookup:
        view = zone.view_from(resolver.network)
        record = _record(zone.records, name)
        at = resolver.network
        if record and record.address:
            step = passed(Layer.NAME, at, f"zone {zone.name} has {record.address}", record.rule)
            return Lookup((step,), Address.exactly(record.address, self.host))
        if record:
            text = f"zone {zone.name} has a record, but which address {record.rule.name} write is not known"
            return Lookup((unsure(Layer.NAME, at, text, record.rule),))
        if view and view.falls_back is None:
            text = f"zone {zone.name} has no record for it, and whether {at} then asks public names is not known"
            return Lookup((unsure(Layer.NAME, at, text, view.rule),))
        if view and view.falls_back:
            step = noted(
                Layer.NAME, at, f"zone {zone.name} has no record for it; the link falls back to public names", view.rule
            )
            return Lookup((step,), self._public_address(self._known(self.host)))
        text = f"NXDOMAIN: zone {zone.name}, linked to {at}, has no record for {name}"
        rule = sourced(view.rule if view else zone.rule, self.fabric.behaviours["zone-authority"])
        return Lookup((refused(Layer.NAME, at, text, rule, self._record_mend(zone)),))

    def _record_mend(self, zone: Zone) -> str:
        known = self._known(self.host)
        doors = [end for end in self.fabric.endpoints if known and known.door in end.doors]
        ready = [end for end in doors if not link_mend(self.fabric, end.segment)]
        if ready:
            return f"let private endpoint {ready[0].name} write into zone {zone.name}"
        door = known.door if known else self.host
        return f"add a private endpoint for {door} that writes into zone {zone.name}"

    def _from_public(self, resolver: _Resolver, name: str) -> Lookup:
        known = self._known(name)
        if known is None or not known.alias:
            return self._public_answer(resolver, self._known(self.host))
        alias = known.alias
        if "*" in alias and "*" not in name:
            alias = alias.replace("*", name.partition(".")[0], 1)
        if known.alias_certain:
            step = passed(Layer.NAME, "public DNS", f"an alias of {alias}", known.rule)
            return self.resolve(resolver, alias).after(step)
        return self._either(resolver, known, alias)

    def _either(self, resolver: _Resolver, known: PublicName, alias: str) -> Lookup:
        """Both readings of an alias that may not exist, where they differ."""
        aliased = self.resolve(resolver, alias)
        direct = self._public_answer(resolver, known)
        if aliased.address == direct.address:
            return direct
        text = f"whether it is an alias of {alias} is not known, and a private zone is linked"
        step = noted(Layer.NAME, "public DNS", text, known.rule)
        return replace(direct.after(step), other=aliased.after(step))

    def _public_answer(self, resolver: _Resolver, known: PublicName | None) -> Lookup:
        """The public address, and how the private one would have come out if an endpoint stands ready."""
        notes, mend = missed(self.fabric, known, resolver.network, resolver.server)
        text = "answers with a public address" if known else "taken to answer with a public address"
        rule = known.rule if known else None
        return Lookup((*notes, passed(Layer.NAME, "public DNS", text, rule)), self._public_address(known), mend)

    def _known(self, name: str) -> PublicName | None:
        exact = next((public for public in self.fabric.public_names if public.host == name), None)
        return exact or next((public for public in self.fabric.public_names if host_fits(public.host, name)), None)

    def _public_address(self, known: PublicName | None) -> Address:
        if known:
            return replace(known.address, name=self.host)
        return public_host(self.fabric, self.host)


def public_host(fabric: Fabric, host: str) -> Address:
    """The public address of a host of which only the name is known, with the published groups that hold it."""
    known = next((known for known in fabric.known_hosts if host_fits(known.pattern, host)), None)
    if known is None:
        foreign = bool(host) and not any(under(host, suffix) for suffix in fabric.cloud_suffixes)
        return Address(fabric.public, host, absent_labels=fabric.cloud_labels if foreign else frozenset())
    return Address(fabric.public, host, known.labels, known.doubtful_labels, labels_complete=True)


def _record(records: tuple[Record, ...], name: str) -> Record | None:
    """The record of a name: its own, else the wildcard that is nearest to it."""
    by_name = {record.name: record for record in records}
    labels = name.split(".")
    wildcards = (f"*.{'.'.join(labels[depth:])}" for depth in range(1, len(labels)))
    return next((by_name[key] for key in (name, *wildcards) if key in by_name), None)


def _longest(forwards: tuple[Forward, ...], name: str) -> Forward | None:
    fitting = [forward for forward in forwards if not forward.suffix or under(name, forward.suffix)]
    return max(fitting, key=lambda forward: len(forward.suffix), default=None)
