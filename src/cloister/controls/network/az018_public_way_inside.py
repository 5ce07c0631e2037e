"""AZ018: who stands inside reaches the workspace's services by their private endpoints."""

from collections.abc import Iterable, Iterator

from cloister.ask.judgement import Judged, Standing
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
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
    aliases=("WAF-SEC-C1", "S0-17"),
)


def subjects(inventory: Inventory) -> Iterable[tuple[str, Origin]]:
    """Every place from which a flow can start, with where it was declared."""
    machines = [(machine.name, machine.origin) for machine in inventory.machines]
    return [*machines, *((compute.name, compute.origin) for compute in inventory.computes)]


def check(place: tuple[str, Origin], environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each service that the place reaches by its public door, a doubt where the way is not known."""
    name, origin = place
    told: set[str] = set()
    for judged in environment.judgement.flow_by_place.get(name, ()):
        service = _service(judged, environment.inventory)
        if not service or service in told:
            continue
        if judged.standing is Standing.UNDECIDED:
            told.add(service)
            message = f"by which way it reaches {service} cannot be told: {judged.verdict.reason}"
            yield CONTROL.doubt(f'"{name}"', message, at=origin, mend=judged.mend)
        elif _ends_at(judged) == service:
            told.add(service)
            note = _note(judged)
            message = f"it reaches {service} over the internet{f': {note}' if note else ''}"
            mend = f"link the zone where the question is asked, and set public_network_access: false on {service}"
            yield CONTROL.finding(f'"{name}"', message, at=origin, mend=mend)


def _service(judged: Judged, inventory: Inventory) -> str:
    """The service that a flow is about, or nothing."""
    target = judged.question.rpartition(" -> ")[2].partition(":")[0].partition("/")[0]
    return target if target in {service.name for service in services(inventory)} else ""


def _ends_at(judged: Judged) -> str:
    """Where an open way ends: at a private endpoint, or at the service's own public door, which has its name."""
    doors = [step.at for step in judged.verdict.trace if step.layer is Layer.ENDPOINT and step.outcome is Outcome.PASS]
    return doors[-1] if doors and judged.verdict.answer is Answer.ALLOW else ""


def _note(judged: Judged) -> str:
    """What the name's trace noted: the zone that would have answered, had it been linked."""
    notes = [step.text for step in judged.verdict.trace if step.layer is Layer.NAME and step.outcome is Outcome.NOTE]
    return notes[-1] if notes else ""
