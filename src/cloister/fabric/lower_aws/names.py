"""Names: the private ones of interface endpoints, what public DNS says, and which hosts are whose."""

from collections.abc import Iterator

from cloister.fabric.addresses import Address
from cloister.fabric.lower_aws.layout import Layout
from cloister.fabric.lower_aws.services import api_host, bucket_host
from cloister.fabric.names import KnownHost, PublicName, Record, Zone, ZoneView
from cloister.facts import tables
from cloister.facts.aws_services import GATEWAY_SERVICES, prefix_list, service_hosts, short_name
from cloister.inventory.aws import VpcEndpoint
from cloister.verdict import Rule

SUFFIXES = ("amazonaws.com", "amazonaws.com.cn", "api.aws", "sagemaker.aws")
"""Under which names hosts of AWS stand."""


def lower_zones(layout: Layout) -> tuple[Zone, ...]:
    """One zone for each name of the service of an endpoint with private names, seen from its VPC alone."""
    return tuple(
        zone
        for endpoint in layout.inventory.vpc_endpoints
        if endpoint.private_dns_enabled and layout.private_names_in(endpoint.vpc)
        for zone in _zones(layout, endpoint)
    )


def _zones(layout: Layout, endpoint: VpcEndpoint) -> Iterator[Zone]:
    row = service_hosts().get(short_name(endpoint.service_name))
    addresses = [one.address for one in layout.interfaces_of("vpc_endpoints", endpoint.name) if one.address]
    if row is None or not addresses:
        return
    source = tables.aws_behaviours()["private-names"].source
    rule = Rule(f"private names of endpoint {endpoint.name}", endpoint.origin.of("private_dns_enabled"), source)
    vpc = next(one for one in layout.inventory.vpcs if one.name == endpoint.vpc)
    for host in row.in_region(layout.region_of(vpc), ""):
        name = host.removeprefix("*.")
        records = tuple(Record(each, addresses[0], rule, tuple(addresses[1:])) for each in (name, f"*.{name}"))
        yield Zone(name, records, (ZoneView(endpoint.vpc, falls_back=False, rule=rule),), rule)


def lower_public_names(layout: Layout) -> tuple[PublicName, ...]:
    """What public DNS says of the hosts of services, buckets and APIs."""
    region = layout.inventory.region
    found = []
    for row in service_hosts().values():
        host = row.in_region(region, layout.account_id(None))[0]
        found.append(_public(layout, host, row.service, _labels(row.service, region), Rule(host, source=row.source)))
    for bucket in layout.inventory.s3_buckets:
        labels = _labels("s3", bucket.region or region)
        rule = Rule(f"bucket {bucket.name}", bucket.origin)
        found.append(_public(layout, bucket_host(layout, bucket), bucket.name, labels, rule))
    for api in layout.inventory.rest_apis:
        rule = Rule(f"REST API {api.name}", api.origin)
        found.append(_public(layout, api_host(layout, api), api.name, frozenset(), rule))
    return tuple(found)


def _labels(service: str, region: str) -> frozenset[str]:
    """The prefix list that holds a service's addresses, for those that have one."""
    kind = "s3" if service == "ecr.layers" else service
    return frozenset({prefix_list(kind, region)}) if kind in GATEWAY_SERVICES else frozenset()


def _public(layout: Layout, host: str, door: str, labels: frozenset[str], rule: Rule) -> PublicName:
    address = Address(layout.public, host, labels, labels_complete=True)
    return PublicName(host, "", alias_certain=True, address=address, door=door, rule=rule)


def lower_known_hosts(layout: Layout) -> tuple[KnownHost, ...]:
    """Which hosts are in prefix lists: those of S3 and DynamoDB in the regions in use, and no others that are known."""
    return tuple(
        KnownHost(host, _labels(row.service, region), frozenset())
        for region in layout.regions()
        for row in service_hosts().values()
        for host in row.in_region(region, "")
    )


def published(layout: Layout) -> dict[str, Address]:
    """Amazon's prefix lists as targets of questions."""
    names = [prefix_list(service, region) for region in layout.regions() for service in GATEWAY_SERVICES]
    return {name: Address(layout.public, name, labels=frozenset({name}), labels_complete=True) for name in names}


def cloud_labels(layout: Layout) -> frozenset[str]:
    """The prefix lists that hold hosts of AWS alone."""
    return frozenset(published(layout))
