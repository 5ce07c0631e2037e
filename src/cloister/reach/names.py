"""What a host name means at a place: who is asked, what each one answers, and which alias leads where.

Rules for changing this file: every alias restarts at the one who is resolving, because that is where private zones are
seen from; a name server counts only when the asking place can reach it, which is decided by the same walk as any other
flow; and where the world can be read in two ways, both readings are followed to their ends.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address

from cloister.fabric.addresses import Address
from cloister.fabric.appliances import host_fits
from cloister.fabric.fabric import Fabric, Network, Place, PlaceKind
from cloister.fabric.names import (
    NAME_PORT,
    Forward,
    NameServer,
    PublicName,
    Record,
    Rest,
    Ruleset,
    Upstream,
    Zone,
    ZoneView,
)
from cloister.reach.judged import Judged, noted, passed, refused, sourced, unsure
from cloister.reach.lookup import Lookup, either, unanswered
from cloister.reach.missed import link_mend, missed
from cloister.reach.suffixes import longest_forwards, nearest_record, seen_zone, under
from cloister.verdict import Layer, Outcome, Rule

Travel = Callable[[Place, Upstream], tuple[Judged, ...]]
"""The steps of a query from a place to a name server."""


@dataclass(frozen=True, slots=True)
class _Query:
    """A name that is asked for: by which server, if by one, and which servers were asked for which name before."""

    name: str
    by: NameServer | None = None
    asked: frozenset[tuple[IPv4Address, str]] = field(default=frozenset())


def look_up(fabric: Fabric, place: Place, host: str, travel: Travel) -> Lookup:
    """The lookup of a host name by a place."""
    query = _Query(host.lower().rstrip("."))
    search = _Search(fabric, query.name, travel)
    if place.kind is PlaceKind.INTERNET:
        return search.resolve("", query)
    if place.name_servers:
        return search.ask_in_order(place, _upstreams(place.name_servers), place.name_servers_rule, query)
    if place.kind is PlaceKind.SITE:
        site = fabric.sites[place.where]
        return search.ask_in_order(place, (Upstream(site.name_server),), site.rule, query)
    return _by_network(search, place, fabric.networks[fabric.segments[place.where].network], query)


def _by_network(search: "_Search", place: Place, network: Network, query: _Query) -> Lookup:
    """The lookup by the name servers of a place's own network."""
    if network.unread_servers:
        text = f"which name servers {network.name} asks is not known: {network.unread_servers}"
        return Lookup((unsure(Layer.NAME, place.name, text, network.rule),))
    if network.name_servers:
        return search.ask_in_order(place, _upstreams(network.name_servers), network.rule, query)
    if network.no_resolver:
        return unanswered(refused(Layer.NAME, network.name, network.no_resolver, network.rule))
    text = f"asks the resolver of its own network {network.name}"
    return search.ask_platform(place, text, replace(network.rule, name=search.fabric.platform.rule.name), query)


def look_up_itself(fabric: Fabric, address: IPv4Address, host: str, travel: Travel) -> Lookup:
    """The lookup that the appliance at an address makes for itself, whether or not it answers others."""
    server = next((server for server in fabric.name_servers if server.address == address), None)
    query = _Query(host.lower().rstrip("."))
    if server is None:
        return Lookup((unsure(Layer.NAME, str(address), f"where it looks up {query.name} is not stated"),))
    search = _Search(fabric, query.name, travel)
    return search.answer(replace(server, refuses=""), _asking(query, Upstream(address)))


def _upstreams(servers: tuple[IPv4Address, ...]) -> tuple[Upstream, ...]:
    return tuple(Upstream(server) for server in servers)


def _as_notes(lookup: Lookup) -> tuple[Judged, ...]:
    """The steps of a lookup that got no answer, where somebody else was asked after it."""
    return tuple(noted(Layer.NAME, item.step.at, item.step.text, item.step.rule) for item in lookup.judged)


_MOST_ASKED, _LONGEST_CHAIN = 1000, 40
"""How often one search asks, and one server after another: servers that forward all around would make it endless."""


@dataclass(slots=True)
class _Count:
    """How often a search has asked; the one thing in it that changes."""

    asked: int = 0


@dataclass(frozen=True, slots=True)
class _Search:
    """The search for one host name."""

    fabric: Fabric
    host: str
    travel: Travel
    count: _Count = field(default_factory=_Count)

    def ask_in_order(self, place: Place, servers: tuple[Upstream, ...], rule: Rule | None, query: _Query) -> Lookup:
        """The next server is asked only where no answer came from the one before; NXDOMAIN is an answer."""
        answers: list[Lookup] = []
        silences: list[tuple[Judged, ...]] = [()]
        for number, server in enumerate(servers, start=1):
            readings = tuple(self._ask(place, server, rule, query).readings())
            told = [reading.after(*before) for before in silences for reading in readings]
            answers += [one for one in told if not one.silent or number == len(servers)]
            silences = [_as_notes(one) for one in told if one.silent]
            if not silences:
                break
        return either(answers)

    def _ask_any(self, place: Place, forward: Forward, query: _Query) -> Lookup:
        """What any of the servers that answer says: which one is asked is left to chance."""
        asked = [tuple(self._ask(place, server, forward.rule, query).readings()) for server in forward.to]
        answers = [reading for readings in asked for reading in readings if not reading.silent]
        silent = [reading for readings in asked for reading in readings if reading.silent]
        if not answers or all(any(reading.silent for reading in readings) for readings in asked):
            notes = (note for reading in silent[:-1] for note in _as_notes(reading))
            answers.append(silent[-1].after(*notes))
            silent = []
        text = "asks one of its servers at random, and they differ"
        why = noted(Layer.NAME, place.name, text, self.fabric.behaviours["firewall-servers"])
        return either(answers, why).after(*(note for reading in silent for note in _as_notes(reading)))

    def _ask(self, place: Place, upstream: Upstream, rule: Rule | None, query: _Query) -> Lookup:
        """What the name server at an address answers to a place, once the query gets there."""
        if upstream.address == self.fabric.platform.resolver:
            return self.ask_platform(place, "", rule, query)
        endless = self._endless(place, upstream, rule, query)
        if endless is not None:
            return endless
        known = (server for server in self.fabric.name_servers if server.address == upstream.address)
        server = next(known, None) if upstream.port == NAME_PORT else None
        name = f"{server.name} ({upstream})" if server else f"name server {upstream}"
        stop = _first_stop(self.travel(place, upstream))
        if stop is not None and stop.refuses:
            text = f"cannot ask {name}: {stop.step.text}"
            return unanswered(refused(Layer.NAME, place.name, text, stop.step.rule or rule, stop.mend))
        step = passed(Layer.NAME, place.name, f"asks {name}", rule)
        if stop is not None:
            step = unsure(Layer.NAME, place.name, f"asks {name}, but {stop.step.text}", stop.step.rule)
        if server is not None:
            return self.answer(server, _asking(query, upstream)).after(step)
        if upstream.address in self.fabric.public:
            return self._resolver_outside(upstream, query).after(step)
        text = f"asks {name}, and what it answers is not stated"
        mend = f"state the name server {upstream} in the environment"
        return Lookup((unsure(Layer.NAME, place.name, text, rule, mend),))

    def _endless(self, place: Place, upstream: Upstream, rule: Rule | None, query: _Query) -> Lookup | None:
        """What becomes of a query that comes back to a server, or that goes on for longer than is followed."""
        self.count.asked += 1
        if self.count.asked > _MOST_ASKED or len(query.asked) > _LONGEST_CHAIN:
            text = "the name servers forward to each other in more ways, or more often, than are followed"
            return Lookup((unsure(Layer.NAME, place.name, text, rule, "let fewer of them forward to each other"),))
        if (upstream.address, query.name) in query.asked:
            text = f"the query comes back to {upstream.address}: the forwarders form a loop"
            return unanswered(refused(Layer.NAME, place.name, text, rule, "break the loop of forwarders"))
        return None

    def _resolver_outside(self, upstream: Upstream, query: _Query) -> Lookup:
        text = f"{upstream} has a public address, so it is taken to answer like the public name service"
        return self.resolve("", query).after(noted(Layer.NAME, str(upstream), text))

    def ask_platform(self, place: Place, text: str, rule: Rule | None, query: _Query) -> Lookup:
        """What the platform's own resolver answers to a place, which stands in some network."""
        address = self.fabric.platform.resolver
        if place.kind is PlaceKind.SITE:
            reason = f"{address} answers only inside the cloud, not on a site"
            mend = "forward to a firewall with a DNS proxy instead"
            return unanswered(refused(Layer.NAME, place.name, reason, rule, mend))
        network = self.fabric.segments[place.where].network
        stop = _first_stop(self.travel(place, Upstream(address)))
        if stop is not None and stop.refuses:
            reason = f"cannot ask the resolver of network {network}: {stop.step.text}"
            mend = f"take rule {stop.step.rule.name} away" if stop.step.rule else stop.mend
            return unanswered(refused(Layer.NAME, place.name, reason, stop.step.rule or rule, mend))
        at = network if text else place.name
        text = text or f"asks the resolver of network {network}"
        step = passed(Layer.NAME, at, text, rule)
        if stop is not None:
            step = unsure(Layer.NAME, at, f"{text}, but {stop.step.text}", stop.step.rule)
        return self.resolve(network, query).after(step)

    def answer(self, server: NameServer, query: _Query) -> Lookup:
        """What a name server answers: its own records, the longest forward, and else what it does with the rest."""
        if server.refuses:
            return unanswered(refused(Layer.NAME, server.name, server.refuses, server.rule, server.refusal_mend))
        query = replace(query, by=server)
        record = nearest_record(server.records, query.name)
        if record and record.address:
            step = passed(Layer.NAME, server.name, f"{query.name} is {record.address}", record.rule)
            return Lookup((step,), Address.exactly(record.address, self.host))
        forwards = longest_forwards(server.forwards, query.name)
        if forwards:
            return either(self._forwarded_by(server, forward, query) for forward in forwards)
        if server.rest is Rest.UNSTATED:
            text = f"what it does with names that it does not forward, such as {query.name}, is not stated"
            mend = f'say with the suffix "." where {server.name} forwards all other names'
            return Lookup((unsure(Layer.NAME, server.name, text, server.rule, mend),))
        network = server.network if server.rest is Rest.NETWORK else ""
        where = f"the resolver of network {network}" if network else "the public name service"
        return self.resolve(network, query).after(passed(Layer.NAME, server.name, f"asks {where}", server.rule))

    def _forwarded_by(self, server: NameServer, forward: Forward, query: _Query) -> Lookup:
        place = replace(self.fabric.places[server.place], name=server.name, address=Address.exactly(server.address))
        step = passed(Layer.NAME, server.name, _forwarding(forward), forward.rule)
        if forward.at_random:
            return self._ask_any(place, forward, query).after(step)
        return self.ask_in_order(place, forward.to, forward.rule, query).after(step)

    def resolve(self, network: str, query: _Query) -> Lookup:
        """What the resolver of a network finds (or, without one, the public name service).

        The cloud's own names of machines, private zones that the network sees, its rulesets, and then public names.
        """
        if any(under(query.name, suffix) for suffix in self.fabric.machine_suffixes):
            return self._machine(network, query)
        zone = seen_zone(self.fabric.zones, network, query.name) if network else None
        view = zone.view_from(network) if zone else None
        if zone and view:
            return self._from_zone(view, zone, query)
        return self._by_rulesets(network, query)

    def _machine(self, network: str, query: _Query) -> Lookup:
        """What a name that the cloud gave to a machine means: it is known in the machine's own network alone."""
        label = query.name.partition(".")[0]
        machines = [machine for machine in self.fabric.machine_names if machine.label == label]
        own = next((machine for machine in machines if machine.network == network), None)
        if own:
            text = f"{label} is {own.address}, if the middle of the name is the one that the cloud gave"
            return Lookup((passed(Layer.NAME, network, text, own.rule),), Address.exactly(own.address, self.host))
        rule = self.fabric.behaviours["machine-names"]
        if not machines:
            text = f"no machine {label} is in the inventory, so whether the name exists is not known"
            return Lookup((unsure(Layer.NAME, network or "public DNS", text, rule),))
        home = machines[0].network
        text = f"NXDOMAIN: the cloud's own name of {label} is known in network {home} alone"
        mend = f"register the machines of {home} in a private zone that is seen here, and ask for that name"
        return Lookup((refused(Layer.NAME, network or "public DNS", text, rule, mend),))

    def _from_zone(self, view: ZoneView, zone: Zone, query: _Query) -> Lookup:
        record = nearest_record(zone.records, query.name)
        at = view.network
        if record and record.address:
            return either(self._found(at, zone, record, address) for address in (record.address, *record.others))
        if record:
            text = f"zone {zone.name} has a record, but which address {record.rule.name} write is not known"
            return Lookup((unsure(Layer.NAME, at, text, record.rule),))
        if view.falls_back is None:
            text = f"zone {zone.name} has no record for it, and whether {at} then asks public names is not known"
            return Lookup((unsure(Layer.NAME, at, text, view.rule),))
        if view.falls_back:
            text = f"zone {zone.name} has no record for it; the link falls back to public names"
            known = next(iter(self.fabric.public_names_of(self.host)), None)
            return Lookup((noted(Layer.NAME, at, text, view.rule),), self._public_address(known))
        text = f"NXDOMAIN: zone {zone.name}, linked to {at}, has no record for {query.name}"
        rule = sourced(view.rule, self.fabric.behaviours["zone-authority"])
        refusal = Lookup((refused(Layer.NAME, at, text, rule, self._record_mend(zone, query.name)),))
        if not view.idle_fallback:
            return refusal
        text = f"the link of zone {zone.name} does not fall back to public names, although it says so"
        idle = replace(self.fabric.behaviours["redirect-privatelink"], origin=view.rule.origin)
        return refusal.after(noted(Layer.NAME, at, text, idle))

    def _found(self, at: str, zone: Zone, record: Record, address: IPv4Address) -> Lookup:
        step = passed(Layer.NAME, at, f"zone {zone.name} has {address}", record.rule)
        return Lookup((step,), Address.exactly(address, self.host))

    def _record_mend(self, zone: Zone, name: str) -> str:
        """What would put a record into the zone: of the names that the host may be, the one that led here counts."""
        fitting = self.fabric.public_names_of(self.host)
        known = next((public for public in fitting if host_fits(public.alias, name)), next(iter(fitting), None))
        doors = [end for end in self.fabric.endpoints if known and known.door in end.doors]
        ready = [end for end in doors if not link_mend(self.fabric, end.segment)]
        if ready:
            return f"let private endpoint {ready[0].name} write into zone {zone.name}"
        if known is None:
            return f"add a record for {self.host} to zone {zone.name}"
        return f"add a private endpoint for {known.door} that writes into zone {zone.name}"

    def _by_rulesets(self, network: str, query: _Query) -> Lookup:
        """What the rulesets of a network make of a name that none of its zones holds; public names without any.

        A rule for all names leaves out the suffixes that are reserved for the cloud's services. Beside such a rule it
        can be read both ways whether a rule for one of those suffixes counts.
        """
        rulesets = [ruleset for ruleset in self.fabric.rulesets if network in ruleset.networks]
        unread = next((ruleset for ruleset in rulesets if ruleset.gap), None)
        if unread:
            text = f"whether a rule forwards {query.name} depends on what could not be read: {unread.gap}"
            return Lookup((unsure(Layer.NAME, network, text, unread.rule),))
        rules = {forward: ruleset for ruleset in rulesets for forward in ruleset.forwards}
        suffixed = longest_forwards(tuple(rule for rule in rules if rule.suffix), query.name)
        wild = tuple(rule for rule in rules if not rule.suffix)
        reserved = any(under(query.name, suffix) for suffix in self.fabric.reserved_suffixes)
        chosen = suffixed or (() if reserved else wild)
        if not chosen:
            lookup = self._from_public(network, query)
            text = f"leaves {query.name} out, whose suffix is reserved"
            return lookup.after(*(noted(Layer.NAME, rule.rule.name, text, self._wildcard(rule)) for rule in wild))
        both = (*chosen, *wild) if suffixed and reserved else chosen
        text = "whether the rule for a reserved suffix counts beside the one for all names is told in two ways"
        why = noted(Layer.NAME, network, text, self.fabric.behaviours["wildcard-specific"])
        lookups = (self._by_rule(network, rules[rule], rule, query) for rule in both)
        return either(lookups, *((why,) if len(both) > len(chosen) else ()))

    def _wildcard(self, forward: Forward) -> Rule:
        return replace(self.fabric.behaviours["wildcard-reserved"], origin=forward.rule.origin)

    def _by_rule(self, network: str, ruleset: Ruleset, forward: Forward, query: _Query) -> Lookup:
        """The query leaves where the ruleset's outlets stand; where those differ, each is a reading."""
        step = passed(Layer.NAME, network, f"rule {forward.rule.name} {_forwarding(forward)}", forward.rule)
        forbidden = [to for to in forward.to if to.address == self.fabric.platform.resolver]
        if forbidden:
            text = f"rule {forward.rule.name} cannot forward to {forbidden[0]}"
            rule = replace(self.fabric.behaviours["resolver-target"], origin=forward.rule.origin)
            mend = f"forward to an inbound endpoint instead, or link the zone to {network}"
            return unanswered(refused(Layer.NAME, network, text, rule, mend))
        if all((to.address, query.name) in query.asked for to in forward.to):
            return self._looped(network, ruleset, forward).after(step)
        query = replace(query, by=None)
        lookups = (
            self.ask_in_order(self.fabric.places[outlet], forward.to, forward.rule, query) for outlet in ruleset.outlets
        )
        return either(lookups).after(step)

    def _looped(self, network: str, ruleset: Ruleset, forward: Forward) -> Lookup:
        """A ruleset that sends a query back to where it came from."""
        text = f"the query comes back to {forward.to[0]}: ruleset {ruleset.name}, linked to {network}, sends it there"
        rule = replace(self.fabric.behaviours["resolver-loop"], origin=forward.rule.origin)
        mend = f"take the link of ruleset {ruleset.name} to {network} away, or link the zone of the name to {network}"
        return unanswered(refused(Layer.NAME, network, text, rule, mend))

    def _from_public(self, network: str, query: _Query) -> Lookup:
        """What public DNS says: an alias, which restarts here, or a public address. Several names may fit at once."""
        known = self.fabric.public_names_of(query.name)
        if not known:
            return self._public_answer(network, query, next(iter(self.fabric.public_names_of(self.host)), None))
        if len(known) == 1:
            return self._by_public_name(network, query, known[0])
        text = f"{query.name} may be a name of {' or of '.join(name.door for name in known)}"
        why = noted(Layer.NAME, "public DNS", text, known[0].rule)
        return either((self._by_public_name(network, query, name) for name in known), why)

    def _by_public_name(self, network: str, query: _Query, known: PublicName) -> Lookup:
        if not known.alias:
            return self._public_answer(network, query, known)
        alias = known.alias
        if "*" in alias and "*" not in query.name:
            alias = alias.replace("*", query.name.partition(".")[0], 1)
        aliased = self.resolve(network, replace(query, name=alias))
        if known.alias_certain:
            return aliased.after(passed(Layer.NAME, "public DNS", f"an alias of {alias}", known.rule))
        text = f"whether it is an alias of {alias} is not known, and a private zone is linked"
        direct = self._public_answer(network, query, known)
        if aliased.address == direct.address and not aliased.other:
            return direct
        return either((direct, aliased), noted(Layer.NAME, "public DNS", text, known.rule))

    def _public_answer(self, network: str, query: _Query, known: PublicName | None) -> Lookup:
        """The public address, and how the private one would have come out if an endpoint stands ready."""
        notes, mend = missed(self.fabric, known, network, query.by)
        if known and known.address is None:
            text = f"NXDOMAIN: {query.name} stands in a private zone alone"
            return Lookup((*notes, refused(Layer.NAME, "public DNS", text, known.rule, mend)))
        text = "answers with a public address" if known else "taken to answer with a public address"
        rule = known.rule if known else None
        return Lookup((*notes, passed(Layer.NAME, "public DNS", text, rule)), self._public_address(known), mend)

    def _public_address(self, known: PublicName | None) -> Address:
        if known and known.address:
            return replace(known.address, name=self.host)
        return public_host(self.fabric, self.host)


def _asking(query: _Query, upstream: Upstream) -> _Query:
    return replace(query, asked=query.asked | {(upstream.address, query.name)})


def _first_stop(way: tuple[Judged, ...]) -> Judged | None:
    """The first step of the way to a name server that refuses or cannot tell."""
    return next((item for item in way if item.step.outcome in (Outcome.REFUSE, Outcome.UNKNOWN)), None)


def _forwarding(forward: Forward) -> str:
    return f"forwards {forward.suffix or 'everything'} to {', '.join(map(str, forward.to))}"


def public_host(fabric: Fabric, host: str) -> Address:
    """The public address of a host of which only the name is known, with the published groups that hold it."""
    known = next((known for known in fabric.known_hosts if host_fits(known.pattern, host)), None)
    if known is None:
        foreign = bool(host) and not any(under(host, suffix) for suffix in fabric.cloud_suffixes)
        return Address(fabric.public, host, absent_labels=fabric.cloud_labels if foreign else frozenset())
    return Address(fabric.public, host, known.labels, known.doubtful_labels, labels_complete=True)
