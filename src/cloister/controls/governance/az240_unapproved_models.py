"""AZ240: models come from registries that somebody approved."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.policies import regulated
from cloister.controls.sources import azure_policy, well_architected
from cloister.inventory.azure import Inventory, Workspace

_APPROVED = "12e5dd16-d201-47ff-849b-8454061c293d"
_ALLOWED_REGISTRY = "19539b54-c61e-4196-9a38-67598701be90"

CONTROL = Control(
    id="AZ240",
    title="Only models of approved registries are deployed",
    why="The model catalogue offers models of anybody. What is in the weights of one, and what its code does when it "
    "is loaded, nobody has looked at.",
    remedy="Assign the policy that restricts deployments to an allowed registry.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Security: regulate access to foundational models; restrict model catalog deployments"),
        azure_policy(
            "[Preview]: Model Registry Deployments are restricted except for the allowed Registry",
            "OnlyDeployAllowedRegistryModels_Deny",
        ),
        azure_policy(
            "[Preview]: Azure Machine Learning Deployments should only use approved Registry Models",
            "AllowDeployRegistryModels_Audit",
        ),
    ),
    aliases=(
        "WAF-SEC-C5",
        "WAF-SEC-R12",
        "AzurePolicy 12e5dd16-d201-47ff-849b-8454061c293d",
        "AzurePolicy 19539b54-c61e-4196-9a38-67598701be90",
    ),
    question="which registries may deployed models come from, and what stops others",
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace."""
    return inventory.workspaces


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where the policy is assigned and stops nothing; due where none is stated."""
    yield from regulated(CONTROL, workspace, environment.inventory, _APPROVED, _ALLOWED_REGISTRY)
