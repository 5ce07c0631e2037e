"""Faults of load balancers that Azure would refuse: rules that cannot stand, machines that cannot be behind them."""

from collections.abc import Iterator

from cloister.errors import Fault
from cloister.inventory.azure import BalancerFrontend, BalancingRule, Inventory, LoadBalancer

_ALL = "All"


def balancer_faults(inventory: Inventory) -> Iterator[Fault]:
    """Every load balancer that Azure would refuse, with its mend."""
    for balancer in inventory.load_balancers:
        for frontend in balancer.frontends:
            yield from _address_faults(inventory, balancer, frontend)
            yield from _doubled_faults(balancer, frontend)
            for rule in frontend.rules:
                yield from _rule_faults(balancer, frontend, rule)
            yield from _outbound_faults(balancer, frontend)
        yield from _backend_faults(inventory, balancer)


def _address_faults(inventory: Inventory, balancer: LoadBalancer, frontend: BalancerFrontend) -> Iterator[Fault]:
    address = next((one for one in inventory.public_ips if one.name == frontend.public_ip), None)
    if address is not None and address.sku != balancer.sku:
        reason = f"public address {address.name} is {address.sku}, and the load balancer is {balancer.sku}"
        thing = f'frontend "{balancer.name}/{frontend.name}"'
        yield Fault(thing, reason, "give both the same sku", frontend.origin.of("public_ip"))


def _doubled_faults(balancer: LoadBalancer, frontend: BalancerFrontend) -> Iterator[Fault]:
    first: dict[tuple[str, int], str] = {}
    for rule in frontend.rules:
        other = first.setdefault((rule.protocol, rule.frontend_port), rule.name)
        if other != rule.name:
            reason = f'{rule.protocol} {rule.frontend_port} is that of rule "{other}" already'
            thing = f'rule "{balancer.name}/{frontend.name}/{rule.name}"'
            yield Fault(thing, reason, "choose another frontend_port", rule.origin.of("frontend_port"))


def _rule_faults(balancer: LoadBalancer, frontend: BalancerFrontend, rule: BalancingRule) -> Iterator[Fault]:
    thing = f'rule "{balancer.name}/{frontend.name}/{rule.name}"'
    place = rule.origin.of("protocol")
    if rule.protocol == _ALL and (rule.frontend_port or rule.backend_port):
        reason = "protocol All stands for HA ports, and a port is stated beside it"
        yield Fault(thing, reason, "remove the port, or write Tcp or Udp", place)
    elif rule.protocol != _ALL and not rule.frontend_port:
        reason = f"protocol {rule.protocol} needs a port, and frontend_port states none"
        yield Fault(thing, reason, "add frontend_port, or write protocol: All for HA ports", place)
    elif rule.protocol == _ALL and balancer.sku == "Basic":
        yield Fault(thing, "a Basic load balancer has no HA ports", "write sku: Standard", place)
    elif rule.protocol == _ALL and frontend.public_ip:
        reason = "HA ports are for frontends inside, and this one is public"
        yield Fault(thing, reason, "write a rule for each port", place)


def _outbound_faults(balancer: LoadBalancer, frontend: BalancerFrontend) -> Iterator[Fault]:
    for rule in frontend.outbound_rules:
        thing, place = f'outbound rule "{balancer.name}/{frontend.name}/{rule.name}"', rule.origin
        if balancer.sku == "Basic":
            yield Fault(thing, "a Basic load balancer has no outbound rules", "write sku: Standard", place)
        elif not frontend.public_ip:
            yield Fault(thing, "stands at a frontend inside", "move it to a public frontend", place)
        inbound = next((one for one in frontend.rules if not one.disable_outbound_snat), None)
        if inbound:
            reason = f'rule "{inbound.name}" of the same frontend lends the address out already'
            mend = f"set disable_outbound_snat: true on rule {inbound.name}"
            yield Fault(thing, reason, mend, place)


def _backend_faults(inventory: Inventory, balancer: LoadBalancer) -> Iterator[Fault]:
    """Machines behind a balancer that do not stand in the one network that it can serve."""
    homes = {one.name: one.subnet.partition("/")[0] for one in inventory.machines if inventory.subnet(one.subnet)}
    inside = (one.subnet.partition("/")[0] for one in balancer.frontends if one.subnet)
    known = {one.name for one in inventory.machines}
    backends = [name for name in balancer.machines if name in known]
    first = next(inside, next((homes[name] for name in backends if name in homes), ""))
    for name in backends:
        thing, place = f'load balancer "{balancer.name}"', balancer.origin.of("backends")
        if name not in homes:
            reason = f"machine {name} stands in no subnet of the environment"
            yield Fault(thing, reason, "name machines in one virtual network", place)
        elif homes[name] != first:
            reason = f"machine {name} stands in network {homes[name]}, and the load balancer serves {first}"
            yield Fault(thing, reason, "name machines in one virtual network", place)
