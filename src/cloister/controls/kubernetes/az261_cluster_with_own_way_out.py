"""AZ261: nodes leave by the routes of their subnet."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named, undescribed
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately
from cloister.inventory.azure import Inventory, OtherService

CONTROL = Control(
    id="AZ261",
    title="Nodes of Kubernetes clusters leave only by the routes of their subnet",
    why="With a load balancer or NAT gateway that Azure makes for the cluster, nodes have a way to the internet "
    "beside your firewall.",
    remedy="Set outbound_type to userDefinedRouting, with a route to the firewall.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        lately(
            "Customize cluster egress with outbound types in Azure Kubernetes Service (AKS)",
            "Outbound type of userDefinedRouting",
            "azure/aks/egress-outboundtype",
        ),
    ),
    aliases=("DEP-AKS-1",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding where Azure makes a way out for it; a doubt where nobody describes its settings."""
    settings = cluster.kubernetes
    if settings is None:
        yield undescribed(CONTROL, cluster)
    elif settings.outbound_type not in ("userDefinedRouting", "none"):
        place = settings.origin.of("outbound_type")
        yield CONTROL.finding(
            named(cluster),
            f"Azure makes a way out for its nodes: outbound_type is {settings.outbound_type}",
            at=place,
            mend="set outbound_type: userDefinedRouting",
        )
