"""AW025: a role says who may take it."""

from collections.abc import Iterable, Iterator, Mapping

from cloister.controls.aws.policies import statements, words
from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import aws_page, mlflow_post
from cloister.inventory.aws import IamRole, Inventory

CONTROL = Control(
    id="AW025",
    title="Roles trust named roles and services only",
    why="A role that trusts a whole account is as strong as the weakest user there.",
    remedy="Name the ARN of the role that may assume it, or the service.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        mlflow_post("Cross-account access: trust policy of the role"),
        aws_page(
            "IAM User Guide",
            "AWS JSON policy elements: Principal",
            "IAM/latest/UserGuide/reference_policies_elements_principal.html",
        ),
    ),
    aliases=("S4-26",),
)


def subjects(inventory: Inventory) -> Iterable[IamRole]:
    """Every role."""
    return inventory.iam_roles


def check(role: IamRole, _: AwsEnvironment) -> Iterator[Finding]:
    """A finding for each principal that is everybody or a whole account."""
    for statement in statements(role.assume_role_policy):
        principal = statement.get("Principal")
        named = words(principal.get("AWS")) if isinstance(principal, Mapping) else words(principal)
        wide = [one for one in named if one == "*" or one.endswith(":root") or one.isdecimal()]
        if statement.get("Effect") == "Allow" and wide:
            yield CONTROL.finding(
                f'role "{role.name}"',
                f"{'everybody' if wide[0] == '*' else f'all of account {wide[0]}'} may assume it",
                at=role.origin.of("assume_role_policy"),
                mend="name the ARN of the role that may assume it",
            )
