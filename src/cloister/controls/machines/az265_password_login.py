"""AZ265: machines open to keys, not to passwords."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Inventory, Machine
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ265",
    title="No password opens a machine",
    why="Passwords are guessed, reused and written down. One machine inside is the way to all that it may reach.",
    remedy="Set password_authentication to false, and come in with a key or through Entra ID.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        checkov("CKV_AZURE_1", "Ensure Azure Instance does not use basic authentication(Use SSH Key Instead)"),
        checkov("CKV_AZURE_149", "Ensure that Virtual machine does not enable password authentication"),
        checkov("CKV_AZURE_178", "Ensure linux VM enables SSH with keys for secure communication"),
    ),
    aliases=(
        "CKV_AZURE_1",
        "CKV_AZURE_149",
        "CKV_AZURE_178",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Machine]:
    """Every machine in a virtual network."""
    return [machine for machine in inventory.machines if inventory.subnet(machine.subnet)]


def check(machine: Machine, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding where a password opens it; a doubt where nobody says."""
    thing, place = f'machine "{machine.name}"', machine.origin.of("password_authentication")
    if machine.password_authentication is None:
        message = "whether a password opens it is not stated"
        yield CONTROL.doubt(thing, message, at=place, mend="state its password_authentication")
    elif machine.password_authentication:
        yield CONTROL.finding(
            thing,
            "a password opens it",
            at=place,
            mend="set password_authentication: false",
            fix=(edit(machine.origin, "password_authentication", value=False),),
        )
