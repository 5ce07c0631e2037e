"""The firewall refuses whatever is public. The way out is a list of names before the rule that refuses."""

from collections.abc import Iterator
from typing import Any

from cloister.ask.lessons.managed import managed_network
from cloister.ask.lessons.permits import name_rules
from cloister.ask.lessons.room import free_name, last_free
from cloister.ask.lessons.seen import Seen, host_of
from cloister.ask.lessons.values import Lesson, WayOut, lesson, way_out
from cloister.inventory.azure import Firewall
from cloister.verdict import Layer

ID = "never-public"


def recognise(seen: Seen) -> Lesson | None:
    """The lesson, where a firewall refuses from a compute all that development needs."""
    shut = {place: flows for place, flows in seen.shut(Layer.FIREWALL).items() if _firewall(seen, place)}
    if not shut:
        return None
    explains = tuple(one for flows in shut.values() for one in flows)
    return lesson(
        ID,
        explains[0].decisive,
        explains,
        tuple(_ways(seen, tuple(shut))),
        firewalls=", ".join(dict.fromkeys(one.decisive.at for one in explains)),
        hosts=", ".join(dict.fromkeys(host_of(one) for one in explains)),
    )


def _ways(seen: Seen, places: tuple[str, ...]) -> Iterator[WayOut]:
    firewalls: dict[str, Any] = {}
    for firewall in seen.inventory.firewalls:
        own = tuple(place for place in places if _firewall(seen, place) is firewall)
        machines = (one.name for one in seen.inventory.machines if seen.firewall_at(one.name) is firewall)
        priority = _before_refusals(firewall)
        if own and priority and not _refuses_addresses(firewall):
            firewalls[firewall.name] = {
                "rule_collection_groups": _approved(seen, firewall, (*own, *machines), priority)
            }
    if len(firewalls) == len({str(_firewall(seen, place)) for place in places}):
        yield way_out(ID, "approved-names", {"firewalls": firewalls})
    kept = managed_network(seen, places)
    if kept:
        yield way_out(ID, "managed-network", kept)


def _approved(seen: Seen, firewall: Firewall, places: tuple[str, ...], priority: int) -> dict[str, Any]:
    """A group of its own, read before the one that refuses."""
    name = free_name("approved-names", {group.name for group in firewall.rule_collection_groups})
    names = {"names": {"priority": 100, "action": "Allow", "rules": name_rules(seen, places)}}
    return {name: {"priority": priority, "application_rule_collections": names}}


def _before_refusals(firewall: Firewall) -> int | None:
    """A priority before every group that refuses names."""
    groups = firewall.rule_collection_groups
    refusing = [group.priority for group in groups if any(one.action == "Deny" for one in group.collections)]
    return last_free(min(refusing, default=1000), {group.priority for group in groups})


def _refuses_addresses(firewall: Firewall) -> bool:
    """Whether a rule on addresses refuses: those are read before any name, so that no list of names would help."""
    collections = (one for group in firewall.rule_collection_groups for one in group.collections)
    return any(one.kind == "network" and one.action == "Deny" for one in collections)


def _firewall(seen: Seen, place: str) -> Firewall | None:
    return seen.firewall_of(seen.compute(place))
