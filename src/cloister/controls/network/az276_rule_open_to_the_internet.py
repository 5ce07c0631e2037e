"""AZ276: no rule opens a port to the whole internet."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.controls.wording import listed
from cloister.facts.well_known_ports import DESKTOP, HTTP, SSH
from cloister.inventory.azure import Inventory, SecurityRule

_ANYBODY = ("*", "Internet", "0.0.0.0/0")
_PORTS = (SSH, HTTP, DESKTOP)

CONTROL = Control(
    id="AZ276",
    title="No security rule opens shells, plain HTTP or UDP to the whole internet",
    why="The rule waits. Whoever gives something behind it a public address, for a test, puts it on the internet "
    "without touching a rule.",
    remedy="Narrow the rule's source to the addresses that need it, or remove it.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        checkov("CKV_AZURE_160", "Ensure that HTTP (port 80) access is restricted from the internet"),
        checkov("CKV_AZURE_77", "Ensure that UDP Services are restricted from the Internet"),
    ),
    aliases=(
        "CKV_AZURE_160",
        "CKV_AZURE_77",
        "CKV_AZURE_9",
        "CKV_AZURE_10",
    ),
)


def subjects(inventory: Inventory) -> Iterable[tuple[str, SecurityRule]]:
    """Every rule that lets something in, with the name of its group."""
    groups = inventory.network_security_groups
    inbound = ((group.name, rule) for group in groups for rule in group.rules if rule.direction == "Inbound")
    return [(name, rule) for name, rule in inbound if rule.access == "Allow"]


def check(named: tuple[str, SecurityRule], _: Environment) -> Iterator[Finding]:
    """A finding where the source is everybody and the port is one of these, or the protocol is UDP."""
    group, rule = named
    if rule.source_application_security_groups or not set(_ANYBODY) & set(rule.source):
        return
    opened = [f"port {port}" for port in _PORTS if rule.protocol in ("Tcp", "*") and _holds(rule, port)]
    opened += ["UDP"] if rule.protocol == "Udp" else []
    if opened:
        yield CONTROL.finding(
            f'rule "{group}/{rule.name}"',
            f"it opens {listed(opened)} to the whole internet",
            at=rule.origin.of("source"),
            mend="narrow its source to the addresses that need it",
        )


def _holds(rule: SecurityRule, port: int) -> bool:
    """Whether a port lies in one of the rule's ranges."""
    for text in rule.destination_ports:
        low, _, high = text.partition("-")
        if text == "*" or int(low) <= port <= int(high or low):
            return True
    return False
