"""AZ322: no place inside reaches storage accounts of strangers."""

from collections.abc import Iterable, Iterator

from cloister.ask.judgement import Standing
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, training_guide
from cloister.controls.traffic import Traffic, by_cause, by_place, destinations
from cloister.inventory.azure import Inventory

_ACCOUNTS = ("-to-foreign-", "-to-storage-")
_WEB = "-to-web"

CONTROL = Control(
    id="AZ322",
    title="Where the web is closed, storage accounts of others are closed too",
    why="Nodes need accounts of Microsoft, and the tag Storage opens everybody's: whoever has an account takes "
    "the data out by the very rule that the service requires.",
    remedy="Give the subnet a service endpoint to storage with a service endpoint policy, and take the tag "
    "Storage out.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.REACH,
    sources=(
        training_guide("Outbound access to Storage.<region> could be used to exfiltrate data: service endpoint policy"),
        lately(
            "Azure Machine Learning data exfiltration prevention",
            "Service endpoint policy",
            "azure/machine-learning/how-to-prevent-data-loss-exfiltration",
        ),
    ),
    aliases=("S2-25", "S3-A2"),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place inside, with the intents that ask about the web and about accounts of others."""
    return by_place(inventory, ("no-way-out",), lambda posed: _asks(posed.intent.name))


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that lets it out to accounts of others, a doubt where it cannot be told.

    Where the web is open as well, one rule opens everything, and AZ016 says so.
    """
    judged = traffic.judged(environment)
    if any(one.standing is Standing.MISSED for one in judged if one.intent.name.endswith(_WEB)):
        return
    accounts = [one for one in judged if not one.intent.name.endswith(_WEB)]
    for group in by_cause(accounts, Standing.MISSED):
        message = f"it reaches {destinations(group)}: {group[0].decisive.text}"
        yield CONTROL.finding(f'"{traffic.place}"', message, at=group[0].intent.origin, mend=CONTROL.remedy)
    for group in by_cause(accounts, Standing.UNDECIDED):
        message = f"whether it reaches {destinations(group)} cannot be told: {group[0].verdict.reason}"
        yield CONTROL.doubt(f'"{traffic.place}"', message, at=group[0].intent.origin, mend=group[0].mend)


def _asks(intent: str) -> bool:
    return intent.endswith(_WEB) or any(one in intent for one in _ACCOUNTS)
