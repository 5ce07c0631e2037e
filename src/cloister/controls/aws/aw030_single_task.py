"""AW030: one zone may fail."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import aws_page, mlflow_post
from cloister.controls.wording import stated
from cloister.inventory.aws import EcsService, Inventory

CONTROL = Control(
    id="AW030",
    title="Services run two tasks or more, in two zones",
    why="One task is one machine: its end is the end of everybody's runs.",
    remedy="Set desired_count to 2 or more, and name subnets of two zones.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(
        mlflow_post("Fargate service"),
        aws_page(
            "Amazon ECS Developer Guide",
            "Service quotas and best practices: availability",
            "AmazonECS/latest/developerguide/availability-best-practices.html",
        ),
    ),
    aliases=("S4-31",),
)

_TWO = 2


def subjects(inventory: Inventory) -> Iterable[EcsService]:
    """Every service of containers."""
    return inventory.ecs_services


def check(service: EcsService, environment: AwsEnvironment) -> Iterator[Finding]:
    """A finding for fewer than two tasks, and for subnets of one zone."""
    if service.desired_count < _TWO:
        yield CONTROL.finding(
            f'service "{service.name}"',
            stated(service.origin, "desired_count", str(service.desired_count)),
            at=service.origin.of("desired_count"),
            mend=f"set desired_count: {_TWO}",
        )
    found = [environment.inventory.subnet(reference) for reference in service.subnets]
    zones = {subnet.availability_zone for _, subnet in filter(None, found)}
    if len(zones) < _TWO and None not in zones:
        yield CONTROL.finding(
            f'service "{service.name}"',
            "all of its subnets stand in one zone",
            at=service.origin.of("subnets"),
            mend="name subnets of two zones",
        )
