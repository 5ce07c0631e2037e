"""Names in rules on addresses, as the appliance itself resolves them: what it finds are addresses like any other.

A name that leads to a private address means that address, whatever the client calls it. One that leads to a public
address stays a name: a flow for the same name is taken to go to the same address.
"""

from dataclasses import replace

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.appliances import AddressRule, Appliance
from cloister.fabric.fabric import Fabric
from cloister.fabric.sets import AddressSet
from cloister.reach.judged import answer_of
from cloister.reach.resolving import own_lookup
from cloister.reach.travel import query
from cloister.verdict import Answer


def with_rule_names(fabric: Fabric) -> Fabric:
    """The same data plane with the names in rules on addresses resolved, where the appliance resolves names at all."""
    if not any(_has_names(appliance) for appliance in fabric.appliances):
        return fabric
    return replace(fabric, appliances=tuple(_resolved(fabric, appliance) for appliance in fabric.appliances))


def _has_names(appliance: Appliance) -> bool:
    return appliance.name_proxy and any(rule.hosts for rule in appliance.address_rules)


def _resolved(fabric: Fabric, appliance: Appliance) -> Appliance:
    if not _has_names(appliance):
        return appliance
    rules = tuple(_with_addresses(fabric, appliance, rule) for rule in appliance.address_rules)
    return replace(appliance, address_rules=rules)


def _with_addresses(fabric: Fabric, appliance: Appliance, rule: AddressRule) -> AddressRule:
    kept: list[str] = []
    found: list[AddressMatch] = []
    for host in rule.hosts:
        lookup = own_lookup(fabric, appliance, host, query)
        answer = answer_of(lookup.judged)
        if lookup.address is not None and lookup.address.within & fabric.public:
            kept.append(host)
        elif answer is Answer.ALLOW and lookup.address is not None:
            found.append(AddressMatch.of(host, lookup.address.within))
        elif answer is Answer.UNKNOWN:
            found.append(AddressMatch(host, possible=AddressSet.everything()))
    return replace(rule, hosts=tuple(kept), destinations=(*rule.destinations, *found))
