"""AW010: everybody has one of the three roles."""

from collections.abc import Iterable, Iterator

from cloister.controls.aws.policies import ROLES
from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import Inventory, UserPool

CONTROL = Control(
    id="AW010",
    title="The user pool has the groups of administrators, readers and approvers",
    why="Rights hang on the group in the token: a group that is missing means that people share one that may more.",
    remedy="Add the groups; let the authorizer refuse tokens without one of them.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(mlflow_post("Cognito groups: admins, readers, model-approvers"),),
    aliases=("S4-10",),
)


def subjects(inventory: Inventory) -> Iterable[UserPool]:
    """Every user pool."""
    return inventory.cognito_user_pools


def check(pool: UserPool, _: AwsEnvironment) -> Iterator[Finding]:
    """A finding for each role without a group."""
    for word in ROLES:
        if not any(word in group.lower() for group in pool.groups):
            yield CONTROL.finding(
                f'user pool "{pool.name}"',
                f"it has no group of {ROLES[word]}s",
                at=pool.origin.of("groups"),
                mend=f"add a group with {word} in its name",
            )
