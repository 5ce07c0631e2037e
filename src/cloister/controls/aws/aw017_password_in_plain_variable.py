"""AW017: passwords come from secrets."""

import re
from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import aws_page, mlflow_post
from cloister.inventory.aws import EcsService, Inventory

CONTROL = Control(
    id="AW017",
    title="No variable of a container that holds a secret is written in plain",
    why=(
        "A plain variable stands in the task definition, in the console and in every state file; who reads one of "
        "them has the database."
    ),
    remedy="Put the value into Secrets Manager, and name the variable under secrets.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        mlflow_post("Database credentials in Secrets Manager"),
        aws_page(
            "Amazon ECS Developer Guide",
            "Pass sensitive data to an Amazon ECS container",
            "AmazonECS/latest/developerguide/specifying-sensitive-data.html",
        ),
    ),
    aliases=("S4-18",),
)

_SECRET = re.compile(r"PASSW(OR)?D|SECRET|TOKEN|API_?KEY|CREDENTIAL", re.IGNORECASE)


def subjects(inventory: Inventory) -> Iterable[EcsService]:
    """Every service of containers."""
    return inventory.ecs_services


def check(service: EcsService, _: AwsEnvironment) -> Iterator[Finding]:
    """A finding for each variable whose name speaks of a secret."""
    for name in service.environment:
        if _SECRET.search(name):
            yield CONTROL.finding(
                f'service "{service.name}"',
                f"variable {name} is written in plain",
                at=service.origin.of("environment"),
                mend=f"move {name} from environment to secrets, and replace its value, since it has been readable",
            )
