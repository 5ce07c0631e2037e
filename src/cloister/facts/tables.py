"""The tables of network facts as typed rows. A row never leaves without its source.

Texts may hold `{region}`, `{name}`, `{id}`, `{notebook}`: whoever lowers an environment fills them in.
"""

from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import TypeVar

Row = TypeVar("Row")


NO_SUBRESOURCE = "-"
"""In the facts about names: the door has no private endpoint of its own."""


@dataclass(frozen=True, slots=True)
class ServiceName:
    """A host name of a service, its public alias, and the private zone, record and endpoint member behind it."""

    cloud: str
    service: str
    subresource: str
    door: str
    host: str
    alias: str
    zone: str
    record: str
    member: str
    port: str
    public_suffixes: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class DefaultRule:
    """A rule that every network security group has."""

    cloud: str
    direction: str
    priority: str
    name: str
    source: str
    destination: str
    access: str
    source_page: str
    read: str


@dataclass(frozen=True, slots=True)
class SystemRoute:
    """A route that every virtual network has."""

    prefix: str
    next_hop: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class SpecialAddress:
    """A prefix that is not public."""

    prefix: str
    meaning: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class PlatformAddress:
    """An address of the platform on every host, and the tag by which a rule must name it."""

    address: str
    purpose: str
    tag: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class TagMember:
    """The service tags that hold a kind of service or a host; `doubtful` ones hold it at times.

    Rows of kind `own-tag` name tags that hold the cloud's own hosts alone; rows of kind `own-suffix` name those hosts.
    """

    kind: str
    subject: str
    tags: str
    doubtful: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class ServiceEndpoint:
    """A service endpoint of a subnet, the kind of service that it is for, and the tag whose prefixes it routes."""

    service_endpoint: str
    kind: str
    tag: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class NameProtocol:
    """A protocol by which clients send the host name along, and its usual port."""

    protocol: str
    port: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class HostGroup:
    """Hosts that are known to be on a list that Microsoft keeps for firewalls: an FQDN tag, or `infrastructure`."""

    group: str
    hosts: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A way in which the cloud behaves that no resource states."""

    name: str
    text: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class NameSuffix:
    """A suffix that the cloud's resolver treats in a way of its own: `reserved` for services, or of its `machines`."""

    cloud: str
    meaning: str
    suffix: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class RequiredTraffic:
    """Traffic that Azure Machine Learning needs.

    Rows of one `need` that are of kind tag, and those of kind fqdn, are two ways to meet it: by service tags or by
    names. `asked` is what a question names for the row, `mode` the managed network's, `needed` says when. `reading` is
    `older` where only an older page asks for it.
    """

    cloud: str
    direction: str
    who: str
    mode: str
    need: str
    kind: str
    destination: str
    asked: str
    protocol: str
    ports: str
    needed: str
    reading: str
    source: str
    read: str


def read_table(table: str, row: type[Row]) -> tuple[Row, ...]:
    """The rows of `table`.tsv beside this file; its columns must be the fields of `row`."""
    header, *lines = files("cloister.facts").joinpath(f"{table}.tsv").read_text(encoding="utf-8").splitlines()
    names = tuple(header.split("\t"))
    if names != tuple(field.name for field in fields(row)):  # type: ignore[arg-type]  # Row is one of the rows above
        message = f"{table}.tsv has the columns {', '.join(names)}, which are not those of {row.__name__}"
        raise ValueError(message)
    return tuple(row(*line.split("\t")) for line in lines)


@cache
def service_names(cloud: str) -> tuple[ServiceName, ...]:
    """The host names of services in one cloud."""
    return tuple(row for row in read_table("service_names", ServiceName) if row.cloud == cloud)


@cache
def default_rules() -> tuple[DefaultRule, ...]:
    """The default rules of network security groups, in the order in which they are read."""
    return read_table("default_rules", DefaultRule)


@cache
def system_routes() -> tuple[SystemRoute, ...]:
    """The system routes of virtual networks."""
    return read_table("system_routes", SystemRoute)


@cache
def special_addresses() -> tuple[SpecialAddress, ...]:
    """The prefixes that are not public."""
    return read_table("special_addresses", SpecialAddress)


@cache
def platform_addresses() -> tuple[PlatformAddress, ...]:
    """The platform's addresses; the first is the resolver."""
    return read_table("platform_addresses", PlatformAddress)


@cache
def tag_members() -> tuple[TagMember, ...]:
    """Which service tags hold which services and hosts."""
    return read_table("tag_members", TagMember)


@cache
def service_endpoints() -> tuple[ServiceEndpoint, ...]:
    """The service endpoints that a subnet can have."""
    return read_table("service_endpoints", ServiceEndpoint)


@cache
def name_protocols() -> tuple[NameProtocol, ...]:
    """The protocols that application rules of a firewall can judge."""
    return read_table("name_protocols", NameProtocol)


@cache
def host_groups() -> tuple[HostGroup, ...]:
    """The lists of hosts that firewall rules can name, as far as their members are published."""
    return read_table("host_groups", HostGroup)


@cache
def behaviours() -> dict[str, Behaviour]:
    """How the cloud behaves, by the name under which a trace cites it."""
    return {row.name: row for row in read_table("behaviours", Behaviour)}


@cache
def aws_behaviours() -> dict[str, Behaviour]:
    """The same for AWS."""
    return {row.name: row for row in read_table("aws_behaviours", Behaviour)}


@cache
def name_suffixes(cloud: str, meaning: str) -> tuple[NameSuffix, ...]:
    """The suffixes of one meaning in one cloud."""
    rows = read_table("name_suffixes", NameSuffix)
    return tuple(row for row in rows if (row.cloud, row.meaning) == (cloud, meaning))


@cache
def required_traffic(cloud: str) -> tuple[RequiredTraffic, ...]:
    """The traffic that Azure Machine Learning needs in one cloud."""
    return tuple(row for row in read_table("required_traffic", RequiredTraffic) if row.cloud == cloud)
