"""AW002: what tasks need of AWS is there."""

from collections.abc import Iterable, Iterator

from cloister.controls.aws.ways import has_nat
from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import aws_page, mlflow_post
from cloister.facts.aws_needs import AwsNeed, aws_needs
from cloister.facts.aws_services import short_name
from cloister.inventory.aws import EcsService, Inventory

CONTROL = Control(
    id="AW002",
    title="The subnets of services reach what their tasks need of AWS",
    why=(
        "Without a way to the registry no task starts, and without one to its secrets none works: the service is "
        "closed for its own."
    ),
    remedy="Add the endpoint to the VPC, or a route through a NAT gateway.",
    severity=Severity.HIGH,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(
        mlflow_post("Private subnets: VPC endpoints or NAT"),
        aws_page(
            "Amazon ECR interface VPC endpoints", "Considerations", "AmazonECR/latest/userguide/vpc-endpoints.html"
        ),
    ),
    aliases=("S4-02",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[EcsService, AwsNeed]]:
    """Every service of containers with each service of AWS that its tasks need."""
    return [(service, need) for service in inventory.ecs_services for need in aws_needs()]


def check(asked: tuple[EcsService, AwsNeed], environment: AwsEnvironment) -> Iterator[Finding]:
    """A finding where the VPC has no endpoint for it, and not every subnet has a NAT gateway."""
    service, need = asked
    inventory = environment.inventory
    if not service.subnets or all(has_nat(inventory, subnet) for subnet in service.subnets):
        return
    vpc = service.subnets[0].partition("/")[0]
    here = [one for one in inventory.vpc_endpoints if one.vpc == vpc and short_name(one.service_name) == need.service]
    if not here:
        yield CONTROL.finding(
            f'service "{service.name}"',
            f"VPC {vpc} has no endpoint for {need.service} and no NAT gateway: its tasks lack {need.needed_for}",
            at=service.origin.of("subnets"),
            mend=f"add a VPC endpoint with service_name: {need.service} to {vpc}",
        )
