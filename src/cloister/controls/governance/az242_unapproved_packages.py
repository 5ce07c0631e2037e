"""AZ242: packages come from indexes that somebody approved."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.policies import regulated
from cloister.controls.sources import azure_policy, well_architected
from cloister.inventory.azure import Inventory, Workspace

_ALLOWED_CHANNELS = "77eeea86-7e81-4a7d-9067-de844d096752"

CONTROL = Control(
    id="AZ242",
    title="Computes install Python packages only from approved indexes",
    why="Everybody may publish on the public index, under a name one letter beside a known one. What is installed "
    "runs as the job.",
    remedy="Assign the policy that names the allowed indexes, and put a mirror of your own there.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Security: regulate the Python packages that can be run on compute"),
        azure_policy(
            "[Preview]: Configure allowed Python packages for specified Azure Machine Learning computes",
            "AllowedPythonPackageChannels_EnforceSetting",
        ),
    ),
    aliases=(
        "WAF-SEC-C7",
        "AzurePolicy 77eeea86-7e81-4a7d-9067-de844d096752",
    ),
    question="which package indexes may computes install from, and what stops others",
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace."""
    return inventory.workspaces


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where the policy is assigned and stops nothing; due where none is stated."""
    yield from regulated(CONTROL, workspace, environment.inventory, _ALLOWED_CHANNELS)
