"""Faults of APIs: methods without the authorizer that they need, and links to what is no network load balancer."""

from collections.abc import Iterator

from cloister.errors import Fault
from cloister.inventory.aws import ApiMethod, Inventory, RestApi
from cloister.sources.wording import near_miss

_BY_AUTHORIZER = ("CUSTOM", "COGNITO_USER_POOLS")


def api_faults(inventory: Inventory) -> Iterator[Fault]:
    """Every method whose authorizer is not there, and every VPC link that AWS would refuse."""
    kinds = {one.name: one.load_balancer_type for one in inventory.load_balancers}
    for link in inventory.vpc_links:
        if kinds.get(link.target, "network") != "network":
            reason = f"leads to load balancer {link.target}, which is no network one"
            mend = "name one with load_balancer_type: network"
            yield Fault(f'VPC link "{link.name}"', reason, mend, link.origin.of("target"))
    for api in inventory.rest_apis:
        for resource in api.resources:
            for method in resource.methods:
                yield from _of_method(api, f'method "{api.name}/{resource.name}/{method.name}"', method)


def _of_method(api: RestApi, thing: str, method: ApiMethod) -> Iterator[Fault]:
    known = [one.name for one in api.authorizers]
    place = method.origin.of("authorizer")
    if method.authorization in _BY_AUTHORIZER and method.authorizer is None:
        reason = f"is authorized by {method.authorization} and names no authorizer"
        yield Fault(thing, reason, f"add authorizer: {known[0] if known else 'NAME'}", method.origin)
    elif method.authorizer is not None and method.authorization not in _BY_AUTHORIZER:
        reason = f"names authorizer {method.authorizer}, which {method.authorization} does not ask"
        yield Fault(thing, reason, "remove authorizer, or write authorization: CUSTOM", place)
    elif method.authorizer is not None and method.authorizer not in known:
        near = near_miss(method.authorizer, known)
        reason = f'authorizer "{method.authorizer}" names no authorizer of {api.name}'
        yield Fault(thing, reason, f"write {near}" if near else "declare it under authorizers", place)
