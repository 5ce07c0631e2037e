"""AZ316: nodes of Kubernetes clusters reach what they need."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, training_guide
from cloister.controls.traffic import Traffic, by_place, refused
from cloister.inventory.azure import Inventory

_PACKS = ("kubernetes",)

CONTROL = Control(
    id="AZ316",
    title="Kubernetes clusters reach what Kubernetes and the Azure Machine Learning extension need",
    why="Where a route of one's own leads out of the cluster, nothing is open by itself: nodes that cannot pull "
    "or report never become ready.",
    remedy="Permit the FQDN tag AzureKubernetesService and the extension's hosts in the firewall.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        lately(
            "Outbound network and FQDN rules for Azure Kubernetes Service clusters",
            "Azure Global required network rules and FQDNs",
            "azure/aks/outbound-rules-control-egress",
        ),
        training_guide("Required public internet access: Azure Kubernetes Service"),
    ),
    aliases=("S2-55",),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """The nodes of each cluster."""
    return by_place(inventory, _PACKS, lambda _: True)


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
