"""AZ016: what leaves goes only to approved names."""

from collections.abc import Iterable, Iterator

from cloister.ask.judgement import Judged, Standing
from cloister.ask.packs.opening import open_packs
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.sources import page, well_architected
from cloister.controls.wording import listed
from cloister.inventory.azure import Inventory
from cloister.verdict import Layer, Rule

_PACKS = ("no-way-out", "strangers", "approved-only")
_FEW = 3

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


def subjects(inventory: Inventory) -> Iterable[tuple[str, frozenset[str]]]:
    """Each place inside, with the names of the intents that ask about its ways out: those of the packs."""
    by_place: dict[str, set[str]] = {}
    for opened in open_packs(inventory):
        for posed in opened.posed if opened.pack.name in _PACKS else ():
            place = posed.intent.question.partition(" -> ")[0]
            if place:
                by_place.setdefault(place, set()).add(posed.intent.name)
    return [(place, frozenset(names)) for place, names in by_place.items()]


def check(place: tuple[str, frozenset[str]], environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each cause that leaves ways open from a place, a doubt where it cannot be told."""
    name, intents = place
    asked = [one for one in environment.judgement.closure if one.pack in _PACKS and one.intent.name in intents]
    for group in _by_cause([one for one in asked if one.standing is Standing.MISSED]):
        message = f"it reaches {_destinations(group)}: {group[0].decisive.text}"
        yield CONTROL.finding(f'"{name}"', message, at=group[0].intent.origin, mend=group[0].mend)
    for group in _by_cause([one for one in asked if one.standing is Standing.UNDECIDED]):
        message = f"whether it reaches {_destinations(group)} cannot be told: {group[0].verdict.reason}"
        yield CONTROL.doubt(f'"{name}"', message, at=group[0].intent.origin, mend=group[0].mend)


def _by_cause(judged: list[Judged]) -> list[list[Judged]]:
    """Intents that one rule leaves open, or in doubt, together."""
    groups: dict[tuple[Layer, str, Rule | None], list[Judged]] = {}
    for one in judged:
        step = one.decisive
        groups.setdefault((step.layer, step.at, step.rule), []).append(one)
    return list(groups.values())


def _destinations(judged: list[Judged]) -> str:
    """The first destinations, and how many more: the report lists them all."""
    found = [one.question.partition(" -> ")[2] for one in judged]
    return listed([*found[:_FEW], f"{len(found) - _FEW} more"] if len(found) > _FEW + 1 else found)
