"""AZ272: names are asked inside."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.facts.tables import platform_addresses
from cloister.inventory.azure import Inventory, VirtualNetwork

CONTROL = Control(
    id="AZ272",
    title="Networks ask only name servers of one's own, or Azure's",
    why="A stranger's name server sees every name that is asked, and decides where each connection goes; private "
    "zones it does not know.",
    remedy="Set dns_servers to the firewall, a resolver or a server of your own, or leave it out.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_183", "Ensure that VNET uses local DNS addresses"),),
    aliases=("CKV_AZURE_183",),
)


def subjects(inventory: Inventory) -> Iterable[VirtualNetwork]:
    """Every network."""
    return inventory.networks


def check(network: VirtualNetwork, environment: Environment) -> Iterator[Finding]:
    """A finding for each server that lies in no network and at no site, and is not Azure's."""
    inventory = environment.inventory
    own = [prefix for one in inventory.networks for prefix in one.address_space]
    own += [prefix for one in inventory.on_premises for prefix in one.address_space]
    for server in network.dns_servers:
        if str(server) != platform_addresses()[0].address and not any(server in prefix for prefix in own):
            yield CONTROL.finding(
                f'network "{network.name}"',
                f"its names are asked of {server}, which stands in no network and at no site of this environment",
                at=network.origin.of("dns_servers"),
                mend="ask a server of your own, or describe the place where it stands",
            )
