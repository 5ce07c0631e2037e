"""What is worth knowing of an environment beside any verdict: dead rules, loose ends, and what is not modelled of it.

Nothing here changes a verdict. It is told so that nobody trusts a rule that does nothing, or an answer that knows less
than it seems to.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from cloister.ask.asking import AnyEnvironment, Environment
from cloister.fabric.lower_azure.published import uses_of_tags
from cloister.facts.service_tags import service_tags
from cloister.facts.undecided import Undecided, undecided
from cloister.inventory.azure import ApplicationRule, Firewall, FirewallPolicy, Inventory, Machine
from cloister.inventory.clouds import AnyInventory
from cloister.origin import Origin
from cloister.reach.astray import astray
from cloister.reach.dead_ends import dead_ends
from cloister.reach.idle import idle_rules
from cloister.reach.judged import called
from cloister.reach.unread import Unread, unread_rules
from cloister.verdict import Rule

_TRUSTED = "whether a client tells the true name of its host: without TLS inspection a rule on names takes its word"

_SPARK = "whether anybody starts serverless Spark, which without a managed network runs where everything may leave"


class NoteKind(StrEnum):
    """What a note is about, in the order in which notes are told."""

    UNREAD = "rule never read"
    IDLE = "rule without effect"
    DEAD_END = "leads to nothing"
    ASTRAY = "names that go astray"
    UNKNOWN_TAG = "tag of no list"
    LOOSE = "attached to nothing"
    UNDECLARED = "declared nowhere"
    NOT_UNDERSTOOD = "not understood"
    NOT_MODELLED = "not modelled"


@dataclass(frozen=True, slots=True)
class Note:
    """One note: the thing, what is so with it, what to do (may be empty), and where it is written."""

    kind: NoteKind
    thing: str
    text: str
    mend: str
    origin: Origin


def notes(environment: AnyEnvironment) -> tuple[Note, ...]:
    """Every note on an environment, kind by kind, each in the order of the source."""
    found = (*_unread(environment), *_idle(environment), *_dead_ends(environment), *_astray(environment))
    told = (*_undeclared(environment.inventory), *_not_understood(environment.inventory))
    if not isinstance(environment, Environment):
        return (*found, *told)
    loose = (*_unknown_tags(environment), *_loose(environment.inventory))
    return (*found, *loose, *told, *_not_modelled(environment.inventory))


def _unread(environment: AnyEnvironment) -> Iterator[Note]:
    for one in unread_rules(environment.fabric):
        yield _of_rule(NoteKind.UNREAD, one.rule, _why_unread(one), _mend_of(one), environment)


def _why_unread(one: Unread) -> str:
    names = [called(rule) for rule in one.by]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    takes = "takes" if len(names) == 1 else "together take"
    otherwise = ", and decides otherwise" if len(names) == 1 else ", and not all of them decide as it does"
    return f"{listed} before it {takes} all that it is about{otherwise if one.opposed else ''}"


def _mend_of(one: Unread) -> str:
    return f"move it before {called(one.by[0])}, or remove it" if one.opposed else "remove it"


def _idle(environment: AnyEnvironment) -> Iterator[Note]:
    for one in idle_rules(environment.fabric):
        yield _of_rule(NoteKind.IDLE, one.rule, one.text, one.mend, environment)


def _dead_ends(environment: AnyEnvironment) -> Iterator[Note]:
    for one in dead_ends(environment.fabric):
        thing = one.rule.name if " " in one.rule.name else f'route "{one.rule.name}"'
        yield Note(NoteKind.DEAD_END, thing, one.text, one.mend, one.rule.origin or environment.inventory.origin)


def _unknown_tags(environment: Environment) -> Iterator[Note]:
    """Service tags that no list has; with the published list at hand these are faults of the input."""
    if environment.published is not None:
        return
    known = {row.tag.lower(): row.tag for row in service_tags()}
    for thing, tag, _, _, origin in uses_of_tags(environment.inventory):
        name, dot, region = tag.partition(".")
        if name.lower() in known:
            continue
        near = get_close_matches(name.lower(), known, n=1)
        mend = (
            f"did you mean {known[near[0]]}{dot}{region}?" if near else "correct its name, or give the published list"
        )
        text = f"names the service tag {tag}, which stands in no list that we know: what it holds is not known"
        yield Note(NoteKind.UNKNOWN_TAG, thing, text, mend, origin)


def _not_understood(inventory: AnyInventory) -> Iterator[Note]:
    for one in inventory.not_understood:
        yield Note(NoteKind.NOT_UNDERSTOOD, one.thing, f"{one.what}: {one.consequence}", "", one.origin)


def _astray(environment: AnyEnvironment) -> Iterator[Note]:
    for one in astray(environment.fabric):
        origin = one.rule.origin or environment.inventory.origin
        yield Note(NoteKind.ASTRAY, one.rule.name, one.text, one.mend, origin)


def _of_rule(kind: NoteKind, rule: Rule, text: str, mend: str, environment: AnyEnvironment) -> Note:
    return Note(kind, f'rule "{rule.name}"', text, mend, rule.origin or environment.inventory.origin)


def _loose(inventory: Inventory) -> Iterator[Note]:
    """Resources that nothing refers to, so that what they say binds nobody."""
    for kind, resources, used in _kinds_and_users(inventory):
        for resource in resources:
            if resource.name not in used:
                thing = f'{kind} "{resource.name}"'
                yield Note(NoteKind.LOOSE, thing, _LOOSE[kind], "attach it, or remove it", resource.origin)


_LOOSE = {
    "network security group": "stands on no subnet and no machine",
    "application security group": "holds no machine and no endpoint",
    "route table": "belongs to no subnet",
    "firewall": "has no route that leads to it, no network that asks it for names, and no DNAT rule",
    "firewall policy": "is that of no firewall, and no base of another",
    "IP group": "is named by no rule",
}


def _kinds_and_users(inventory: Inventory) -> Iterator[tuple[str, tuple[Any, ...], set[str | None]]]:
    """Each kind of resource with the names that something uses."""
    subnets = [subnet for _, subnet in inventory.subnets()]
    filtered = {one.network_security_group for one in subnets}
    filtered |= {one.network_security_group for one in inventory.machines}
    yield "network security group", inventory.network_security_groups, filtered
    members: set[str | None] = {name for one in inventory.machines for name in one.application_security_groups}
    members |= {name for one in inventory.private_endpoints for name in one.application_security_groups}
    yield "application security group", inventory.application_security_groups, members
    yield "route table", inventory.route_tables, {subnet.route_table for subnet in subnets}
    yield "firewall", inventory.firewalls, _used_firewalls(inventory)
    policies = {one.policy for one in inventory.firewalls} | {one.base_policy for one in inventory.firewall_policies}
    yield "firewall policy", inventory.firewall_policies, policies
    yield "IP group", inventory.ip_groups, _named_ip_groups(inventory)


def _used_firewalls(inventory: Inventory) -> set[str | None]:
    asked = {server for network in inventory.networks for server in network.dns_servers}
    asked |= {server for machine in inventory.machines for server in machine.dns_servers}
    asked |= {server for site in inventory.on_premises for _, servers in site.forwarders for server in servers}
    asked |= {server for one in inventory.name_servers for _, servers in one.forwards for server in servers}
    rules = (rule for ruleset in inventory.forwarding_rulesets for rule in ruleset.rules)
    asked |= {address for rule in rules for address, _ in rule.targets}
    hops = {route.next_hop for table in inventory.route_tables for route in table.routes}
    leading_in: set[str | None] = {
        firewall.name
        for firewall in inventory.firewalls
        for policy in inventory.policies_of(firewall)
        for group in policy.rule_collection_groups
        if any(collection.kind == "nat" for collection in group.collections)
    }
    return leading_in | {one.name for one in inventory.firewalls if one.private_ip in asked | hops}


def _named_ip_groups(inventory: Inventory) -> set[str | None]:
    policies = (*(one.own_policy for one in inventory.firewalls), *inventory.firewall_policies)
    rules = (
        rule
        for policy in policies
        for group in policy.rule_collection_groups
        for collection in group.collections
        for rule in collection.rules
    )
    return {name for rule in rules for name in (*rule.source_ip_groups, *getattr(rule, "destination_ip_groups", ()))}


def _undeclared(inventory: AnyInventory) -> Iterator[Note]:
    for name, origin in inventory.undeclared:
        text = "something refers to it, and nothing declares it"
        yield Note(NoteKind.UNDECLARED, f'"{name}"', text, "declare it, or correct the reference", origin)


def _not_modelled(inventory: Inventory) -> Iterator[Note]:
    """What is not known about ways here: one note for each fact, with the resources that it is about."""
    found: dict[str, list[tuple[str, Origin]]] = {}
    for row in undecided():
        if row.when != "never":
            for path, resource in _resources(inventory, row.section.split(".")):
                if _applies(row, resource):
                    found.setdefault(row.what, []).append((path, resource.origin.of(row.attribute)))
    for name, origin in _trusting(inventory):
        found.setdefault(_TRUSTED, []).append((name, origin))
    for workspace in inventory.workspaces:
        if workspace.managed_network == "Disabled":
            found.setdefault(_SPARK, []).append((workspace.name, workspace.origin))
    for name, origin in _forwarders(inventory):
        found.setdefault("what a machine that routes lead to passes on", []).append((name, origin))
    for what, holders in found.items():
        names = list(dict.fromkeys(name for name, _ in holders))
        yield Note(NoteKind.NOT_MODELLED, ", ".join(names), what, "", holders[0][1])


def _trusting(inventory: Inventory) -> Iterator[tuple[str, Origin]]:
    """The firewalls and policies with rules on names that take a client's word for the name."""
    holders: tuple[Firewall | FirewallPolicy, ...] = (*inventory.firewalls, *inventory.firewall_policies)
    for holder in holders:
        groups = holder.rule_collection_groups
        rules = (rule for group in groups for collection in group.collections for rule in collection.rules)
        if any(isinstance(rule, ApplicationRule) and not rule.tls_inspection for rule in rules):
            yield holder.name, holder.origin


def _resources(holder: Any, sections: list[str], path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any resource
    """The resources of a section, or inside of those of a section, each with its full name."""
    for resource in getattr(holder, sections[0], ()):
        name = f"{path}/{resource.name}" if path else resource.name
        if len(sections) == 1:
            yield name, resource
        else:
            yield from _resources(resource, sections[1:], name)


def _applies(row: Undecided, resource: Any) -> bool:  # noqa: ANN401 - any resource
    if not hasattr(resource, row.attribute):
        return False
    value = getattr(resource, row.attribute)
    default = next(field.default for field in fields(resource) if field.name == row.attribute)
    return value != default if row.when == "set" else str(value) == row.when


def _forwarders(inventory: Inventory) -> Iterator[tuple[str, Origin]]:
    """The machines that routes lead to, straight or by a load balancer, and of which nobody says what they pass on."""
    hops = {route.next_hop for table in inventory.route_tables for route in table.routes}
    balancers = inventory.load_balancers
    led_to = [one for one in balancers if any(frontend.private_ip in hops for frontend in one.frontends)]
    behind = {name for one in led_to for name in one.machines}
    unstated = _unstated(inventory)
    yield from ((one.name, one.origin) for one in unstated if one.private_ip in hops or one.name in behind)


def _unstated(inventory: Inventory) -> Iterator[Machine]:
    """The machines that do not say whether they send on packets meant for others."""
    return (one for one in inventory.machines if one.ip_forwarding is None and not one.forwards)
