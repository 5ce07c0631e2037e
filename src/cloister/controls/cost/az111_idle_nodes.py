"""AZ111: clusters whose nodes go when nobody needs them."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide, well_architected
from cloister.controls.wording import stated
from cloister.inventory.azure import Compute, Inventory
from cloister.inventory.edits import edit

_LONGEST = 1800
"""Seconds; the guidance says an appropriate time, and half an hour is the longest that it may mean."""

CONTROL = Control(
    id="AZ111",
    title="Clusters release all their nodes within half an hour without work",
    why="A node that waits is paid for like one that works, and one that never goes never gets a new system image.",
    remedy="Set min_nodes to 0, and idle_seconds to the time that people need between two runs.",
    severity=Severity.MEDIUM,
    pillar=Pillar.COST,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Cost Optimization: optimize compute scaling; scale down or shut down when idle"),
        network_security_guide("Compute cluster: min_node_count = 0"),
    ),
    aliases=("WAF-COST-C2", "WAF-COST-R2", "CKV_AZURE_150", "S0-09"),
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every cluster."""
    return tuple(one for one in inventory.computes if one.kind == "cluster")


def check(cluster: Compute, _: Environment) -> Iterator[Finding]:
    """A finding for nodes that never go, and one for nodes that wait too long."""
    thing = f'compute cluster "{cluster.name}"'
    if cluster.min_nodes:
        message = (
            f"nodes are paid for while nothing runs: {stated(cluster.origin, 'min_nodes', str(cluster.min_nodes))}"
        )
        fix = edit(cluster.origin, "min_nodes", value=0)
        yield CONTROL.finding(thing, message, at=cluster.origin.of("min_nodes"), mend="set min_nodes: 0", fix=(fix,))
    if cluster.idle_seconds is not None and cluster.idle_seconds > _LONGEST:
        minutes = cluster.idle_seconds // 60
        message = f"a node waits {minutes} minutes without work: idle_seconds is {cluster.idle_seconds}"
        place, fix = cluster.origin.of("idle_seconds"), edit(cluster.origin, "idle_seconds", value=_LONGEST)
        yield CONTROL.finding(thing, message, at=place, mend=f"set idle_seconds: {_LONGEST}", fix=(fix,))
