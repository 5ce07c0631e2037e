"""AZ335: data on-premises comes through a connection."""

from collections.abc import Iterable, Iterator

from cloister.ask.lessons import manual_upload
from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.diagnosed import seen_in, taught
from cloister.controls.sources import lately
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ335",
    title="Where a database stands on-premises, nobody brings its data by a public account",
    why="Whoever may not connect uploads: the account that takes the upload answers the whole internet, and "
    "copies lie about that nobody counts.",
    remedy="Connect the site, and let jobs or a data factory read the database.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.REACH,
    sources=(
        lately(
            "Configure Azure Storage firewalls and virtual networks",
            "Grant access from an internet IP range",
            "azure/storage/common/storage-network-security",
        ),
    ),
    aliases=("S3-A5",),
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with a database at a site."""
    return (
        (inventory,)
        if any(one.purpose == "database" and not inventory.subnet(one.subnet) for one in inventory.machines)
        else ()
    )


def check(inventory: Inventory, environment: Environment) -> Iterator[Finding]:
    """A finding where the environment is the known one."""
    yield from taught(CONTROL, manual_upload.recognise, seen_in(inventory, environment))
