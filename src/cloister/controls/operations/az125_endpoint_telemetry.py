"""AZ125: deployments say how they are."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.seen import on
from cloister.controls.sources import lately, well_architected
from cloister.inventory.azure import Deployment, Inventory, SeenDeployment
from cloister.inventory.edits import edit
from cloister.origin import Origin

Named = tuple[str, Deployment | SeenDeployment]

CONTROL = Control(
    id="AZ125",
    title="Deployments of online endpoints report to Application Insights",
    why="Without it nobody sees what the scoring script prints, or why one request of a hundred fails.",
    remedy="Set app_insights to true on the deployment.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Operational Excellence and Performance Efficiency: enable Application Insights"),
        lately(
            "Monitor online endpoints",
            "Using Application Insights",
            "azure/machine-learning/how-to-monitor-online-endpoints#using-application-insights",
        ),
    ),
    aliases=("WAF-OPS-C5", "WAF-PERF-R4"),
)


def subjects(inventory: Inventory) -> Iterable[Named]:
    """Every deployment that is described, and every other one that was seen, with its full name."""
    named: dict[str, Deployment | SeenDeployment] = {
        f"{endpoint.name}/{one.name}": one for endpoint in inventory.online_endpoints for one in endpoint.deployments
    }
    seen = (inventory.observed.online_deployments if inventory.observed else None) or ()
    for one in seen:
        if one.app_insights is not None:
            named.setdefault(f"{one.endpoint}/{one.name}", one)
    return tuple(named.items())


def check(named: Named, environment: Environment) -> Iterator[Finding]:
    """A finding where it is off."""
    name, deployment = named
    observed = environment.inventory.observed
    if not deployment.app_insights:
        when = f" {on(observed)}" if isinstance(deployment, SeenDeployment) and observed else ""
        message = f"it reports to nobody: app_insights is {_how(deployment.origin)}{when}"
        place = deployment.origin.of("app_insights")
        declared = not isinstance(deployment, SeenDeployment)
        fix = (edit(deployment.origin, "app_insights", value=True),) if declared else ()
        yield CONTROL.finding(f'deployment "{name}"', message, at=place, mend="set app_insights: true", fix=fix)


def _how(origin: Origin) -> str:
    stated = origin.states("app_insights") or origin.states("app_insights_enabled")
    return "false" if stated else "not stated, and false is its default"
