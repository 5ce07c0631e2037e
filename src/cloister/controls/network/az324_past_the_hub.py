"""AZ324: what goes between spokes past the hub is judged all the same."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately
from cloister.inventory.azure import Inventory, Peering, SecurityRule

CONTROL = Control(
    id="AZ324",
    title="Spokes that are peered past the hub admit from each other only what a rule names",
    why="A peering between spokes goes around the firewall of the hub: only the filters of the subnets are left "
    "to judge what passes.",
    remedy="Let the spokes reach each other through the hub, or end the filters at both ends with a rule that denies.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        lately(
            "Hub-spoke network topology in Azure",
            "Spoke virtual networks: communication through a hub appliance or by peering",
            "azure/architecture/networking/architecture/hub-spoke",
        ),
    ),
    aliases=("S3-S3",),
)


def subjects(inventory: Inventory) -> Iterable[Peering]:
    """Halves of peerings between two networks that are both peered with a network that has a firewall or a gateway."""
    hubs = {one.network for one in inventory.firewalls} | {one.network for one in inventory.gateways}
    peers: dict[str, set[str]] = {}
    for half in inventory.peerings:
        peers.setdefault(half.network, set()).add(half.remote)
    return [
        half
        for half in inventory.peerings
        if not {half.network, half.remote} & hubs and peers[half.network] & peers.get(half.remote, set()) & hubs
    ]


def check(half: Peering, environment: Environment) -> Iterator[Finding]:
    """A finding for each filter of the half's own network that lets in whatever comes; a missing one is AZ017's."""
    inventory = environment.inventory
    network = inventory.network(half.network)
    named = {subnet.network_security_group for subnet in (network.subnets if network else ())}
    for group in inventory.network_security_groups:
        if group.name in named and not any(_refuses_the_rest(rule) for rule in group.rules):
            yield CONTROL.finding(
                f'network security group "{group.name}"',
                f"{half.remote} comes to it past the hub, and no rule refuses what others do not allow",
                at=group.origin.of("rules"),
                mend=f"add a last rule that denies inbound, or remove the peering with {half.remote}",
            )


def _refuses_the_rest(rule: SecurityRule) -> bool:
    """Whether it stands before the default rule that lets in every network that is peered."""
    whole = rule.protocol == "*" and "*" in rule.destination_ports and "*" in rule.destination
    return (
        rule.direction == "Inbound"
        and rule.access == "Deny"
        and whole
        and bool({"*", "VirtualNetwork"} & {*rule.source})
    )
