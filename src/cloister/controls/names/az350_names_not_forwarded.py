"""AZ350: name servers of one's own forward the public suffixes."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.forwarding import not_forwarded, own_servers
from cloister.controls.sources import lately, training_guide
from cloister.controls.wording import listed
from cloister.inventory.azure import Inventory, NameServer, OnPremises

CONTROL = Control(
    id="AZ350",
    title="Name servers of one's own forward the public suffix of every private endpoint",
    why="Clients ask for the public name: a server that forwards the privatelink name alone, or nothing, sends "
    "them to the public address, which is closed.",
    remedy="Forward the public suffixes to the firewall's DNS proxy or a private resolver.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        lately(
            "Azure private endpoint DNS integration",
            "On-premises workloads using a DNS forwarder: the public zone, not privatelink",
            "azure/private-link/private-endpoint-dns",
        ),
        training_guide("Prerequisites: DNS forwarding where the DNS server is one of your own"),
    ),
    aliases=("S2-07", "S3-R10"),
)


def subjects(inventory: Inventory) -> Iterable[OnPremises | NameServer]:
    """The name servers of connected sites, and those on machines that networks ask."""
    return own_servers(inventory)


def check(server: OnPremises | NameServer, environment: Environment) -> Iterator[Finding]:
    """A finding for the suffixes that it does not forward."""
    missing = not_forwarded(environment.inventory, server)
    if not missing:
        return
    is_site = isinstance(server, OnPremises)
    thing = f'on-premises site "{server.name}"' if is_site else f'name server "{server.name}"'
    message = f"it does not forward {listed(missing)}, under which private endpoints have their names"
    mend = f"forward {listed(missing)} to where the private zones are linked"
    place = server.origin.of("conditional_forwarders" if is_site else "forwards")
    yield CONTROL.finding(thing, message, at=place, mend=mend)
