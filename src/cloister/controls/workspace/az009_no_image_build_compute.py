"""AZ009: somebody builds the images where the registry cannot."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide, page
from cloister.inventory.azure import Inventory, Workspace
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ009",
    title="A workspace with a private registry builds images on a cluster of its own",
    why="A registry without public access cannot run its build tasks: the first new environment fails its jobs.",
    remedy="Name a cluster as the workspace's image_build_compute.",
    severity=Severity.CRITICAL,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        page(
            "Secure an Azure Machine Learning workspace with virtual networks",
            "Enable Azure Container Registry",
            "azure/machine-learning/how-to-secure-workspace-vnet",
        ),
        network_security_guide("Azure Container Registry behind a virtual network"),
    ),
    aliases=("S3-S2",),
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace whose registry refuses public access."""
    closed = {registry.name for registry in inventory.container_registries if not registry.public_network_access}
    return [workspace for workspace in inventory.workspaces if workspace.container_registry in closed]


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding]:
    """A finding where no cluster is named, or what is named is no cluster."""
    clusters = [compute.name for compute in environment.inventory.computes if compute.kind == "cluster"]
    if workspace.image_build_compute in clusters:
        return
    named = workspace.image_build_compute
    what = f'"{named}" is no cluster of this environment' if named else "no image_build_compute is named"
    choice = (
        f"set image_build_compute: {clusters[0]}" if clusters else "add a cluster, and name it as image_build_compute"
    )
    yield CONTROL.finding(
        f'workspace "{workspace.name}"',
        f"its registry {workspace.container_registry} is private and cannot build images, and {what}",
        at=workspace.origin.of("image_build_compute"),
        mend=choice,
        # With several clusters, a person has to choose.
        fix=(edit(workspace.origin, "image_build_compute", value=clusters[0]),) if len(clusters) == 1 else (),
    )
