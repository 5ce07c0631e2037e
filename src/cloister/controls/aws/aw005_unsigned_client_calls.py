"""AW005: clients sign what they send."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import ApiMethod, ApiResource, Inventory, RestApi

CONTROL = Control(
    id="AW005",
    title="Methods below /api take signed requests only",
    why=(
        "Clients of MLflow sign with their role, and their role's policies decide; any other authorizer leaves "
        "those policies unread."
    ),
    remedy="Set authorization to AWS_IAM on the methods below /api.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(mlflow_post("IAM authorizer for the routes of the MLflow client"),),
    aliases=("S4-05",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[RestApi, ApiResource, ApiMethod]]:
    """Every method below /api that somebody authorizes."""
    return [
        (api, resource, method)
        for api in inventory.rest_apis
        for resource in api.resources
        if resource.name.startswith("/api/") or resource.name == "/api"
        for method in resource.methods
        if method.name != "OPTIONS" and method.authorization != "NONE"
    ]


def check(asked: tuple[RestApi, ApiResource, ApiMethod], _: AwsEnvironment) -> Iterator[Finding]:
    """A finding where another than IAM decides."""
    api, resource, method = asked
    if method.authorization != "AWS_IAM":
        yield CONTROL.finding(
            f'method {method.name} {resource.name} of "{api.name}"',
            f"authorization is {method.authorization}, so that no role's policy decides",
            at=method.origin.of("authorization"),
            mend="set authorization: AWS_IAM",
        )
