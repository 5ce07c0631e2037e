"""AW024: the way to the other account is one role."""

from collections.abc import Iterable, Iterator

from cloister.controls.aws.policies import statements, words
from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import IamRole, Inventory

CONTROL = Control(
    id="AW024",
    title="Rights to assume a role name the role",
    why="A role that may assume any other is, in the end, all of them.",
    remedy="Name the exact ARN of the role.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(mlflow_post("Cross-account access: sts:AssumeRole"),),
    aliases=("S4-25",),
)


def subjects(inventory: Inventory) -> Iterable[IamRole]:
    """Every role."""
    return inventory.iam_roles


def check(role: IamRole, _: AwsEnvironment) -> Iterator[Finding]:
    """A finding for each wildcard in what it may assume."""
    for policy in role.policies:
        for statement in statements(policy.policy):
            actions = [one.lower() for one in words(statement.get("Action"))]
            if statement.get("Effect") != "Allow" or not {"sts:assumerole", "sts:*", "*"} & set(actions):
                continue
            wide = [one for one in words(statement.get("Resource")) if "*" in one]
            if wide:
                yield CONTROL.finding(
                    f'role "{role.name}"',
                    f"policy {policy.name} lets it assume {wide[0]}",
                    at=policy.origin,
                    mend="name the ARN of the one role that it needs",
                )
