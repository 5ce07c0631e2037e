"""Kubernetes clusters, and the doubt about one whose settings nobody describes."""

from cloister.controls.control import Control, Doubt
from cloister.inventory.azure import Inventory, OtherService


def clusters(inventory: Inventory) -> tuple[OtherService, ...]:
    """The Kubernetes clusters."""
    return tuple(service for service in inventory.services if service.kind == "kubernetes")


def named(cluster: OtherService) -> str:
    """A cluster as a finding names it."""
    return f'Kubernetes cluster "{cluster.name}"'


def undescribed(control: Control, cluster: OtherService) -> Doubt:
    """Nobody says how the cluster is set."""
    message = "how it is set is not described"
    return control.doubt(named(cluster), message, at=cluster.origin, mend="state its settings under kubernetes")
