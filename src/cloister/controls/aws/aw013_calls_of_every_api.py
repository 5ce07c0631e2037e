"""AW013: the administrator's right ends at the API."""

from collections.abc import Iterable, Iterator

from cloister.controls.aws.policies import Caller, callers, statements, words
from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import aws_page, mlflow_post
from cloister.inventory.aws import Inventory

CONTROL = Control(
    id="AW013",
    title="Rights to call an API name the API and its stage",
    why="A right on every API of the account reaches those that others will make there.",
    remedy="Name region, account, API and stage in the resource.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        mlflow_post("Policy of the administrator"),
        aws_page(
            "Amazon API Gateway Developer Guide",
            "Control access to a REST API with IAM permissions",
            "apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html",
        ),
    ),
    aliases=("S4-13",),
)

_PARTS = 3
"""Region, account, and what stands below them."""


def subjects(inventory: Inventory) -> Iterable[Caller]:
    """Every role that may call an API."""
    return callers(inventory)


def check(caller: Caller, _: AwsEnvironment) -> Iterator[Finding]:
    """A finding for each resource that names no API or no stage."""
    for policy in caller.role.policies:
        for statement in statements(policy.policy):
            actions = words(statement.get("Action"))
            if statement.get("Effect") != "Allow" or not any(one.lower().startswith("execute-api:") for one in actions):
                continue
            wide = [resource for resource in words(statement.get("Resource")) if _is_wide(resource)]
            if wide:
                yield CONTROL.finding(
                    f'role "{caller.role.name}"',
                    f"policy {policy.name} allows calls of {wide[0]}, which names no API or no stage",
                    at=policy.origin,
                    mend="write arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH",
                )


def _is_wide(resource: str) -> bool:
    """Whether the API or its stage is a wildcard, or is not there."""
    parts = resource.partition(":execute-api:")[2].split(":", 2)
    api, _, rest = parts[-1].partition("/")
    return len(parts) != _PARTS or "*" in api or not rest or "*" in rest.partition("/")[0]
