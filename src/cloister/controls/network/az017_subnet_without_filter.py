"""AZ017: each subnet has a filter of its own."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import page, security_baseline
from cloister.inventory.azure import Inventory, Subnet

# Azure refuses a filter on the first two, and asks for a special one, or none, on the third.
_SPECIAL = ("GatewaySubnet", "AzureFirewallSubnet", "AzureFirewallManagementSubnet", "AzureBastionSubnet")

CONTROL = Control(
    id="AZ017",
    title="Each subnet has a network security group",
    why="Without a filter every machine of the subnet is open to every other network that is peered or connected.",
    remedy="Give the subnet a network security group whose last rule denies.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        security_baseline("NS-1"),
        page(
            "How network security groups filter network traffic",
            "Inbound and outbound traffic",
            "azure/virtual-network/network-security-group-how-it-works",
        ),
    ),
    aliases=("MSB-NS-1b", "DEP-NET-1", "CKV2_AZURE_31", "PSRule Azure.VNET.UseNSGs AZR-000263"),
)


def subjects(inventory: Inventory) -> Iterable[tuple[str, Subnet]]:
    """Every subnet that may have a filter, with its full name."""
    return [
        (f"{network.name}/{subnet.name}", subnet)
        for network, subnet in inventory.subnets()
        if subnet.name not in _SPECIAL
    ]


def check(named: tuple[str, Subnet], _: Environment) -> Iterator[Finding]:
    """A finding where the subnet has no filter."""
    name, subnet = named
    if subnet.network_security_group is None:
        yield CONTROL.finding(
            f'subnet "{name}"',
            "no network security group stands before it",
            at=subnet.origin.of("network_security_group"),
            mend="name a network security group for it, whose last rule denies",
        )
