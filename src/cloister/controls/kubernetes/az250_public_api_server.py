"""AZ250: the API server answers inside."""

from collections.abc import Iterable, Iterator

from cloister.controls.clusters import clusters, named
from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, OtherService

CONTROL = Control(
    id="AZ250",
    title="The API server of a Kubernetes cluster answers only inside, or to listed addresses",
    why="Who reaches the API server and has a token runs anything on every node. On the internet, everybody reaches "
    "it.",
    remedy="Set public_network_access to false, or list the addresses that may come.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        checkov("CKV_AZURE_115", "Ensure that AKS enables private clusters"),
        checkov("CKV_AZURE_6", "Ensure AKS has an API Server Authorized IP Ranges enabled"),
    ),
    aliases=(
        "CKV_AZURE_115",
        "CKV_AZURE_6",
        "DEP-AKS-1",
    ),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every Kubernetes cluster."""
    return clusters(inventory)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding]:
    """A finding where it answers on the internet to whoever asks."""
    everyone = any(prefix.prefixlen == 0 for prefix in cluster.allowed_prefixes)
    if cluster.public_network_access and (cluster.network_default_action == "Allow" or everyone):
        yield CONTROL.finding(
            named(cluster),
            "its API server answers to everyone on the internet",
            at=cluster.origin.of("allowed_prefixes" if everyone else "public_network_access"),
            mend="set public_network_access: false, and give it a private endpoint",
        )
