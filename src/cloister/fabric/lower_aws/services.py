"""Services of AWS in a region, buckets and APIs as services with doors, and interface endpoints that lead to them."""

from collections.abc import Iterator

from cloister.fabric.listeners import Onward
from cloister.fabric.lower_aws.filters import groups_filter
from cloister.fabric.lower_aws.layout import Layout
from cloister.fabric.lower_aws.policies import EXECUTE, S3, TakenIn, api_id, taken_by_api, taken_by_bucket, through
from cloister.fabric.services import Door, Endpoint, PublicAccess, Relay, Service
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.facts.aws_services import service_hosts, short_name
from cloister.facts.well_known_ports import HTTPS
from cloister.inventory.aws import Bucket, Inventory, RestApi, VpcEndpoint
from cloister.verdict import Rule

_DEFAULT_PORTS = {"http": 80, "https": HTTPS}


def lower_services(layout: Layout) -> dict[str, Service]:
    """Every service by name: Amazon's own, the environment's buckets, and its APIs."""
    named = [_amazons(layout, name) for name in service_hosts()]
    others = {short_name(one.service_name) for one in layout.inventory.vpc_endpoints} - set(service_hosts())
    unnamed = [_unnamed(name) for name in sorted(others)]
    buckets = [_bucket(layout, bucket) for bucket in layout.inventory.s3_buckets]
    apis = [_api(layout, api) for api in layout.inventory.rest_apis]
    return {service.name: service for service in (*named, *unnamed, *buckets, *apis)}


def _amazons(layout: Layout, name: str) -> Service:
    row = service_hosts()[name]
    rule = Rule(f"{name} of AWS", source=row.source)
    hosts = row.in_region(layout.inventory.region, layout.account_id(None))
    login = Rule("requests are signed, and what the signer may do is his right")
    return Service(name, "aws", (Door(name, name, hosts[0], HTTPS, ()),), _open(rule), rule, login=login)


def _unnamed(name: str) -> Service:
    """A service that an endpoint is for, and whose host names are not known here."""
    rule = Rule(name)
    return Service(name, "aws", (), _open(rule), rule)


def _open(rule: Rule) -> PublicAccess:
    return PublicAccess(True, True, (), AddressSet(), rule, rule)  # noqa: FBT003 - enabled, and open to all


def bucket_host(layout: Layout, bucket: Bucket) -> str:
    """The host name of a bucket."""
    return f"{bucket.bucket_name}.s3.{bucket.region or layout.inventory.region}.amazonaws.com"


def api_host(layout: Layout, api: RestApi) -> str:
    """The host name of an API."""
    return f"{api_id(api)}.execute-api.{api.region or layout.inventory.region}.amazonaws.com"


def _bucket(layout: Layout, bucket: Bucket) -> Service:
    taken = taken_by_bucket(layout, bucket)
    rule = Rule(f"bucket {bucket.name}", bucket.origin)
    default = Rule(f"the policy of bucket {bucket.name}", bucket.origin.of("policy"))
    blocked = bucket.block_public_policy and bucket.restrict_public_buckets
    what = "requests need a signature and a right" + ("" if blocked else ", unless its policy gives one to everybody")
    return Service(
        name=bucket.name,
        kind="bucket",
        doors=(Door(bucket.name, bucket.name, bucket_host(layout, bucket), HTTPS, ()),),
        public=_limited(layout, taken, default),
        rule=rule,
        gap=taken.gap,
        login=Rule(what, bucket.origin.of("block_public_policy")),
    )


def _limited(layout: Layout, taken: TakenIn, default: Rule) -> PublicAccess:
    """Whom a resource takes in: from outside, by gateway endpoints (as their subnets), and by interfaces."""
    return PublicAccess(
        enabled=True,
        open_to_all=taken.everybody,
        segments=tuple(_behind_gateways(layout, taken.endpoints)),
        addresses=taken.addresses,
        switch=default,
        default=default,
        endpoints=taken.endpoints,
    )


def _behind_gateways(layout: Layout, names: frozenset[str]) -> Iterator[str]:
    """The subnets whose route tables lead to one of some gateway endpoints."""
    tables_of = {one.vpc: one.route_tables for one in layout.inventory.vpc_endpoints if one.name in names}
    for vpc, subnet in layout.inventory.subnets():
        table = layout.table_of(vpc, subnet)
        if table and table.name in tables_of.get(vpc.name, ()):
            yield f"{vpc.name}/{subnet.name}"


def _api(layout: Layout, api: RestApi) -> Service:
    taken = taken_by_api(layout, api)
    private = api.endpoint_type == "PRIVATE"
    rule = Rule(f"REST API {api.name}", api.origin)
    default = Rule(f"the resource policy of {api.name}", api.origin.of("policy"))
    refuses, mend = _switched_off(api)
    return Service(
        name=api.name,
        kind="api",
        doors=(Door(api.name, api.name, api_host(layout, api), HTTPS, ()),),
        public=PublicAccess(
            enabled=not private,
            open_to_all=not private and taken.everybody,
            segments=(),
            addresses=taken.addresses,
            switch=Rule(f"endpoint_type of {api.name}", api.origin.of("endpoint_type")),
            default=default,
            endpoints=taken.endpoints if private else frozenset(),
        ),
        rule=rule,
        gap=taken.gap,
        login=Rule(_logins(api), api.origin.of("resources")),
        refuses=refuses,
        mend=mend,
        onward=tuple(_onward(layout, api)),
    )


def _switched_off(api: RestApi) -> tuple[str, str]:
    """Why an API lets in nobody at all, and what would change that."""
    if api.disable_execute_api_endpoint:
        return "its own host name is switched off", "set disable_execute_api_endpoint: false"
    if api.endpoint_type == "PRIVATE" and api.policy is None:
        return "it is private and has no resource policy, so it lets in nobody", f"give {api.name} a policy"
    return "", ""


def _logins(api: RestApi) -> str:
    """Who authorizes what, in words."""
    by_kind: dict[str, list[str]] = {}
    for resource in api.resources:
        for method in resource.methods:
            by_kind.setdefault(method.authorization, []).append(f"{method.name} {resource.name}")
    told = [f"{kind} decides about {', '.join(methods)}" for kind, methods in by_kind.items() if kind != "NONE"]
    if open_ := by_kind.get("NONE"):
        told.append(f"nobody decides about {', '.join(open_)}")
    return "; ".join(told) or "it has no methods"


def _onward(layout: Layout, api: RestApi) -> Iterator[Onward]:
    """Where an API hands on what it lets in by VPC links: each port of each link once."""
    seen: set[tuple[str, int]] = set()
    for resource in api.resources:
        for method in resource.methods:
            integration = method.integration
            if integration is None or integration.vpc_link is None:
                continue
            port = _port(integration.uri or "")
            if (integration.vpc_link, port) not in seen:
                seen.add((integration.vpc_link, port))
                yield _by_link(layout, integration.vpc_link, port)


def _by_link(layout: Layout, name: str, port: int) -> Onward:
    link = next(one for one in layout.inventory.vpc_links if one.name == name)
    balancer = next(one for one in layout.inventory.load_balancers if one.name == link.target)
    bound = balancer.enforce_security_group_inbound_rules_on_private_link_traffic == "on"
    rule = Rule(f"VPC link {name}", link.origin, tables.aws_behaviours()["link-groups"].source)
    mend = f"switch enforce_security_group_inbound_rules_on_private_link_traffic of {balancer.name} off"
    return Onward(rule, layout.place_names("load_balancers", balancer.name), port, bound, mend=mend)


def _port(uri: str) -> int:
    """The port of an address: its own, or that of its scheme."""
    scheme, _, rest = uri.partition("://")
    host = rest.partition("/")[0]
    _, colon, port = host.rpartition(":")
    return int(port) if colon and port.isdecimal() else _DEFAULT_PORTS.get(scheme, 80)


def lower_endpoints(layout: Layout) -> tuple[Endpoint, ...]:
    """The interface endpoints, once for each of their subnets."""
    return tuple(
        found
        for endpoint in layout.inventory.vpc_endpoints
        if endpoint.vpc_endpoint_type == "Interface"
        for found in _interfaces(layout, endpoint)
    )


def _interfaces(layout: Layout, endpoint: VpcEndpoint) -> Iterator[Endpoint]:
    service, found = short_name(endpoint.service_name), layout.interfaces_of("vpc_endpoints", endpoint.name)
    for one in found:
        alone = len(found) == 1
        if one.address is None:
            continue
        yield Endpoint(
            name=endpoint.name if alone else f"{endpoint.name}[{one.subnet.partition('/')[2]}]",
            addresses=(one.address,),
            segment=one.subnet,
            service=service,
            doors=doors_of(layout.inventory, service),
            state="available",
            approved=True,
            filters_bind=True,
            rule=Rule(f"VPC endpoint {endpoint.name}", endpoint.origin),
            local_routes=True,
            relays=tuple(_hidden(layout, endpoint, service)),
            filter=groups_filter(layout, one.groups, endpoint.origin),
            policy=through(layout, endpoint),
            called=endpoint.name,
            routed=True,
        )


def doors_of(inventory: Inventory, service: str) -> tuple[str, ...]:
    """The doors behind an endpoint for a service: its own, and for buckets and private APIs those of each."""
    own = (service,) if service in service_hosts() else ()
    if service == S3:
        return (*own, *(bucket.name for bucket in inventory.s3_buckets))
    private = (api.name for api in inventory.rest_apis if api.endpoint_type == "PRIVATE")
    return (*own, *private) if service == EXECUTE else own


def _hidden(layout: Layout, endpoint: VpcEndpoint, service: str) -> Iterator[Relay]:
    """Public APIs, which an endpoint with private names hides from its VPC."""
    source = tables.aws_behaviours()["private-api"].source
    rule = Rule(f"private_dns_enabled of {endpoint.name}", endpoint.origin.of("private_dns_enabled"), source)
    for api in layout.inventory.rest_apis if service == EXECUTE else ():
        if api.endpoint_type != "PRIVATE":
            text = f"answers for private APIs alone, and {api.name} is a public one"
            mend = f"make {api.name} private, or switch private_dns_enabled of {endpoint.name} off"
            yield Relay(api_host(layout, api), api.name, passes=False, text=text, rule=rule, mend=mend)
