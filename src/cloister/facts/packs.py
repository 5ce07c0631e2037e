"""The tables behind the built-in packs of intents, as typed rows. A row never leaves without its source.

Texts may hold `{region}`. `asked` is the host that a question names for a row: the destination itself, or, where that
has a wildcard or a gap to fill in, one host that stands for all that it means; empty where the row is not asked, and
`what` says why. `reading` is empty, or says that sources disagree: `older` for what only an older page asks for,
`doubtful` for what a page does not say clearly enough.
"""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table

EVERY_CLOUD = "*"


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack of intents. `asked` is `on` or `off`: what holds while the owner says nothing. `when` says for whom."""

    name: str
    heading: str
    side: str
    asked: str
    when: str
    what: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class PackTraffic:
    """A destination that a pack needs from a kind of place."""

    pack: str
    cloud: str
    place: str
    destination: str
    asked: str
    protocol: str
    ports: str
    what: str
    reading: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class WayOut:
    """A road out for data. `kind` is `host` or `tag` for one target, or `any` for any host on that port."""

    name: str
    cloud: str
    kind: str
    target: str
    port: str
    why: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class SharedHost:
    """A host, or a suffix, where anybody can have an account or a name, and so take data in."""

    cloud: str
    host: str
    asked: str
    port: str
    why: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class AwsPackFlows:
    """What a pack asks in AWS: from places of one kind to targets of another."""

    pack: str
    places: str
    targets: str
    loop: str
    what: str
    source: str
    read: str


@cache
def aws_packs() -> dict[str, Pack]:
    """The packs that are asked in AWS, by name, in their order."""
    return {row.name: row for row in read_table("aws_packs", Pack)}


@cache
def aws_pack_flows() -> tuple[AwsPackFlows, ...]:
    """What those packs ask."""
    return read_table("aws_pack_flows", AwsPackFlows)


@cache
def packs() -> dict[str, Pack]:
    """The packs by name, in the order in which they are asked."""
    return {row.name: row for row in read_table("packs", Pack)}


@cache
def pack_traffic(cloud: str) -> tuple[PackTraffic, ...]:
    """What the packs need in one cloud."""
    return tuple(row for row in read_table("pack_traffic", PackTraffic) if row.cloud in (cloud, EVERY_CLOUD))


@cache
def ways_out(cloud: str) -> tuple[WayOut, ...]:
    """The roads out for data in one cloud."""
    return tuple(row for row in read_table("ways_out", WayOut) if row.cloud in (cloud, EVERY_CLOUD))


@cache
def shared_hosts(cloud: str) -> tuple[SharedHost, ...]:
    """The hosts and suffixes that strangers share, as far as one cloud's users meet them."""
    return tuple(row for row in read_table("shared_hosts", SharedHost) if row.cloud in (cloud, EVERY_CLOUD))
