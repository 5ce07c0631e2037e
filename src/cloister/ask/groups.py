"""Groups of places and of targets: what the words of an owner's flows stand for in one environment.

A word that is no group stands for itself, as in a question. A group that holds nothing is a fault: an intent about
nothing would be met by everything.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import partial

from cloister.ask import aws_groups
from cloister.ask.packs.doors import every_door
from cloister.errors import Fault, SpecError
from cloister.fabric.lower_azure.services import resources
from cloister.facts.azure_subnets import NAMED_SUBNETS
from cloister.inventory import aws
from cloister.inventory.azure import Inventory
from cloister.inventory.clouds import AnyInventory
from cloister.inventory.intents import AWS_FAMILIES, FAMILIES, Flows

_MOST_PORTS = 64
_CLOSE = 0.7
_WILD = "*?["


def questions(inventory: AnyInventory, flows: Flows) -> tuple[str, ...]:
    """The questions that flows come down to, in their order. Raises SpecError for every group that holds nothing."""
    found = _Members(inventory)
    places, targets = found.of(flows.places), found.of(flows.targets)
    without_places, without_targets = found.of(flows.except_places), found.of(flows.except_targets)
    if found.faults:
        raise SpecError(found.faults)

    def left_out(place: str, target: str) -> bool:
        if not without_places and not without_targets:
            return False
        hit_place = place in without_places or not without_places
        return hit_place and (target in without_targets or not without_targets)

    ends = _ends(flows)
    wanted = [(place, target) for place in places for target in targets if not left_out(place, target)]
    asked = tuple(f"{place} -> {target}{end}" for place, target in wanted if place != target for end in ends)
    if not asked:
        reason = "leave no question: every pair of a place and a target is left out, or is one and the same"
        raise SpecError(Fault("the flows", reason, "narrow except, or widen from and to"))
    return asked


def _ends(flows: Flows) -> list[str]:
    """What follows the target in each question: a port, or nothing where its usual port is meant."""
    ports = [port for text in flows.ports for port in _ports(text)]
    if len(ports) > _MOST_PORTS:
        mend = f"name the ports that matter, {_MOST_PORTS} at most"
        raise SpecError(Fault("the flows", f"name {len(ports)} ports, and each is a question of its own", mend))
    suffix = "" if flows.protocol == "tcp" else f"/{flows.protocol}"
    return [f":{port}{suffix}" for port in ports] or [""]


def _ports(text: str) -> range:
    low, _, high = ("1-65535" if text == "*" else text).partition("-")
    return range(int(low), int(high or low) + 1)


class _Members:
    """Looks words up in one environment, and collects what is wrong with them."""

    def __init__(self, inventory: AnyInventory) -> None:
        self.vocabulary = _vocabulary(inventory)
        self.faults: list[Fault] = []

    def of(self, words: Iterable[str]) -> tuple[str, ...]:
        """The members of all groups, each once, in the order of the words."""
        return tuple(dict.fromkeys(member for word in words for member in self._of_word(word)))

    def _of_word(self, word: str) -> tuple[str, ...]:
        family, colon, pattern = word.partition(":")
        words = self.vocabulary
        if word in words.groups:
            found = words.groups[word]()
            return tuple(found) if found else self._empty(word, f"no {word} stand here", "take the group out")
        if not colon or family not in words.families:
            return self._itself(word)
        kinds = words.family(family)
        fits = partial(fnmatchcase, pat=pattern) if any(sign in pattern for sign in _WILD) else pattern.__eq__
        found = [member for name, member in kinds if fits(name)]
        return tuple(found) if found else self._no_match(word, family, pattern, [name for name, _ in kinds])

    def _itself(self, word: str) -> tuple[str, ...]:
        """A word that is no group: as in a question, where a near miss of a group is told before one of a name."""
        family, colon, _ = word.partition(":")
        words = self.vocabulary
        near = get_close_matches(family, [*words.groups, *words.families], n=1, cutoff=_CLOSE)
        if near and word not in words.known() and "." not in word and (colon or near[0] in words.groups):
            return self._empty(word, "is no group", f"write {near[0]}{word[len(family) :]}")
        return (word,)

    def _no_match(self, word: str, family: str, pattern: str, names: list[str]) -> tuple[str, ...]:
        near = get_close_matches(pattern, names, n=1, cutoff=_CLOSE)
        mend = f"write {family}:{near[0]}" if near else f"use one of {', '.join(sorted(set(names))[:12]) or 'none'}"
        return self._empty(word, f"no {family} fits it", mend)

    def _empty(self, word: str, reason: str, mend: str) -> tuple[str, ...]:
        self.faults.append(Fault(f'group "{word}"', reason, mend))
        return ()


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The words of one environment: what groups stand for, names by family with their members, and all names."""

    groups: Mapping[str, Callable[[], list[str]]]
    families: Mapping[str, str]
    family: Callable[[str], list[tuple[str, str]]]
    known: Callable[[], set[str]]


def _vocabulary(inventory: AnyInventory) -> _Vocabulary:
    if isinstance(inventory, aws.Inventory):
        named = aws_groups.Named(inventory)
        return _Vocabulary(named.groups(), AWS_FAMILIES, named.family, named.known)
    return _Vocabulary(
        _by_word(inventory), FAMILIES, lambda family: _by_family(inventory, family), lambda: _known(inventory)
    )


def _known(inventory: Inventory) -> set[str]:
    """The names that stand for themselves."""
    places = {one.name for one in inventory.computes} | {one.name for one in inventory.machines}
    places |= {site.name for site in inventory.on_premises} | {bastion.name for bastion in inventory.bastions}
    services = {resource.name for _, resource in resources(inventory)}
    return places | services | {subnet.name for _, subnet in inventory.subnets()}


def _by_word(inventory: Inventory) -> dict[str, Callable[[], list[str]]]:
    subnets = {f"{n.name}/{s.name}" for n, s in inventory.subnets()}
    computes = inventory.computes
    inside = [machine.name for machine in inventory.machines if machine.subnet in subnets]
    return {
        "everything": lambda: [*(one.name for one in computes), *inside, *_subnets(inventory)],
        "computes": lambda: [one.name for one in computes],
        "instances": lambda: [one.name for one in computes if one.kind == "instance"],
        "clusters": lambda: [one.name for one in computes if one.kind == "cluster"],
        "machines": lambda: [machine.name for machine in inventory.machines],
        "subnets": lambda: _subnets(inventory),
        "sites": lambda: [site.name for site in inventory.on_premises],
        "services": lambda: [member for _, member in _doors(inventory)],
    }


def _by_family(inventory: Inventory, family: str) -> list[tuple[str, str]]:
    """The names that a pattern is held against, each with the member that it stands for."""
    machines = [(machine, machine.name) for machine in inventory.machines]
    match family:
        case "purpose":
            return [(machine.purpose, name) for machine, name in machines]
        case "machine":
            return [(name, name) for _, name in machines]
        case "compute":
            return [(one.name, one.name) for one in inventory.computes]
        case "subnet":
            return [(name, name) for name in _subnets(inventory)]
        case "network":
            placed = [(one.subnet or "", one.name) for one in inventory.computes]
            placed += [(machine.subnet, name) for machine, name in machines]
            placed += [(name, name) for name in _subnets(inventory)]
            return [(subnet.partition("/")[0], name) for subnet, name in placed if "/" in subnet]
        case _:
            return _doors(inventory)


def _subnets(inventory: Inventory) -> list[str]:
    return [f"{n.name}/{s.name}" for n, s in inventory.subnets() if s.name not in NAMED_SUBNETS]


def _doors(inventory: Inventory) -> list[tuple[str, str]]:
    """Each door that has one name; those under a wildcard are asked for by the names under it."""
    doors = ((door.words.partition("/")[0], door.words) for door in every_door(inventory))
    return [(service, words) for service, words in doors if "." not in words]


def members(inventory: AnyInventory, words: Iterable[str]) -> tuple[str, ...]:
    """The places or targets that words stand for. Raises SpecError for every group that holds nothing."""
    found = _Members(inventory)
    named = found.of(words)
    if found.faults:
        raise SpecError(found.faults)
    return named
