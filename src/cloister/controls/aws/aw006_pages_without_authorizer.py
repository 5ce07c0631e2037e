"""AW006: browsers bring a token."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import ApiMethod, ApiResource, Inventory, RestApi

CONTROL = Control(
    id="AW006",
    title="Methods outside of /api ask an authorizer of tokens",
    why=(
        "The pages of MLflow show and change everything that its API does: without a check of the token they are "
        "open to whoever signs in to AWS."
    ),
    remedy="Set authorization to CUSTOM or COGNITO_USER_POOLS, and name the authorizer.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(mlflow_post("Lambda authorizer for the browser"),),
    aliases=("S4-06",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[RestApi, ApiResource, ApiMethod]]:
    """Every method outside of /api that somebody authorizes."""
    return [
        (api, resource, method)
        for api in inventory.rest_apis
        for resource in api.resources
        if not (resource.name.startswith("/api/") or resource.name == "/api")
        for method in resource.methods
        if method.name != "OPTIONS" and method.authorization != "NONE"
    ]


def check(asked: tuple[RestApi, ApiResource, ApiMethod], _: AwsEnvironment) -> Iterator[Finding]:
    """A finding where only a signature would do. That the authorizer is there is checked with the document."""
    api, resource, method = asked
    called = f'method {method.name} {resource.name} of "{api.name}"'
    if method.authorization == "AWS_IAM":
        yield CONTROL.finding(
            called,
            "authorization is AWS_IAM, which a browser cannot sign for",
            at=method.origin.of("authorization"),
            mend="set authorization: CUSTOM and authorizer",
        )
