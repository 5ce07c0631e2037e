"""AZ270: no shell of a machine is reached from the internet."""

from collections.abc import Iterable, Iterator

from cloister.ask.judgement import Standing
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.facts.well_known_ports import DESKTOP, SSH
from cloister.inventory.azure import Inventory
from cloister.origin import Origin

_PACK = "no-way-in"
_SHELLS = (str(SSH), str(DESKTOP))

CONTROL = Control(
    id="AZ270",
    title="Nobody on the internet reaches a shell or a desktop of a machine or a compute",
    why="A port for SSH or RDP on the internet is tried within minutes, and what is behind it stands inside.",
    remedy="Take the public address away, or deny the port to the internet; come in through Bastion or the gateway.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.REACH,
    sources=(
        checkov("CKV_AZURE_9", "Ensure that RDP access is restricted from the internet"),
        checkov("CKV_AZURE_10", "Ensure that SSH access is restricted from the internet"),
    ),
    aliases=(
        "CKV_AZURE_9",
        "CKV_AZURE_10",
    ),
)


def subjects(inventory: Inventory) -> Iterable[tuple[str, Origin]]:
    """Every machine in a network, and every compute of which the address is known."""
    machines = [(one.name, one.origin) for one in inventory.machines if inventory.subnet(one.subnet)]
    return [*machines, *((one.name, one.origin) for one in inventory.computes if one.private_ip)]


def check(place: tuple[str, Origin], environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each such port that is reached, a doubt where it cannot be told."""
    name, origin = place
    ports = {f"internet -> {name}:{port}": port for port in _SHELLS}
    for judged in environment.judgement.closure:
        if judged.pack != _PACK or judged.question not in ports:
            continue
        port = ports[judged.question]
        if judged.standing is Standing.MISSED:
            message = f"the internet reaches its port {port}: {judged.decisive.text}"
            yield CONTROL.finding(f'"{name}"', message, at=origin, mend=judged.mend)
        elif judged.standing is Standing.UNDECIDED:
            message = f"whether the internet reaches its port {port} cannot be told: {judged.verdict.reason}"
            yield CONTROL.doubt(f'"{name}"', message, at=origin, mend=judged.mend)
