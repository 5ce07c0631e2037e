"""AW007: nothing is served unasked."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import aws_page, mlflow_post
from cloister.controls.wording import stated
from cloister.inventory.aws import ApiMethod, ApiResource, Inventory, RestApi

CONTROL = Control(
    id="AW007",
    title="No method serves whoever comes",
    why=(
        "One method without authorization is a way past every policy: OPTIONS alone answers browsers before they "
        "sign in."
    ),
    remedy="Set authorization on the method.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        mlflow_post("Authorization of every route"),
        aws_page(
            "Amazon API Gateway Developer Guide",
            "Control and manage access to REST APIs",
            "apigateway/latest/developerguide/apigateway-control-access-to-api.html",
        ),
    ),
    aliases=("S4-07",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[RestApi, ApiResource, ApiMethod]]:
    """Every method but OPTIONS."""
    return [
        (api, resource, method)
        for api in inventory.rest_apis
        for resource in api.resources
        for method in resource.methods
        if method.name != "OPTIONS"
    ]


def check(asked: tuple[RestApi, ApiResource, ApiMethod], _: AwsEnvironment) -> Iterator[Finding]:
    """A finding where nobody authorizes it."""
    api, resource, method = asked
    if method.authorization == "NONE":
        yield CONTROL.finding(
            f'method {method.name} {resource.name} of "{api.name}"',
            f"it serves whoever comes: {stated(method.origin, 'authorization', 'NONE')}",
            at=method.origin.of("authorization"),
            mend="set authorization: AWS_IAM, or CUSTOM with an authorizer",
        )
