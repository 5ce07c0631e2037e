"""AZ150: each private endpoint is needed."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import price
from cloister.inventory.azure import Inventory, PrivateEndpoint

CONTROL = Control(
    id="AZ150",
    title="Each private endpoint carries traffic, and no network pays for two to one door",
    why="An endpoint costs by the hour, whether its connection is approved or not, and a second one in a network "
    "carries nothing that the first does not.",
    remedy="Remove the endpoint, or have its connection approved.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.INVENTORY,
    sources=(price("Azure Private Link", "a private endpoint by the hour, data in and out by the GB", "private-link"),),
    aliases=("S0-C2",),
)


def subjects(inventory: Inventory) -> Iterable[PrivateEndpoint]:
    """Every private endpoint."""
    return inventory.private_endpoints


def check(endpoint: PrivateEndpoint, environment: Environment) -> Iterator[Finding]:
    """A finding for one that carries nothing, and for one of which its network has another before it."""
    thing = f'private endpoint "{endpoint.name}"'
    if endpoint.approval != "Approved":
        message = f"it is paid for and carries nothing: approval is {endpoint.approval}"
        mend = "have the connection approved, or remove the endpoint"
        yield CONTROL.finding(thing, message, at=endpoint.origin.of("approval"), mend=mend)
        return
    alike = [one for one in environment.inventory.private_endpoints if _door(one) == _door(endpoint)]
    if alike[0] is not endpoint and alike[0] != endpoint:
        network, target, subresource = _door(endpoint)
        message = f"{network} pays for {alike[0].name} to {target} ({subresource}) already"
        yield CONTROL.finding(thing, message, at=endpoint.origin, mend="remove one of the two")


def _door(endpoint: PrivateEndpoint) -> tuple[str, str, str]:
    return endpoint.subnet.partition("/")[0], endpoint.target, endpoint.subresource
