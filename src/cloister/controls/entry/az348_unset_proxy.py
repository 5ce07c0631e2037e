"""AZ348: whoever needs a proxy knows it."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import training_guide
from cloister.inventory.azure import Compute, Inventory

CONTROL = Control(
    id="AZ348",
    title="Instances in subnets that go through a proxy name it, and export it to whoever works on them",
    why="The editor's server and package managers read HTTP_PROXY and HTTPS_PROXY; what starts without them goes "
    "past the proxy and waits until it gives up.",
    remedy="Name the proxy on the instance, and export both variables in ~/.bashrc by a setup script.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(training_guide("Required public internet access: HTTP_PROXY and HTTPS_PROXY in ~/.bashrc"),),
    aliases=("S2-54",),
    question="Does a setup script of the instance export HTTP_PROXY and HTTPS_PROXY?",
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every instance in a subnet."""
    return [one for one in inventory.computes if one.kind == "instance" and one.subnet]


def check(instance: Compute, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where others of its subnet name a proxy and it does not; due where it names one, for who exports it."""
    thing, neighbours = f'compute instance "{instance.name}"', environment.inventory.computes
    named = next((one for one in neighbours if one.subnet == instance.subnet and one.proxy), None)
    if named is None:
        return
    if instance.proxy is None:
        message = f"{named.name} of the same subnet goes through proxy {named.proxy}, and it names none"
        mend = f"set proxy: {named.proxy}"
        yield CONTROL.finding(thing, message, at=instance.origin.of("proxy"), mend=mend)
    else:
        yield CONTROL.due(thing, at=instance.origin.of("proxy"))
