"""AZ308: browsers inside reach the studio."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, training_guide
from cloister.controls.traffic import Traffic, needed, refused
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ308",
    title="Browsers inside reach the studio and what its notebooks load",
    why="The studio is a public page that comes through Front Door; from a jump host that cannot open it nobody works.",
    remedy="Permit ml.azure.com and *.aznbcontent.net by name; the tag AzureFrontDoor.FrontEnd would open "
    "everybody's pages, and does not exist in Azure China.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        training_guide("No public IP and public IP: allow outbound traffic; Required public internet access"),
        lately(
            "Azure Machine Learning data exfiltration prevention",
            "Azure Machine Learning studio: hosts in the place of AzureFrontDoor.FrontEnd",
            "azure/machine-learning/how-to-prevent-data-loss-exfiltration",
        ),
    ),
    aliases=(
        "S2-44",
        "S0-30",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each jump host."""
    return needed(inventory, "studio", "studio's notebooks")


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses it, a doubt where it cannot be told."""
    yield from refused(CONTROL, traffic, traffic.judged(environment))
