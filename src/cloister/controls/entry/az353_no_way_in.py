"""AZ353: people have a private way in."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide
from cloister.controls.traffic import Traffic, by_place, refused
from cloister.inventory.azure import Inventory

_NEED = "free compute"
_INSIDE = "jump-host"

CONTROL = Control(
    id="AZ353",
    title="People reach the workspace by VPN, by ExpressRoute, or by Bastion and a jump host",
    why="A workspace that is closed to the internet is closed to its people too, unless a private way leads to it.",
    remedy="Add a gateway to where people sit, or a Bastion and a jump host.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        network_security_guide(
            "Access the resources in the virtual network: VPN gateway, ExpressRoute, Bastion and the jump host"
        ),
    ),
    aliases=("S0-21", "S3-R11"),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """The way to the workspace from each place where people sit, or the lack of such a place."""
    doors = tuple(f" -> {workspace.name}:443" for workspace in inventory.workspaces)
    return by_place(
        inventory,
        ("three-loops",),
        lambda posed: posed.heading == _NEED and (posed.absent != "" or posed.intent.question.endswith(doors)),
    )


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding where the way is refused, or where nobody gets onto the jump host that people would work on."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
    inventory = environment.inventory
    host = next((one for one in inventory.machines if one.name == traffic.place and one.purpose == _INSIDE), None)
    if host and not (inventory.bastions or inventory.gateways or host.public_ip):
        message = "neither a Bastion nor a gateway leads to it, and it has no public address"
        yield CONTROL.finding(f'machine "{host.name}"', message, at=host.origin)
