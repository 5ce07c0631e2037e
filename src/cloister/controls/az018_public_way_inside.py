"""AZ018: who stands inside reaches the workspace's services by their private endpoints."""

from collections.abc import Iterable, Iterator

from cloister.ask.judgement import Judged
from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.services import services
from cloister.controls.sources import network_security_guide, well_architected
from cloister.inventory.azure import Inventory
from cloister.origin import Origin
from cloister.verdict import Answer, Layer, Outcome

CONTROL = Control(
    id="AZ018",
    title="From inside, services are reached by their private endpoints",
    why="The connection works, so nobody notices that it goes over the internet, and depends on the public door.",
    remedy="Link the zone to the network in which the caller's names are asked, and close the public door.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.REACH,
    sources=(
        network_security_guide("Private DNS zones and their virtual network links"),
        well_architected("Security: private endpoint for the workspace"),
    ),
    aliases=("WAF-SEC-C1", "S0-17", "S0-23"),
)


def subjects(inventory: Inventory) -> Iterable[tuple[str, Origin]]:
    """Every place from which a flow can start, with where it was declared."""
    machines = [(machine.name, machine.origin) for machine in inventory.machines]
    return [*machines, *((compute.name, compute.origin) for compute in inventory.computes)]


def check(place: tuple[str, Origin], environment: Environment) -> Iterator[Finding]:
    """A finding for each service that the place reaches by the service's public door."""
    name, origin = place
    told: set[str] = set()
    for judged in environment.judgement.flow:
        service = _public_door(judged, environment.inventory)
        if judged.intent.question.startswith(f"{name} -> ") and service and service not in told:
            told.add(service)
            note = _note(judged)
            because = f": {note}" if note else ""
            mend = f"link the zone where the question is asked, and set public_network_access: false on {service}"
            yield CONTROL.finding(f'"{name}"', f"it reaches {service} over the internet{because}", at=origin, mend=mend)


def _public_door(judged: Judged, inventory: Inventory) -> str:
    """The service that an open way ends at without an endpoint of ours between, or nothing."""
    doors = [step.at for step in judged.verdict.trace if step.layer is Layer.ENDPOINT and step.outcome is Outcome.PASS]
    if judged.verdict.answer is not Answer.ALLOW or not doors:
        return ""
    return doors[-1] if doors[-1] in {service.name for service in services(inventory)} else ""


def _note(judged: Judged) -> str:
    """What the name's trace noted: the zone that would have answered, had it been linked."""
    notes = [step.text for step in judged.verdict.trace if step.layer is Layer.NAME and step.outcome is Outcome.NOTE]
    return notes[-1] if notes else ""
