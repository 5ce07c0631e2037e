"""AZ322: no place inside reaches storage accounts of strangers."""

from collections.abc import Iterable, Iterator

from cloister.ask.judgement import Standing
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, training_guide
from cloister.controls.traffic import Traffic, by_cause, by_place, destinations
from cloister.inventory.azure import Inventory

_ACCOUNTS = ("-to-foreign-", "-to-storage-")

CONTROL = Control(
    id="AZ322",
    title="From no place inside can data go to storage accounts of others",
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
    """Each place inside, with the intents that ask about accounts of others; AZ016 asks about every way out."""
    return by_place(inventory, ("no-way-out",), lambda posed: any(one in posed.intent.name for one in _ACCOUNTS))


def check(traffic: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each rule that lets it out to accounts of others, a doubt where it cannot be told."""
    judged = traffic.judged(environment)
    for group in by_cause(judged, Standing.MISSED):
        message = f"it reaches {destinations(group)}: {group[0].decisive.text}"
        yield CONTROL.finding(f'"{traffic.place}"', message, at=group[0].intent.origin, mend=CONTROL.remedy)
    for group in by_cause(judged, Standing.UNDECIDED):
        message = f"whether it reaches {destinations(group)} cannot be told: {group[0].verdict.reason}"
        yield CONTROL.doubt(f'"{traffic.place}"', message, at=group[0].intent.origin, mend=group[0].mend)
