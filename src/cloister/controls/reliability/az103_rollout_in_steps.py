"""AZ103: a new version of a model takes over step by step."""

from collections import Counter
from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import lately, well_architected
from cloister.inventory.azure import Inventory

_ENOUGH = 2

CONTROL = Control(
    id="AZ103",
    title="Online endpoints have two deployments to move traffic between",
    why="A new version that replaces the only deployment is tried on every caller at once, and there is no way back.",
    remedy="Deploy the new version beside the old one, mirror traffic to it, move a share, then the rest.",
    severity=Severity.MEDIUM,
    pillar=Pillar.RELIABILITY,
    decided=Decided.ATTESTED,
    sources=(
        well_architected("Reliability: use a release strategy such as blue-green deployments"),
        lately(
            "Perform safe rollout of new deployments for real-time inference",
            "Test the deployment with mirrored traffic (preview)",
            "azure/machine-learning/how-to-safely-rollout-online-endpoints",
        ),
    ),
    aliases=("WAF-REL-C4",),
    question="Does each new version of a model take over from the old one step by step, with a way back?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole: endpoints are often made by a pipeline, and stand in no description."""
    return (inventory,)


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due unless every endpoint that is known has two deployments, described or seen."""
    known = [(one.name, deployment.name) for one in inventory.online_endpoints for deployment in one.deployments]
    seen = (inventory.observed.online_deployments if inventory.observed else None) or ()
    deployments = {*known, *((one.endpoint, one.name) for one in seen)}
    counts = Counter(endpoint for endpoint, _ in deployments)
    endpoints = {*(one.name for one in inventory.online_endpoints), *counts}
    if not endpoints or any(counts[endpoint] < _ENOUGH for endpoint in endpoints):
        yield CONTROL.due("the environment", at=inventory.origin)
