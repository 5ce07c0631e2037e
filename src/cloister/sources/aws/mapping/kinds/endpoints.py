"""VPC endpoints, whose subnets, groups, tables and policies may be stated apart."""

from cloister.sources.aws.mapping.estate import Part
from cloister.sources.aws.mapping.kinds.routes import fill_endpoint_table
from cloister.sources.aws.mapping.taking import listed, taken
from cloister.sources.declared import Unknown, Value


def fill_endpoint(part: Part) -> None:
    """Its type, which is Gateway where nothing is said, and what belongs to that type."""
    estate = part.estate
    kind = taken(part, "type")
    estate.put(part, "vpc_endpoint_type", "Gateway" if kind is None else kind, "type")
    for attribute, section in (("subnets", "subnets"), ("route_tables", "route_tables")):
        value = part.raw(attribute)
        if isinstance(value, Unknown):
            estate.put(part, attribute, value)
        elif value is not None:
            estate.put(part, attribute, estate.words(listed(value), section))


def _add(part: Part, attribute: str, section: str) -> None:
    """One more of a list that is stated apart."""
    estate = part.estate
    endpoint = estate.find(part.raw("endpoint"), "vpc-endpoint")
    if endpoint is None or endpoint.path is None:
        estate.homeless(part, "endpoint", "who reaches it is not judged", "vpc-endpoint", key=f"{attribute}s")
        return
    stated = estate.draft.stated((*endpoint.path, f"{attribute}s"))
    before: list[Value] = stated if isinstance(stated, list) else []
    word = estate.draft.word(part.raw(attribute.removeprefix("security_")), (section,))
    estate.draft.put((*endpoint.path, f"{attribute}s"), [*before, word], part.place())


def fill_subnet(part: Part) -> None:
    """One more subnet."""
    _add(part, "subnet", "subnets")


def fill_group(part: Part) -> None:
    """One more security group."""
    _add(part, "security_group", "security_groups")


def fill_policy(part: Part) -> None:
    """The policy of an endpoint."""
    endpoint = part.estate.find(part.raw("endpoint"), "vpc-endpoint")
    if endpoint is None or endpoint.path is None:
        part.estate.homeless(part, "endpoint", "what it lets through is not judged", "vpc-endpoint", key="policy")
        return
    part.estate.draft.put((*endpoint.path, "policy"), taken(part, "policy"), part.place("policy"))


FILLS = {
    "vpc-endpoint": fill_endpoint,
    "endpoint-table": fill_endpoint_table,
    "endpoint-subnet": fill_subnet,
    "endpoint-group": fill_group,
    "endpoint-policy": fill_policy,
}
