"""AZ246: policies hold what was agreed."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.policies import binding, definition_of
from cloister.controls.sources import network_security_guide, security_baseline
from cloister.controls.wording import listed
from cloister.facts.machine_learning_policies import machine_learning_policies
from cloister.inventory.azure import Inventory, Workspace

CONTROL = Control(
    id="AZ246",
    title="Policies of Azure Machine Learning bind each workspace",
    why="What is right today is changed in the portal tomorrow. A policy refuses the change, or at least tells of it.",
    remedy="Assign built-in policies of the category Machine Learning to the subscription or the resource group.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        security_baseline("AM-2: Use only approved services, Azure Policy support"),
        network_security_guide("Azure Policy and Microsoft Defender for Cloud"),
    ),
    aliases=("MSB-AM-2", "S0-06"),
    question="which policies bind the workspace",
)


def subjects(inventory: Inventory) -> Iterable[Workspace]:
    """Every workspace."""
    return inventory.workspaces


def check(workspace: Workspace, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where such policies are assigned and all are switched off; due where none is stated."""
    known = machine_learning_policies()
    found = [one for one in binding(environment.inventory, workspace) if definition_of(one) in known]
    thing = f'workspace "{workspace.name}"'
    if not found:
        mend = f"state them under policy_assignments, or attest {CONTROL.id}"
        yield CONTROL.due(thing, at=workspace.origin, mend=mend)
    elif not any(one.enforced for one in found):
        names = listed(one.name for one in found)
        message = f"of the policies that are assigned none is enforced: {names}"
        yield CONTROL.finding(thing, message, at=found[0].origin.of("enforced"), mend="set enforced: true")
