"""AW003: the API reaches its service inside."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import aws_page, mlflow_post
from cloister.inventory.aws import ApiMethod, ApiResource, Inventory, RestApi

CONTROL = Control(
    id="AW003",
    title="Methods of the API lead to an internal balancer over a VPC link",
    why=(
        "An integration over the internet needs a service with a public address, and then the API is only one of "
        "its doors."
    ),
    remedy="Set connection_type to VPC_LINK, and name a link to an internal network balancer.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        mlflow_post("Private integration of API Gateway through a VPC link"),
        aws_page(
            "Amazon API Gateway Developer Guide",
            "Private integrations for REST APIs",
            "apigateway/latest/developerguide/private-integration.html",
        ),
    ),
    aliases=("S4-03",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[RestApi, ApiResource, ApiMethod]]:
    """Every method that leads to a server."""
    return [
        (api, resource, method)
        for api in inventory.rest_apis
        for resource in api.resources
        for method in resource.methods
        if method.integration and method.integration.type.startswith("HTTP")
    ]


def check(asked: tuple[RestApi, ApiResource, ApiMethod], environment: AwsEnvironment) -> Iterator[Finding]:
    """A finding where it goes over the internet, or the link's balancer has public addresses."""
    api, resource, method = asked
    integration = method.integration
    if integration is None:
        return
    called = f'method {method.name} {resource.name} of "{api.name}"'
    if integration.connection_type != "VPC_LINK":
        yield CONTROL.finding(
            called,
            "it leads to its server over the internet",
            at=integration.origin.of("connection_type"),
            mend="set connection_type: VPC_LINK and vpc_link",
        )
        return
    inventory = environment.inventory
    target = next((link.target for link in inventory.vpc_links if link.name == integration.vpc_link), None)
    balancer = next((one for one in inventory.load_balancers if one.name == target), None)
    if balancer and not balancer.internal:
        yield CONTROL.finding(
            called,
            f"its link leads to balancer {balancer.name}, which has public addresses",
            at=balancer.origin.of("internal"),
            mend=f"set internal: true on balancer {balancer.name}",
        )
