"""AZ273: firewalls refuse known bad destinations."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.controls.wording import stated
from cloister.inventory.azure import Firewall, Inventory
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ273",
    title="Firewalls refuse what stands on Microsoft's threat lists",
    why="In the mode Alert a connection to a known bad host is written down, and goes through.",
    remedy="Set threat_intelligence to Deny.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_216", "Ensure DenyIntelMode is set to Deny for Azure Firewalls"),),
    aliases=("CKV_AZURE_216",),
)


def subjects(inventory: Inventory) -> Iterable[Firewall]:
    """Every firewall."""
    return inventory.firewalls


def check(firewall: Firewall, environment: Environment) -> Iterator[Finding]:
    """A finding where neither its policy nor a base of it denies."""
    policies = environment.inventory.policies_of(firewall)
    if not any(policy.threat_intelligence == "Deny" for policy in policies):
        own = policies[-1]
        mode = own.threat_intelligence
        yield CONTROL.finding(
            f'firewall "{firewall.name}"',
            f"it lets through what stands on threat lists: {stated(own.origin, 'threat_intelligence', mode)}",
            at=own.origin.of("threat_intelligence"),
            mend="set threat_intelligence: Deny",
            fix=(edit(own.origin, "threat_intelligence", value="Deny"),),
        )
