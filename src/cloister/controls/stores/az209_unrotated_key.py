"""AZ209: keys are replaced in time."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import security_baseline
from cloister.inventory.azure import Inventory, Key
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ209",
    title="Keys of one's own are replaced by the vault itself",
    why="A key that nobody replaces is the same one that left with a backup or a former colleague years ago.",
    remedy="Set rotation on the key, such as P90D.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(security_baseline("DP-6: Use a secure key management process"),),
    aliases=("MSB-DP-6",),
)


def subjects(inventory: Inventory) -> Iterable[Key]:
    """Every key of one's own."""
    return inventory.keys


def check(key: Key, _: Environment) -> Iterator[Finding]:
    """A finding where the vault does not rotate the key."""
    if key.rotation is None:
        yield CONTROL.finding(
            f'key "{key.name}"',
            "nothing replaces it: rotation is not stated",
            at=key.origin.of("rotation"),
            mend="set rotation: P90D",
            fix=(edit(key.origin, "rotation", value="P90D"),),
        )
