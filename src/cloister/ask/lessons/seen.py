"""What a recogniser of lessons looks at: what stands, what was judged of it, and a way to ask further."""

from collections.abc import Iterable
from dataclasses import dataclass

from cloister.ask.judgement import Asker, Judged, Judgement, Standing
from cloister.facts.development import MODEL_HOSTS, PACKAGE_HOSTS, SOURCE_CODE_HOSTS
from cloister.inventory.azure import Compute, Firewall, Inventory, Subnet
from cloister.verdict import Answer, Layer

_DEVELOPMENT = frozenset(row.host for row in (*PACKAGE_HOSTS, *MODEL_HOSTS, *SOURCE_CODE_HOSTS))
_EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Seen:
    """An environment as a recogniser sees it."""

    inventory: Inventory
    judgement: Judgement
    ask: Asker

    def shut(self, layer: Layer) -> dict[str, tuple[Judged, ...]]:
        """The computes from which a layer refuses every public host that development needs, each with those flows."""
        found = self._development().items()
        return {place: flows for place, flows in found if all(_refused_by(layer, one) for one in flows)}

    def unsure(self) -> dict[str, tuple[Judged, ...]]:
        """The computes that surely reach no public host that development needs, with the flows that nobody can tell."""
        found: dict[str, tuple[Judged, ...]] = {}
        for place, flows in self._development().items():
            doubtful = tuple(one for one in flows if one.standing is Standing.UNDECIDED)
            if doubtful and all(one.standing is not Standing.MET for one in flows):
                found[place] = doubtful
        return found

    def _development(self) -> dict[str, tuple[Judged, ...]]:
        """By compute, the flows to public hosts that development needs."""
        by_place: dict[str, list[Judged]] = {}
        for one in once_each(self.judgement.flow):
            if host_of(one) in _DEVELOPMENT:
                by_place.setdefault(place_of(one), []).append(one)
        computes = {compute.name for compute in self.inventory.computes}
        return {place: tuple(flows) for place, flows in by_place.items() if place in computes}

    def wanted(self, place: str) -> dict[str, tuple[str, ...]]:
        """The public hosts that a place has to reach and does not, or not surely, by the need that they serve."""
        found: dict[str, dict[str, None]] = {}
        for one in self.judgement.flow:
            if place_of(one) == place and one.standing is not Standing.MET:
                for asked in one.asked:
                    host = public_host(asked.question)
                    if host and asked.verdict.answer is not Answer.ALLOW:
                        found.setdefault(one.heading, {})[host] = None
        return {heading: tuple(hosts) for heading, hosts in found.items()}

    def compute(self, name: str) -> Compute:
        """The compute of that name."""
        return next(compute for compute in self.inventory.computes if compute.name == name)

    def subnet_of(self, compute: Compute) -> Subnet | None:
        """The subnet that a compute stands in, if it is one of this environment."""
        found = self.inventory.subnet(compute.subnet or "")
        return found[1] if found else None

    def subnet_at(self, place: str) -> Subnet | None:
        """The subnet that a compute or machine stands in, by its name."""
        stands = {one.name: one.subnet for one in self.inventory.machines}
        stands |= {one.name: one.subnet or "" for one in self.inventory.computes}
        found = self.inventory.subnet(stands.get(place, ""))
        return found[1] if found else None

    def firewall_of(self, compute: Compute) -> Firewall | None:
        """The firewall that everything leaves through which no other route takes."""
        return self.firewall_at(compute.name)

    def firewall_at(self, place: str) -> Firewall | None:
        """The same, for a compute or machine by its name."""
        subnet = self.subnet_at(place)
        tables = (table for table in self.inventory.route_tables if subnet and table.name == subnet.route_table)
        hops = [route.next_hop for table in tables for route in table.routes if route.prefix == _EVERYWHERE]
        return next((firewall for firewall in self.inventory.firewalls if firewall.private_ip in hops), None)


def once_each(judged: Iterable[Judged]) -> list[Judged]:
    """The first intent of each question: several packs may ask the same."""
    found: dict[str, Judged] = {}
    for one in judged:
        found.setdefault(one.question, one)
    return list(found.values())


def place_of(judged: Judged) -> str:
    """The place that an intent's question starts from."""
    return judged.question.partition(" -> ")[0]


def host_of(judged: Judged) -> str:
    """The public host on HTTPS that an intent is about, or nothing."""
    return public_host(judged.question)


def public_host(question: str) -> str:
    """The public host on HTTPS that a question asks for, or nothing."""
    host, _, port = question.partition(" -> ")[2].partition(":")
    # Service tags begin with a capital letter; some have a dot before their region.
    return host if "." in host and "/" not in host and port == "443" and host.islower() else ""


def _refused_by(layer: Layer, judged: Judged) -> bool:
    return judged.standing is Standing.MISSED and judged.decisive.layer is layer
