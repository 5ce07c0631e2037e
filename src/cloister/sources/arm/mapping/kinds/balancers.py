"""Load balancers: frontends with the rules that refer to them, and the machines whose interfaces are in their pools."""

from collections.abc import Iterator

from cloister.sources.arm.mapping.estate import MACHINE, Estate
from cloister.sources.arm.mapping.kinds.machines import INTERFACE
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Reference, Unknown, Value
from cloister.sources.draft import identity_of, why
from cloister.sources.given import Wanted
from cloister.sources.written import Path

BALANCER = "microsoft.network/loadbalancers"
_FRONTENDS = "properties.frontendIPConfigurations"
_POOLS = "properties.backendAddressPools"


def balancer(estate: Estate, one: Resource) -> None:
    """Its frontends, each with the rules that name it."""
    path = estate.path(one)
    for place, frontend in enumerate(items(one.get(_FRONTENDS)) if path else ()):
        assert path is not None  # noqa: S101 - the loop has no turn without one
        name = inner(frontend, "name")
        prop = f"{_FRONTENDS}[{place}]"
        at = estate.draft.claim((*path, "frontends"), name if isinstance(name, str) else "frontend", one.place(prop))
        _frontend(estate, one, (at, prop), frontend)
        _hidden_rules(estate, one, at)
        for rule in _rules_of(one, "properties.loadBalancingRules", name):
            _rule(estate, one, at, rule)
        for rule in _rules_of(one, "properties.outboundRules", name):
            _outbound(estate, one, at, rule)
        for rule in _rules_of(one, "properties.inboundNatRules", name):
            _nat(estate, one, at, rule)


def _hidden_rules(estate: Estate, one: Resource, frontend: Path) -> None:
    for attribute, prop in (("rules", "loadBalancingRules"), ("outbound_rules", "outboundRules")):
        stated = items(one.get(f"properties.{prop}"))
        untold = next((rule for rule in stated if isinstance(rule, Unknown | Reference)), None)
        if untold is not None:
            estate.draft.miss((*frontend, attribute), why(untold), one.place(f"properties.{prop}"))


def _frontend(estate: Estate, one: Resource, spot: tuple[Path, str], frontend: Value) -> None:
    (path, prop), draft = spot, estate.draft
    public = inner(frontend, "properties.publicIPAddress.id")
    if public is not None:
        draft.refer((*path, "public_ip"), public, ("public_ips",), one.place(f"{prop}.properties.publicIPAddress"))
        return
    subnet, address = inner(frontend, "properties.subnet.id"), inner(frontend, "properties.privateIPAddress")
    draft.refer((*path, "subnet"), subnet, ("subnets",), one.place(f"{prop}.properties.subnet"))
    where, place = draft.path_of(subnet), one.place(f"{prop}.properties.privateIPAddress")
    if isinstance(address, str) or where is None:
        estate.write((*path, "private_ip"), address, place)
    else:
        draft.give(Wanted((*path, "private_ip"), where, 1, listed=False, place=place))


def _rules_of(one: Resource, prop: str, frontend: Value) -> Iterator[Value]:
    for rule in items(one.get(prop)):
        single = inner(rule, "properties.frontendIPConfiguration.id")
        several = [single, *(inner(entry, "id") for entry in items(inner(rule, "properties.frontendIPConfigurations")))]
        if any(_last(identity) == str(frontend).lower() for identity in several if identity is not None):
            yield rule


def _last(value: Value) -> str:
    return (identity_of(value) or "").rpartition("/")[2].lower()


def _claimed(estate: Estate, one: Resource, path: Path, rule: Value) -> Path:
    name = inner(rule, "name")
    return estate.draft.claim(
        path, name if isinstance(name, str) else "rule", one.place("properties.loadBalancingRules")
    )


def _rule(estate: Estate, one: Resource, frontend: Path, rule: Value) -> None:
    path = _claimed(estate, one, (*frontend, "rules"), rule)
    place = one.place(f"properties.loadBalancingRules.{path[-1]}")
    port = inner(rule, "properties.backendPort")
    probe = _last(inner(rule, "properties.probe.id"))
    probes = {
        str(inner(entry, "name")).lower(): inner(entry, "properties.port")
        for entry in items(one.get("properties.probes"))
    }
    written: dict[str, Value] = {
        "protocol": _protocol(inner(rule, "properties.protocol")),
        "frontend_port": inner(rule, "properties.frontendPort"),
        "backend_port": port or None,
        "probe_port": probes.get(probe),
        "floating_ip": inner(rule, "properties.enableFloatingIP"),
        "disable_outbound_snat": inner(rule, "properties.disableOutboundSnat"),
        "backends": _backends(estate, one, rule),
    }
    for attribute, value in written.items():
        estate.write((*path, attribute), value, place)


def _outbound(estate: Estate, one: Resource, frontend: Path, rule: Value) -> None:
    path = _claimed(estate, one, (*frontend, "outbound_rules"), rule)
    place = one.place(f"properties.outboundRules.{path[-1]}")
    estate.write((*path, "protocol"), _protocol(inner(rule, "properties.protocol")), place)
    estate.write((*path, "backends"), _backends(estate, one, rule), place)


def _nat(estate: Estate, one: Resource, frontend: Path, rule: Value) -> None:
    """An inbound NAT rule: a rule with one machine, that whose interface names it."""
    path = _claimed(estate, one, (*frontend, "rules"), rule)
    place = one.place(f"properties.inboundNatRules.{path[-1]}")
    key = f"{one.identity}/inboundnatrules/{str(inner(rule, 'name')).lower()}"
    machines = _machines(estate, "loadBalancerInboundNatRules", {key})
    written: dict[str, Value] = {
        "protocol": _protocol(inner(rule, "properties.protocol")),
        "frontend_port": inner(rule, "properties.frontendPort"),
        "backend_port": inner(rule, "properties.backendPort"),
        "backends": machines,
    }
    for attribute, value in written.items():
        estate.write((*path, attribute), value, place)


def _protocol(value: Value) -> Value:
    return value.capitalize() if isinstance(value, str) else value


def _backends(estate: Estate, one: Resource, rule: Value) -> Value:
    """The machines behind a rule: those whose interface is in its pool, or whose address the pool states."""
    pools = [inner(rule, "properties.backendAddressPool.id")]
    pools += [inner(entry, "id") for entry in items(inner(rule, "properties.backendAddressPools"))]
    wanted = {(identity_of(pool) or "").lower() for pool in pools if pool is not None}
    by_interface = _machines(estate, "loadBalancerBackendAddressPools", wanted)
    if not by_interface and any(_addresses(one, wanted)):
        estate.tell(one, _POOLS, "has a pool of addresses instead of interfaces", "who stands behind it is not judged")
    return by_interface


def _addresses(one: Resource, wanted: set[str]) -> Iterator[Value]:
    for pool in items(one.get(_POOLS)):
        if f"{one.identity}/backendaddresspools/{str(inner(pool, 'name')).lower()}" in wanted:
            yield from items(inner(pool, "properties.loadBalancerBackendAddresses"))


def _machines(estate: Estate, key: str, wanted: set[str]) -> list[Value]:
    found: list[Value] = []
    for machine in estate.of(MACHINE):
        for entry in items(machine.get("properties.networkProfile.networkInterfaces")):
            interface = estate.find(inner(entry, "id"))
            if interface is not None and interface.type == INTERFACE and _is_in(interface, key, wanted):
                found.append(estate.draft.word(machine.identity, ("machines",)))
    return [*dict.fromkeys(word for word in found if isinstance(word, str))]


def _is_in(interface: Resource, key: str, wanted: set[str]) -> bool:
    configurations = items(interface.get("properties.ipConfigurations"))
    named = [inner(entry, "id") for one in configurations for entry in items(inner(one, f"properties.{key}"))]
    return any((identity_of(identity) or "").lower() in wanted for identity in named)
