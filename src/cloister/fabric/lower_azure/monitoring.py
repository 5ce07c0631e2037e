"""Monitoring through a private link scope: its endpoints take the names of every resource, and its modes say for whom.

The hosts are everybody's, so that whoever has a scope's records sends all monitoring through its endpoint: to resources
of the scope, and of others where its mode is Open and they take what comes from outside.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cloister.fabric.lower_azure.services import fill, known_services, name_rows
from cloister.fabric.services import Endpoint, Relay
from cloister.facts import tables
from cloister.inventory.azure import Inventory, OtherService
from cloister.verdict import Rule

SCOPE = "monitor"
RESOURCE = "insights"
_MODES = {"ingestion": "access_mode", "query": "query_access_mode"}


def with_monitoring(inventory: Inventory, endpoints: Iterable[Endpoint]) -> Iterator[Endpoint]:
    """The endpoints, those of scopes with what they lead to besides."""
    scopes = {service.name: service for service in inventory.services if service.kind == SCOPE}
    for endpoint in endpoints:
        scope = scopes.get(endpoint.service)
        yield endpoint if scope is None else _leading_on(inventory, scope, endpoint)


def _leading_on(inventory: Inventory, scope: OtherService, endpoint: Endpoint) -> Endpoint:
    doors, relays = list(endpoint.doors), list(endpoint.relays)
    for resource in (one for one in known_services(inventory) if one.kind == RESOURCE):
        for row in name_rows(inventory, RESOURCE):
            if scope.name in resource.scopes:
                doors.append(f"{resource.name}/{row.door}")
            else:
                host = fill(row.host, inventory, resource)
                relays.append(_relay(scope, resource, host, _MODES[row.door]))
    return replace(endpoint, doors=tuple(doors), relays=tuple(relays))


def _relay(scope: OtherService, resource: OtherService, host: str, attribute: str) -> Relay:
    mode = getattr(scope, attribute)
    rule = Rule(attribute, scope.origin.of(attribute), tables.behaviours()["monitor-scope"].source)
    outside = f"{resource.name} is not in scope {scope.name}"
    if mode is None:
        text = f"{outside}, and {attribute}, which says whether it is reached all the same, is not stated"
        return Relay(host, resource.name, None, text, rule, f"state {attribute} of {scope.name}")
    mend = f"add {scope.name} to the scopes of {resource.name}"
    if mode == "Open":
        text = f"{outside}, whose {attribute} is Open: passes on to it"
        return Relay(host, resource.name, passes=True, text=text, rule=rule, mend=mend)
    text = f"{outside}, whose {attribute} is PrivateOnly"
    return Relay(host, resource.name, passes=False, text=text, rule=rule, mend=mend)
