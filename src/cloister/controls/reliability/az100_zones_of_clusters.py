"""AZ100: what serves on a cluster outlives a datacenter."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Inventory, OtherService

_ENOUGH = 2

CONTROL = Control(
    id="AZ100",
    title="Kubernetes clusters that serve models have nodes in two or more availability zones",
    why="A cluster in one zone goes with its datacenter, and every endpoint on it with the cluster.",
    remedy="Give the cluster's node pool zones: [1, 2, 3]; a pool gets them when it is created only.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(well_architected("Reliability: deploy models to environments that support availability zones"),),
    aliases=("WAF-REL-C1",),
)


def subjects(inventory: Inventory) -> Iterable[OtherService]:
    """Every cluster that an online endpoint runs on."""
    serving = {endpoint.cluster for endpoint in inventory.online_endpoints}
    return tuple(one for one in inventory.services if one.name in serving)


def check(cluster: OtherService, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding for fewer than two zones, a doubt where nothing is said of the cluster's nodes."""
    thing, settings = f'cluster "{cluster.name}"', cluster.kubernetes
    if settings is None:
        message = "in which zones its nodes stand is not stated"
        yield CONTROL.doubt(thing, message, at=cluster.origin, mend="describe it under kubernetes, with its zones")
    elif len(settings.zones) < _ENOUGH:
        where = f"in zone {settings.zones[0]} alone" if settings.zones else "in no zone: zones are not stated"
        message = f"its nodes stand {where}"
        yield CONTROL.finding(thing, message, at=settings.origin.of("zones"), mend='set zones: ["1", "2", "3"]')
