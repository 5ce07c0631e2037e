"""What a prefix, a service tag or `*` of an Azure rule means in a given subnet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from cloister.fabric.addresses import Address, AddressMatch
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.facts.packs import ways_out
from cloister.inventory.azure import Route

_OWN_NETWORK = "VirtualNetwork"
_INTERNET = "internet"
_ANY = frozenset({"*", "any", "0.0.0.0/0"})


def is_prefix(text: str) -> bool:
    """Whether a text is an address or a prefix, as against a service tag."""
    return text[:1].isdigit()


def region_words(text: str, region: str) -> frozenset[str]:
    """The words of a fact with the region filled in, in lower case, as labels are compared."""
    return frozenset(text.replace("{region}", region).lower().split())


@lru_cache(maxsize=1 << 17)  # a large environment states the same prefixes in thousands of rules
def plain_match(text: str) -> AddressMatch:
    """A prefix, an address, an inclusive range, `*`, or a service tag whose members only the platform publishes."""
    if text.lower() in _ANY:
        return AddressMatch.of(text, AddressSet.everything())
    if not is_prefix(text):
        return _wide_tag(text) or AddressMatch(text, labels=frozenset({text.lower()}))
    low, dash, high = text.partition("-")
    if dash:
        return AddressMatch.of(text, AddressSet(((AddressSet.of(low).spans[0][0], AddressSet.of(high).spans[0][1]),)))
    return AddressMatch.of(text, AddressSet.of(text))


def _wide_tag(text: str) -> AddressMatch | None:
    """A tag that is no list of a service: all public addresses; or, outside of a network, nobody knows which."""
    if text.lower() == _INTERNET:
        special = AddressSet.of(*(row.prefix for row in tables.special_addresses()))
        return AddressMatch.of(text, ~special)
    return AddressMatch(text, possible=AddressSet.everything()) if text.lower() == _OWN_NETWORK.lower() else None


@dataclass(frozen=True, slots=True)
class TagReader:
    """Reads the addresses of a security rule as one subnet sees them; `members` are application security groups."""

    layout: Layout
    tags: Mapping[str, AddressMatch]
    members: Mapping[str, AddressMatch]

    def match(self, text: str) -> AddressMatch:
        """What one source or destination of a rule means."""
        return self.tags.get(text.lower()) or self.layout.sharpened(plain_match(text))

    def matches(self, texts: Iterable[str]) -> tuple[AddressMatch, ...]:
        """What the sources or destinations of a rule mean."""
        return tuple(self.match(text) for text in texts)


def tag_readers(layout: Layout) -> dict[str, TagReader]:
    """The readers for rules of groups at a subnet or at its interfaces, by `network/subnet`."""
    platform = _platform_tags()
    readers: dict[str, TagReader] = {}
    for network in layout.inventory.networks:
        internet = AddressMatch.of("Internet", layout.public - layout.space(network.name))
        seen: dict[str | None, TagReader] = {}  # subnets of a network differ by their routes alone
        for subnet in network.subnets:
            if subnet.route_table not in seen:
                table = layout.route_tables.get(subnet.route_table or "")
                own = _virtual_network(layout, network.name, table.routes if table else ())
                tags = {"virtualnetwork": own, "internet": internet, **platform}
                seen[subnet.route_table] = TagReader(layout, tags, layout.application_groups)
            readers[f"{network.name}/{subnet.name}"] = seen[subnet.route_table]
    return readers


def _platform_tags() -> dict[str, AddressMatch]:
    """The tags of the platform's own addresses; health probes come from the resolver's."""
    rows = tables.platform_addresses()
    probes = AddressMatch.of("AzureLoadBalancer", AddressSet.of(rows[0].address))
    tags = {
        row.tag.lower(): replace(
            plain_match(row.tag), sure=AddressSet.of(row.address), possible=AddressSet.of(row.address)
        )
        for row in rows
    }
    return {**tags, "azureloadbalancer": probes}


def lower_tags(layout: Layout) -> dict[str, Address]:
    """The service tags that facts speak of, by label: some host that the tag is known to hold."""
    region = layout.inventory.region
    rows = tables.required_traffic(layout.inventory.cloud.value)
    named = [row.destination for row in rows if row.kind == "tag" and row.destination != _OWN_NETWORK]
    named += [row.target for row in ways_out(layout.inventory.cloud.value) if row.kind == "tag"]
    named += [row.subject for row in tables.tag_members() if row.kind == "own-tag"]
    named += [tag for row in tables.tag_members() if row.kind == "service" for tag in row.tags.split()]
    tags = {tag.replace("{region}", region) for tag in named}
    return {tag.lower(): _tag_address(layout, tag) for tag in sorted(tags)}


def _tag_address(layout: Layout, tag: str) -> Address:
    """Some host of a tag. Whether the wide tag of the cloud, or a regional part of the tag, holds it is not known.

    With the published list the host is known to lie among the tag's addresses.
    """
    label, region = tag.lower(), layout.inventory.region
    labels = frozenset({label, label.partition(".")[0]})
    doubtful = frozenset({"azurecloud", f"azurecloud.{region}", f"{label}.{region}"}) - labels
    listed = layout.published.members([label]) if layout.published else None
    return Address(listed or layout.public, tag, labels, doubtful, labels_complete=True)


def _virtual_network(layout: Layout, network: str, routes: tuple[Route, ...]) -> AddressMatch:
    """The tag VirtualNetwork: own space, peers, sites, the platform's address, and prefixes of the subnet's own routes.

    A route to an appliance puts its prefix into the tag in every report that we know; for other next hops the
    documentation can be read both ways, so their prefixes are possible and not sure. So is what a site announces beside
    its address space, and the rest of a network of which a peering joins some subnets only.
    """
    sure = AddressSet.union(
        (
            layout.space(network),
            *(peer.far for peer in layout.named_by(network)),
            *(AddressSet.of(*site.address_space) for _, site in layout.sites(network)),
            AddressSet.of(tables.platform_addresses()[0].address),
            *(AddressSet.of(r.prefix) for r in routes if is_prefix(r.prefix) and r.next_hop_type == "VirtualAppliance"),
        )
    )
    possible = AddressSet.union(
        (
            sure,
            *(layout.space(peer.network) for peer in layout.named_by(network)),
            *(AddressSet.of(*site.announced) for _, site in layout.sites(network)),
            AddressSet.of(*(route.prefix for route in routes if is_prefix(route.prefix))),
        )
    )
    labels = frozenset(route.prefix.lower() for route in routes if not is_prefix(route.prefix))
    return layout.sharpened(AddressMatch("VirtualNetwork", sure, possible, doubtful_labels=labels))
