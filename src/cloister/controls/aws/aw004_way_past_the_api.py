"""AW004: no way around the API."""

from collections.abc import Iterable, Iterator

from cloister.controls.aws.ways import open_rules
from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.controls.wording import stated
from cloister.inventory.aws import DbCluster, EcsService, Inventory, LoadBalancer

CONTROL = Control(
    id="AW004",
    title="No rule lets everybody in to a balancer, a service or a database",
    why=(
        "Who reaches the server itself needs no right in the API: a rule for 0.0.0.0/0 is one network change away "
        "from being used."
    ),
    remedy="Let in the security group of the one caller instead of all addresses.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(mlflow_post("Security groups: only the load balancer reaches the service"),),
    aliases=("S4-04",),
)


def subjects(inventory: Inventory) -> Iterable[EcsService | DbCluster | LoadBalancer]:
    """Every balancer, service and database cluster."""
    return (*inventory.load_balancers, *inventory.ecs_services, *inventory.db_clusters)


def check(resource: EcsService | DbCluster | LoadBalancer, environment: AwsEnvironment) -> Iterator[Finding]:
    """A finding for each rule of its groups that lets everybody in, and for a balancer with public addresses."""
    if isinstance(resource, LoadBalancer) and not resource.internal:
        yield CONTROL.finding(
            f'balancer "{resource.name}"',
            f"it has public addresses: {stated(resource.origin, 'internal', 'false')}",
            at=resource.origin.of("internal"),
            mend="set internal: true",
        )
    for group, rule in open_rules(environment.inventory, resource.security_groups):
        yield CONTROL.finding(
            f'"{resource.name}"',
            f"rule {rule.name} of security group {group.name} lets everybody in",
            at=rule.origin.of("cidr_blocks"),
            mend=f"name the security group of its caller in rule {rule.name} instead of 0.0.0.0/0",
        )
