"""AZ016: what leaves goes only to approved names."""

from collections.abc import Iterable, Iterator

from cloister.ask.judgement import Judged, Standing
from cloister.ask.packs.way_out import way_out
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import page, well_architected
from cloister.controls.wording import listed
from cloister.inventory.azure import Inventory
from cloister.inventory.intents import Intent

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
    aliases=("WAF-SEC-C2", "WAF-SEC-R14", "MSB-DP-2", "S3-R3"),
)


def subjects(inventory: Inventory) -> Iterable[tuple[str, tuple[Intent, ...]]]:
    """Each place inside, with the destinations that stand for all that nobody approved."""
    by_place: dict[str, list[Intent]] = {}
    for posed in way_out(inventory):
        by_place.setdefault(_sides(posed.intent)[0], []).append(posed.intent)
    return [(place, tuple(intents)) for place, intents in by_place.items()]


def check(place: tuple[str, tuple[Intent, ...]], environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding where ways are open from a place, a doubt where it cannot be told."""
    name, intents = place
    judged = [one for one in environment.judgement.closure if one.intent in intents]
    missed = [one for one in judged if one.standing is Standing.MISSED]
    if missed:
        message = f"it reaches {_destinations(missed)}: {missed[0].decisive.text}"
        yield CONTROL.finding(f'"{name}"', message, at=missed[0].intent.origin, mend=missed[0].mend)
    undecided = [one for one in judged if one.standing is Standing.UNDECIDED]
    if undecided:
        message = f"whether it reaches {_destinations(undecided)} cannot be told: {undecided[0].verdict.reason}"
        yield CONTROL.doubt(f'"{name}"', message, at=undecided[0].intent.origin, mend=undecided[0].mend)


def _sides(intent: Intent) -> tuple[str, str]:
    place, _, destination = intent.question.partition(" -> ")
    return place, destination


def _destinations(judged: list[Judged]) -> str:
    return listed(_sides(one.intent)[1] for one in judged)
