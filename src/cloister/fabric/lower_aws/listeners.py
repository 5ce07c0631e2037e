"""Listeners of load balancers, with the places that stand behind them."""

from cloister.fabric.flows import Protocol
from cloister.fabric.listeners import Listener
from cloister.fabric.lower_aws.layout import Layout
from cloister.fabric.sets import PortSet
from cloister.inventory.aws import Listener as AwsListener
from cloister.inventory.aws import LoadBalancer, TargetGroup
from cloister.verdict import Rule

_TCP = frozenset({Protocol.TCP})
_PROTOCOLS = {
    "UDP": frozenset({Protocol.UDP}),
    "TCP_UDP": frozenset({Protocol.TCP, Protocol.UDP}),
}
_KEPT_BY_DEFAULT = ("UDP", "TCP_UDP")


def listeners_of(layout: Layout, balancer: LoadBalancer) -> tuple[Listener, ...]:
    """The listeners of a balancer; each of its nodes has them all."""
    return tuple(_listener(layout, balancer, one) for one in balancer.listeners)


def _listener(layout: Layout, balancer: LoadBalancer, one: AwsListener) -> Listener:
    group = next((known for known in layout.inventory.target_groups if known.name == one.target_group), None)
    rule = Rule(f"{balancer.name}/{one.name}", one.origin)
    protocols, ports = _PROTOCOLS.get(one.protocol, _TCP), PortSet.of(str(one.port))
    if group is None:
        return Listener(rule, protocols, ports, 0, (), gap="where its listener leads is not stated")
    return Listener(
        rule=rule,
        protocols=protocols,
        ports=ports,
        to_port=group.port,
        backends=_backends(layout, group),
        keeps_source=balancer.load_balancer_type == "network" and _keeps_source(group),
        check_port=group.health_check_port or 0,
    )


def _keeps_source(group: TargetGroup) -> bool:
    """Whether targets see the caller: what is stated, or else what AWS gives."""
    if group.preserve_client_ip is not None:
        return group.preserve_client_ip
    return group.target_type == "instance" or group.protocol in _KEPT_BY_DEFAULT


def _backends(layout: Layout, group: TargetGroup) -> tuple[str, ...]:
    """The places that are registered in a target group: services that say so, and instances that it names."""
    services = (one.name for one in layout.inventory.ecs_services if group.name in one.target_groups)
    places = [name for service in services for name in layout.place_names("ecs_services", service)]
    return (*places, *(layout.owner_name("instances", name) for name in group.targets))
