"""What the policies of endpoints, buckets and APIs say about the way: what passes an endpoint, and who is taken in.

A bucket that is nobody's here stands for any stranger's. Rights are another question: a statement that is about some
principals only lets somebody through, and so the way is open.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from cloister.fabric.addresses import any_of
from cloister.fabric.lower_aws.layout import Layout
from cloister.fabric.lower_aws.statements import Known, Statement, lets_through, statements
from cloister.fabric.policies import ServicePolicy
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.facts.aws_services import LAYERS, prefix_list, short_name
from cloister.inventory.aws import Bucket, RestApi, RouteTable, Vpc, VpcEndpoint
from cloister.verdict import Rule

S3 = "s3"
EXECUTE = "execute-api"
_DATA = ("s3:GetObject", "s3:PutObject")
_INVOKE = ("execute-api:Invoke",)
_ARN = "arn:aws:s3:::"
_STRANGER = "000000000000"
_ACCOUNT_KEYS = ("aws:resourceaccount", "s3:resourceaccount")
_BY_ADDRESS = {"NotIpAddress": False, "IpAddress": True}


def through_gateways(layout: Layout, vpc: Vpc, table: RouteTable | None) -> Iterator[ServicePolicy]:
    """What the policies of the gateway endpoints of a route table let through, where they limit anything."""
    for endpoint in layout.inventory.vpc_endpoints:
        if table and endpoint.vpc == vpc.name and table.name in endpoint.route_tables:
            policy = through(layout, endpoint)
            if policy:
                yield policy


def through(layout: Layout, endpoint: VpcEndpoint) -> ServicePolicy | None:
    """What the policy of an endpoint lets through; nothing where it limits nothing that is followed."""
    service = short_name(endpoint.service_name)
    if endpoint.policy is None or service not in (S3, EXECUTE):
        return None
    found = statements(endpoint.policy)
    return _of_buckets(layout, endpoint, found) if service == S3 else _of_apis(layout, endpoint, found)


def _rule(endpoint: VpcEndpoint) -> Rule:
    source = tables.aws_behaviours()["endpoint-policy"].source
    return Rule(f"policy of endpoint {endpoint.name}", endpoint.origin.of("policy"), source)


def _kind(layout: Layout, endpoint: VpcEndpoint) -> str:
    vpc = next(one for one in layout.inventory.vpcs if one.name == endpoint.vpc)
    return prefix_list(short_name(endpoint.service_name), layout.region_of(vpc))


def _of_buckets(layout: Layout, endpoint: VpcEndpoint, found: tuple[Statement, ...]) -> ServicePolicy | None:
    strangers, doubtful = _strangers(found)
    if strangers == ("*",) and not doubtful:
        return None
    own = {
        bucket.name: (bucket.bucket_name, layout.account_id(bucket.account)) for bucket in layout.inventory.s3_buckets
    }
    own |= {LAYERS: (layer_bucket(layout, endpoint), _STRANGER)}
    let = {
        name: lets_through(found, _DATA, f"{_ARN}{called}/key", _of_account(account))
        for name, (called, account) in own.items()
    }
    doubtful += tuple(name for name, answer in let.items() if answer is None)
    return ServicePolicy(
        kind=_kind(layout, endpoint),
        services=frozenset(name for name, answer in let.items() if answer),
        groups=tuple(f"what {text} is about" for text in doubtful),
        rule=_rule(endpoint),
        patterns=strangers,
    )


def layer_bucket(layout: Layout, endpoint: VpcEndpoint) -> str:
    """The bucket of Amazon's that holds the layers of images in a region."""
    vpc = next(one for one in layout.inventory.vpcs if one.name == endpoint.vpc)
    return f"prod-{layout.region_of(vpc)}-starport-layer-bucket"


def _of_account(account: str) -> Known:
    return dict.fromkeys(_ACCOUNT_KEYS, (account,) if account else None)


def _strangers(found: tuple[Statement, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of strangers' buckets that a policy lets through, with `*`, and the statements that leave a doubt."""
    known = _of_account(_STRANGER)
    speaking = [one for one in found if any(one.about_action(action) for action in _DATA)]
    denied = [one for one in speaking if not one.allow and one.meets(known) is not False]
    doubtful = [one.name for one in denied if one.meets(known) is None or one.principals or "*" not in _buckets(one)]
    if any(one.name not in doubtful for one in denied):
        return (), ()
    doubtful += [one.name for one in speaking if one.allow and one.meets(known) is None]
    names = [name for one in speaking if one.allow and one.meets(known) for name in _buckets(one)]
    return ("*",) if "*" in names else tuple(dict.fromkeys(names)), tuple(doubtful)


def _buckets(statement: Statement) -> list[str]:
    """The names of buckets that a statement is about."""
    return [
        "*" if one in ("*", f"{_ARN}*") else one.removeprefix(_ARN).partition("/")[0] for one in statement.resources
    ]


def _of_apis(layout: Layout, endpoint: VpcEndpoint, found: tuple[Statement, ...]) -> ServicePolicy:
    let = {api.name: lets_through(found, _INVOKE, _arn_of(layout, api), {}) for api in layout.inventory.rest_apis}
    return ServicePolicy(
        kind=_kind(layout, endpoint),
        services=frozenset(name for name, answer in let.items() if answer),
        groups=tuple(f"what the policy says of {name}" for name, answer in let.items() if answer is None),
        rule=_rule(endpoint),
    )


def _arn_of(layout: Layout, api: RestApi) -> str:
    region, account = api.region or layout.inventory.region, layout.account_id(api.account)
    return f"arn:aws:execute-api:{region}:{account}:{api_id(api)}/stage/GET/path"


def api_id(api: RestApi) -> str:
    """The first part of an API's host name, which stands in where AWS has not given one yet."""
    return api.api_id or api.name.lower().replace("_", "-").replace(".", "-")


@dataclass(frozen=True, slots=True)
class TakenIn:
    """Whom a resource takes in: everybody from outside or only from some addresses, and by which endpoints.

    `gap` says what of it is not known.
    """

    everybody: bool
    addresses: AddressSet
    endpoints: frozenset[str]
    gap: str = ""


def taken_by_bucket(layout: Layout, bucket: Bucket) -> TakenIn:
    """Whom a bucket takes in: its policy can only take away, because rights may come from elsewhere."""
    found = statements(bucket.policy) if bucket.policy else ()
    denying = [
        one
        for one in found
        if not one.allow
        and not one.principals
        and any(one.about_action(action) for action in _DATA)
        and one.about_resource(f"{_ARN}{bucket.bucket_name}/key")
    ]
    return _taken(layout, S3, denying, f"the policy of {bucket.name}")


def taken_by_api(layout: Layout, api: RestApi) -> TakenIn:
    """Whom an API takes in by its resource policy: what it denies, and of a private one also what it does not allow."""
    found = statements(api.policy) if api.policy else ()
    arn = _arn_of(layout, api)
    about = [one for one in found if one.about_action(_INVOKE[0]) and _about_api(one, arn)]
    taken = _taken(
        layout, EXECUTE, [one for one in about if not one.allow and not one.principals], f"policy of {api.name}"
    )
    if not about or (api.endpoint_type != "PRIVATE" and any(one.allow and not one.conditions for one in about)):
        return taken
    allowing = [one for one in about if one.allow]
    return _only_allowed(layout, taken, allowing, f"policy of {api.name}")


def _about_api(statement: Statement, arn: str) -> bool:
    """Resources of an API's own policy may be written short: `execute-api:/*`, or `*`."""
    return any(one.startswith("execute-api:/") for one in statement.resources) or statement.about_resource(arn)


def _taken(layout: Layout, service: str, denying: list[Statement], whose: str) -> TakenIn:
    outside = [_denies_outside(one) for one in denying]
    addresses = [_addresses(one) for one in denying if _addresses(one) is not None]
    gap = ""
    if None in outside and True not in outside and not addresses:
        gap = f"whether {whose} lets callers from outside in hangs on a condition that is not followed"
    endpoints: set[str] = set()
    for endpoint in _endpoints(layout, service):
        answer = any_of(one.meets(_by_endpoint(endpoint)) for one in denying)
        if answer is None:
            gap = gap or f"whether {whose} lets in what comes by {endpoint.name} is not known"
        elif not answer:
            endpoints.add(endpoint.name)
    closed = True in outside or bool(addresses)
    allowed = AddressSet() if True in outside else AddressSet.union(one for one in addresses if one is not None)
    return TakenIn(not closed, allowed, frozenset(endpoints), gap)


def _only_allowed(layout: Layout, taken: TakenIn, allowing: list[Statement], whose: str) -> TakenIn:
    """The same, without whom no statement allows."""
    outside = any_of(True if _addresses(one) is not None else one.meets(_OUTSIDE) for one in allowing)
    addresses = [found for one in allowing if (found := _addresses(one)) is not None]
    gap = taken.gap
    if outside is None:
        gap = gap or f"whether {whose} lets callers from outside in hangs on a condition that is not followed"
    endpoints = set()
    for endpoint in _endpoints(layout, EXECUTE):
        answer = any_of(one.meets(_by_endpoint(endpoint)) for one in allowing)
        if answer is None:
            gap = gap or f"whether {whose} lets in what comes by {endpoint.name} is not known"
        elif answer and endpoint.name in taken.endpoints:
            endpoints.add(endpoint.name)
    limited = AddressSet.union(addresses)
    everybody = taken.everybody and any(one.meets(_OUTSIDE) for one in allowing)
    return TakenIn(everybody, limited or taken.addresses, frozenset(endpoints), gap)


def _endpoints(layout: Layout, service: str) -> Iterator[VpcEndpoint]:
    return (one for one in layout.inventory.vpc_endpoints if short_name(one.service_name) == service)


_OUTSIDE: Known = {
    "aws:sourcevpce": (),
    "aws:sourcevpc": (),
    "aws:securetransport": ("true",),
    "aws:viaawsservice": ("false",),
    "aws:calledvia": (),
    "aws:sourceip": None,
}
"""What is known of a caller from outside: that he comes by no endpoint, and that he uses TLS."""


def _by_endpoint(endpoint: VpcEndpoint) -> Known:
    inside = {"aws:sourcevpce": (endpoint.name,), "aws:sourcevpc": (endpoint.vpc,), "aws:sourceip": ()}
    return {**_OUTSIDE, **inside}


def _denies_outside(statement: Statement) -> bool | None:
    """Whether a denial is about all callers from outside; not where it spares some addresses."""
    return False if _addresses(statement) is not None else statement.meets(_OUTSIDE)


def _addresses(statement: Statement) -> AddressSet | None:
    """The addresses that alone are spared, or allowed, by a statement whose other conditions hold outside."""
    by_address = [one for one in statement.conditions if one[1] == "aws:sourceip" and one[0] in _BY_ADDRESS]
    if len(by_address) != 1 or _BY_ADDRESS[by_address[0][0]] is not statement.allow:
        return None
    others = tuple(one for one in statement.conditions if one not in by_address)
    rest = Statement(
        statement.name,
        statement.allow,
        statement.actions,
        statement.resources,
        statement.principals,
        others,
        True,  # noqa: FBT003 - understood
    )
    if not (statement.understood and rest.meets(_OUTSIDE)):
        return None
    try:
        return AddressSet.of(*(IPv4Network(text) for text in by_address[0][2] if ":" not in text))
    except (AddressValueError, NetmaskValueError, ValueError):
        return None
