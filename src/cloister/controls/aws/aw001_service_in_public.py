"""AW001: containers without a door of their own to the internet."""

from collections.abc import Iterable, Iterator

from cloister.controls.aws.ways import leads_to_internet
from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.controls.wording import stated
from cloister.inventory.aws import EcsService, Inventory
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AW001",
    title="Services of containers stand in private subnets without public addresses",
    why="A task with a public address is reached without the API, and so without anybody's rights.",
    remedy="Set assign_public_ip to false, and name subnets whose route table has no route to an internet gateway.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(mlflow_post("MLflow tracking server on Fargate in private subnets"),),
    aliases=("S4-01",),
)


def subjects(inventory: Inventory) -> Iterable[EcsService]:
    """Every service of containers."""
    return inventory.ecs_services


def check(service: EcsService, environment: AwsEnvironment) -> Iterator[Finding]:
    """A finding for a public address, and for each subnet that leads to an internet gateway."""
    if service.assign_public_ip:
        yield CONTROL.finding(
            f'service "{service.name}"',
            f"its tasks get public addresses: {stated(service.origin, 'assign_public_ip', 'true')}",
            at=service.origin.of("assign_public_ip"),
            mend="set assign_public_ip: false",
            fix=(edit(service.origin, "assign_public_ip", value=False),),
        )
    for subnet in service.subnets:
        route = leads_to_internet(environment.inventory, subnet)
        if route:
            yield CONTROL.finding(
                f'service "{service.name}"',
                f"it stands in {subnet}, whose route {route.name} leads to internet gateway {route.internet_gateway}",
                at=service.origin.of("subnets"),
                mend=f"name subnets without such a route, or remove route {route.name}",
            )
