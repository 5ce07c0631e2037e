"""AW023: three roles are three."""

from collections.abc import Iterable, Iterator

from cloister.controls.aws.policies import ROLES, Caller, callers
from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import Inventory

CONTROL = Control(
    id="AW023",
    title="Administrators, readers and approvers have roles of their own with different rights",
    why=(
        "Two roles with the same rights are one role with two names, and approval is then given by whoever asked "
        "for it."
    ),
    remedy="Give each its own role, with its own policy.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(mlflow_post("SageMaker execution roles"),),
    aliases=("S4-23",),
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with roles that may call an API."""
    return (inventory,) if callers(inventory) else ()


def check(inventory: Inventory, _: AwsEnvironment) -> Iterator[Finding]:
    """A finding for each of the three that has no role, and for two with the same policies."""
    known = callers(inventory)
    for word in ROLES:
        if not any(one.kind == word for one in known):
            yield CONTROL.finding(
                "the environment",
                f"no role that may call the API has {word} in its name",
                at=inventory.origin.of("iam_roles"),
                mend=f"add an execution role for the {ROLES[word]}",
            )
    for number, one in enumerate(known):
        for other in known[:number]:
            if one.kind != other.kind and _documents(one) == _documents(other):
                yield CONTROL.finding(
                    f'role "{one.role.name}"',
                    f"its policies are those of {other.role.name}",
                    at=one.role.origin.of("policies"),
                    mend="give it the rights of its own part only",
                )


def _documents(caller: Caller) -> set[str]:
    return {one.policy for one in caller.role.policies}
