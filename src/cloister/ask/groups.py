"""Groups of places and of targets: what the words of an owner's flows stand for in one environment.

A word that is no group stands for itself, as in a question. A group that holds nothing is a fault: an intent about
nothing would be met by everything.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase

from cloister.ask.packs.doors import every_door
from cloister.errors import Fault, SpecError
from cloister.fabric.lower_azure.services import resources
from cloister.facts.azure_subnets import NAMED_SUBNETS
from cloister.inventory.azure import Inventory
from cloister.inventory.intents import FAMILIES, GROUPS, Flows

_MOST_PORTS = 64
_CLOSE = 0.7


def questions(inventory: Inventory, flows: Flows) -> tuple[str, ...]:
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

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.faults: list[Fault] = []

    def of(self, words: Iterable[str]) -> tuple[str, ...]:
        """The members of all groups, each once, in the order of the words."""
        return tuple(dict.fromkeys(member for word in words for member in self._of_word(word)))

    def _of_word(self, word: str) -> tuple[str, ...]:
        family, colon, pattern = word.partition(":")
        if word in GROUPS:
            found = self._by_word()[word]()
            return tuple(found) if found else self._empty(word, f"no {word} stand here", "take the group out")
        if not colon or family not in FAMILIES:
            return self._itself(word)
        kinds = self._by_family(family)
        found = [member for name, member in kinds if fnmatchcase(name, pattern)]
        return tuple(found) if found else self._no_match(word, family, pattern, [name for name, _ in kinds])

    def _itself(self, word: str) -> tuple[str, ...]:
        """A word that is no group: as in a question, where a near miss of a group is told before one of a name."""
        family, colon, _ = word.partition(":")
        near = get_close_matches(family, [*GROUPS, *FAMILIES], n=1, cutoff=_CLOSE)
        if near and word not in self._known() and "." not in word and (colon or near[0] in GROUPS):
            return self._empty(word, "is no group", f"write {near[0]}{word[len(family) :]}")
        return (word,)

    def _known(self) -> set[str]:
        """The names that stand for themselves."""
        inventory = self.inventory
        places = {one.name for one in inventory.computes} | {one.name for one in inventory.machines}
        places |= {site.name for site in inventory.on_premises} | {bastion.name for bastion in inventory.bastions}
        services = {resource.name for _, resource in resources(inventory)}
        return places | services | {subnet.name for _, subnet in inventory.subnets()}

    def _no_match(self, word: str, family: str, pattern: str, names: list[str]) -> tuple[str, ...]:
        near = get_close_matches(pattern, names, n=1, cutoff=_CLOSE)
        mend = f"write {family}:{near[0]}" if near else f"use one of {', '.join(sorted(set(names))[:12]) or 'none'}"
        return self._empty(word, f"no {family} fits it", mend)

    def _empty(self, word: str, reason: str, mend: str) -> tuple[str, ...]:
        self.faults.append(Fault(f'group "{word}"', reason, mend))
        return ()

    def _by_word(self) -> dict[str, Callable[[], list[str]]]:
        inventory, subnets = self.inventory, {f"{n.name}/{s.name}" for n, s in self.inventory.subnets()}
        computes = inventory.computes
        inside = [machine.name for machine in inventory.machines if machine.subnet in subnets]
        return {
            "everything": lambda: [*(one.name for one in computes), *inside, *self._subnets()],
            "computes": lambda: [one.name for one in computes],
            "instances": lambda: [one.name for one in computes if one.kind == "instance"],
            "clusters": lambda: [one.name for one in computes if one.kind == "cluster"],
            "machines": lambda: [machine.name for machine in inventory.machines],
            "subnets": self._subnets,
            "sites": lambda: [site.name for site in inventory.on_premises],
            "services": lambda: [member for _, member in self._doors()],
        }

    def _by_family(self, family: str) -> list[tuple[str, str]]:
        """The names that a pattern is held against, each with the member that it stands for."""
        inventory = self.inventory
        machines = [(machine, machine.name) for machine in inventory.machines]
        match family:
            case "purpose":
                return [(machine.purpose, name) for machine, name in machines]
            case "machine":
                return [(name, name) for _, name in machines]
            case "compute":
                return [(one.name, one.name) for one in inventory.computes]
            case "subnet":
                return [(name, name) for name in self._subnets()]
            case "network":
                placed = [(one.subnet or "", one.name) for one in inventory.computes]
                placed += [(machine.subnet, name) for machine, name in machines]
                placed += [(name, name) for name in self._subnets()]
                return [(subnet.partition("/")[0], name) for subnet, name in placed if "/" in subnet]
            case _:
                return self._doors()

    def _subnets(self) -> list[str]:
        return [f"{n.name}/{s.name}" for n, s in self.inventory.subnets() if s.name not in NAMED_SUBNETS]

    def _doors(self) -> list[tuple[str, str]]:
        """Each door that has one name; those under a wildcard are asked for by the names under it."""
        doors = ((door.words.partition("/")[0], door.words) for door in every_door(self.inventory))
        return [(service, words) for service, words in doors if "." not in words]


def members(inventory: Inventory, words: Iterable[str]) -> tuple[str, ...]:
    """The places or targets that words stand for. Raises SpecError for every group that holds nothing."""
    found = _Members(inventory)
    named = found.of(words)
    if found.faults:
        raise SpecError(found.faults)
    return named
