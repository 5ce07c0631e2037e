"""AW008: the client's path is a resource of its own."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import aws_page, mlflow_post
from cloister.inventory.aws import Inventory, RestApi

CONTROL = Control(
    id="AW008",
    title="An API that serves everything has /api as a resource of its own",
    why=(
        "API Gateway takes the most specific resource: without one for /api the authorizer of the pages decides "
        "over the client's calls."
    ),
    remedy="Add the resource /api/{proxy+} with authorization AWS_IAM.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        mlflow_post("Routes: /api before the rest"),
        aws_page(
            "Amazon API Gateway Developer Guide",
            "Proxy integrations with a proxy resource",
            "apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html",
        ),
    ),
    aliases=("S4-08",),
)


def subjects(inventory: Inventory) -> Iterable[RestApi]:
    """Every API with a resource for all paths."""
    return [api for api in inventory.rest_apis if any(one.name == "/{proxy+}" for one in api.resources)]


def check(api: RestApi, _: AwsEnvironment) -> Iterator[Finding]:
    """A finding where no resource begins with /api."""
    if not any(one.name.startswith("/api/") for one in api.resources):
        yield CONTROL.finding(
            f'API "{api.name}"',
            "its only resource for /api is that for all paths",
            at=api.origin.of("resources"),
            mend='add the resource "/api/{proxy+}" with authorization: AWS_IAM',
        )
