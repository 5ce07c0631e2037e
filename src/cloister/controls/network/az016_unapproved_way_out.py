"""AZ016: what leaves goes only to approved names."""

from collections.abc import Iterable, Iterator

from cloister.ask.judgement import Standing
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import page, well_architected
from cloister.controls.traffic import Traffic, by_cause, by_place, destinations
from cloister.inventory.azure import Inventory

_PACKS = ("no-way-out", "strangers", "approved-only")

CONTROL = Control(
    id="AZ016",
    title="From no place inside can data leave to a destination that nobody approved",
    why="Closing the way in keeps strangers out; only closing the way out keeps the data in.",
    remedy="Route the subnet to a firewall that permits approved names and refuses the rest.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.REACH,
    sources=(
        well_architected("Security: network isolation, all external access approved"),
        page(
            "Azure Machine Learning data exfiltration prevention",
            "Service endpoint policy",
            "azure/machine-learning/how-to-prevent-data-loss-exfiltration",
        ),
    ),
    aliases=(
        "WAF-SEC-C2",
        "WAF-SEC-R4",
        "WAF-SEC-R14",
        "AzurePolicy 6ddb1705-c8cf-450e-aa4b-19ad6703c440",
        "MSB-DP-2",
        "S3-R3",
        "S3-R6",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Traffic]:
    """Each place inside, with the intents that ask about its ways out."""
    return by_place(inventory, _PACKS, lambda posed: bool(posed.place))


def check(way_out: Traffic, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each cause that leaves ways open from a place, a doubt where it cannot be told."""
    asked = way_out.judged(environment)
    for group in by_cause(asked, Standing.MISSED):
        message = f"it reaches {destinations(group)}: {group[0].decisive.text}"
        yield CONTROL.finding(f'"{way_out.place}"', message, at=group[0].intent.origin, mend=group[0].mend)
    for group in by_cause(asked, Standing.UNDECIDED):
        message = f"whether it reaches {destinations(group)} cannot be told: {group[0].verdict.reason}"
        yield CONTROL.doubt(f'"{way_out.place}"', message, at=group[0].intent.origin, mend=group[0].mend)
