"""AZ144: somebody is told when training or serving gets slow or fails."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ144",
    title="An alert watches over what trains and serves",
    why="A metric that nobody looks at tells nobody: the queue of jobs is noticed by whoever waits in it.",
    remedy="Add a metric alert on the workspace: failed runs, unusable nodes, the quota that is left.",
    severity=Severity.MEDIUM,
    pillar=Pillar.PERFORMANCE,
    decided=Decided.ATTESTED,
    sources=(well_architected("Performance Efficiency: continuously monitor the performance of your infrastructure"),),
    aliases=("WAF-PERF-C7",),
    question="Who is told, by which alert, when jobs wait or fail, and when endpoints get slow?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due unless each workspace has an alert."""
    watched = {alert.target for alert in inventory.metric_alerts}
    if not inventory.workspaces or any(one.name not in watched for one in inventory.workspaces):
        yield CONTROL.due("the environment", at=inventory.origin)
