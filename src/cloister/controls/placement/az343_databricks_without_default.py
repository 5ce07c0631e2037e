"""AZ343: the network of Databricks has the subnet that is asked for."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.databricks import homes_of
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Inventory, OtherService

_DEFAULT = "default"
_OWN = 2  # the subnets of a cluster itself: one for its hosts, one for its containers

CONTROL = Control(
    id="AZ343",
    title="The network of Databricks has the subnet default beside the two of the cluster",
    why="The guide asks for the subnet that a new network comes with, beside the private and the public one of "
    "the cluster.",
    remedy="Add a subnet named default to the network.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        training_guide(
            "Azure Databricks: the default subnet is required in addition to databricks-private and databricks-public"
        ),
    ),
    aliases=("S2-16",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Databricks workspaces with nodes in a network."""
    return homes_of(inventory)


def check(service: OtherService, environment: Environment) -> Iterator[Finding]:
    """A finding where the subnet default is missing, and one where the nodes name fewer than two subnets."""
    thing, home = f'service "{service.name}"', service.subnets[0].partition("/")[0]
    network = environment.inventory.network(home)
    if network and _DEFAULT not in {subnet.name for subnet in network.subnets}:
        message = f"network {home} has no subnet {_DEFAULT}"
        yield CONTROL.finding(thing, message, at=network.origin, mend=f"add subnet {_DEFAULT} to network {home}")
    if len(service.subnets) < _OWN:
        message = "its nodes name one subnet, and a cluster takes two"
        yield CONTROL.finding(thing, message, at=service.origin.of("subnets"), mend="name the second subnet as well")
