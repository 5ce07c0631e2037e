"""AZ328: the gateway's subnet has room for what comes."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately
from cloister.facts.azure_subnets import GATEWAY_RECOMMENDED_PREFIX, GATEWAY_SUBNET
from cloister.inventory.azure import Inventory, Subnet

CONTROL = Control(
    id="AZ328",
    title="The gateway's subnet is /27 or larger",
    why="Azure takes a smaller one, and then has no room for a second gateway or a larger one: it has to be taken "
    "down to be widened, and every site with it.",
    remedy="Give GatewaySubnet a prefix of /27 or larger.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(
        lately(
            "About VPN Gateway configuration settings",
            "Gateway subnet",
            "azure/vpn-gateway/vpn-gateway-about-vpn-gateway-settings",
        ),
    ),
    aliases=("S3-S1",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[str, Subnet]]:
    """Gateway subnets; the sizes without which Azure refuses a subnet are faults of the document."""
    named = ((f"{network.name}/{subnet.name}", subnet) for network, subnet in inventory.subnets())
    return [(name, subnet) for name, subnet in named if subnet.name == GATEWAY_SUBNET]


def check(named: tuple[str, Subnet], _: Environment) -> Iterator[Finding]:
    """A finding where it is smaller than Azure recommends."""
    name, subnet = named
    if subnet.prefix.prefixlen > GATEWAY_RECOMMENDED_PREFIX:
        message = f"its prefix {subnet.prefix} is smaller than /{GATEWAY_RECOMMENDED_PREFIX}"
        yield CONTROL.finding(f'subnet "{name}"', message, at=subnet.origin.of("prefix"))
