"""Virtual machines: the machine, its interface with its address, and the extensions that run on it."""

import re

from cloister.sources.arm.mapping.estate import INTERFACES, MACHINE, Estate
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Reference, Unknown, Value
from cloister.sources.given import Wanted
from cloister.sources.written import Path

EXTENSION = f"{MACHINE}/extensions"
INTERFACE = "microsoft.network/networkinterfaces"
_NIC = INTERFACES
_CONFIGURATION = "properties.ipConfigurations"
_SECRET = re.compile(r"(?i)\b(password|passwd|secret|token|accountkey|pat)\b[ =:]+\S")
"""A word that a command line hands a secret over with."""


def claim_interface(estate: Estate, one: Resource) -> None:
    """An interface is part of its machine; one of no machine is told, but for those of private endpoints."""
    if one.get("properties.privateEndpoint") is not None or one.identity in estate.owners:
        return
    if any(estate.find(inner(entry, "id")) == one for entry in _interfaces_of_endpoints(estate)):
        return
    what = "is an interface of no machine that the input describes"
    estate.tell(one, "", what, "who stands at its address is not judged")


def _interfaces_of_endpoints(estate: Estate) -> list[Value]:
    endpoints = estate.of("microsoft.network/privateendpoints")
    return [entry for one in endpoints for entry in items(one.get("properties.networkInterfaces"))]


def _interfaces(estate: Estate, machine: Resource) -> list[Resource]:
    found = [estate.find(inner(entry, "id")) for entry in items(machine.get(_NIC))]
    return [one for one in found if one is not None]


def machine(estate: Estate, one: Resource) -> None:
    """What its first interface says, its identity, and what its extensions do."""
    estate.put(one, "purpose", "other", "type")
    interfaces = _interfaces(estate, one)
    if not interfaces:
        estate.miss(one, "subnet", "hangs on its interface, which the input does not describe", _NIC)
        estate.miss(one, "private_ip", "hangs on its interface, which the input does not describe", _NIC)
    else:
        first = next((entry for entry in interfaces if _is_primary(one, entry, estate)), interfaces[0])
        _interface(estate, one, first)
        for other in interfaces:
            if other is not first:
                what = f"has a second interface, {other.declared.address}"
                estate.tell(one, _NIC, what, "only its first is judged: what goes over the other is not")
    _hardening(estate, one)
    if one.get("identity.type") is None:
        estate.put(one, "identity", "None", "identity.type")
    for extension in estate.children(one, EXTENSION):
        _extension(estate, one, extension)


def _hardening(estate: Estate, one: Resource) -> None:
    """Whether its disks are managed, and whether its agent is there."""
    disk = "properties.storageProfile.osDisk"
    if one.get(f"{disk}.vhd") is not None:
        estate.put(one, "managed_disks", value=False, prop=disk)
    for system in ("linuxConfiguration", "windowsConfiguration"):
        prop = f"properties.osProfile.{system}.provisionVMAgent"
        estate.put(one, "vm_agent", one.get(prop), prop)


def _is_primary(machine: Resource, interface: Resource, estate: Estate) -> bool:
    entries = items(machine.get(_NIC))
    return any(
        inner(entry, "properties.primary") is True and estate.find(inner(entry, "id")) is interface for entry in entries
    )


def _interface(estate: Estate, one: Resource, interface: Resource) -> None:
    path, draft = estate.path(one), estate.draft
    first = next(iter(items(interface.get(_CONFIGURATION))), None)
    if path is None:
        return
    draft.know(path, interface.declared.identities)
    place = interface.place(f"{_CONFIGURATION}.properties.privateIPAddress")
    subnet = inner(first, "properties.subnet.id")
    draft.refer((*path, "subnet"), subnet, ("subnets",), interface.place(f"{_CONFIGURATION}.properties.subnet"))
    where, address = draft.path_of(subnet), inner(first, "properties.privateIPAddress")
    if address is not None and not (isinstance(address, Unknown | Reference) and where):
        estate.write((*path, "private_ip"), address, place)
    elif where is None:
        draft.miss((*path, "private_ip"), "hangs on its subnet, which is not told", place)
    else:
        draft.give(Wanted((*path, "private_ip"), where, 1, listed=False, place=place))
    _further(estate, one, interface, first)


def _shown(estate: Estate, interface: Resource, path: Path) -> None:
    """The public address, in whichever configuration of the interface it stands."""
    stated = [inner(one, "properties.publicIPAddress") for one in items(interface.get(_CONFIGURATION))]
    found, place = (
        [one for one in stated if one is not None],
        interface.place(f"{_CONFIGURATION}.properties.publicIPAddress"),
    )
    if len(found) > 1:
        estate.draft.miss(path, "is several addresses, and the document takes one", place)
    elif found:
        public = inner(found[0], "id")
        estate.draft.refer(path, public, ("public_ips",), place)
        if public is None:
            estate.write(path, value=True, place=interface.place(_CONFIGURATION))


def _further(estate: Estate, one: Resource, interface: Resource, first: Value) -> None:
    path, draft = estate.path(one), estate.draft
    assert path is not None  # noqa: S101 - the caller has one
    _shown(estate, interface, (*path, "public_ip"))
    forwarding = interface.get("properties.enableIPForwarding")
    estate.write(
        (*path, "ip_forwarding"),
        False if forwarding is None else forwarding,
        interface.place("properties.enableIPForwarding"),
    )
    filter_ = interface.get("properties.networkSecurityGroup.id")
    draft.refer(
        (*path, "network_security_group"),
        filter_,
        ("network_security_groups",),
        interface.place("properties.networkSecurityGroup"),
    )
    servers = interface.get("properties.dnsSettings.dnsServers")
    estate.write((*path, "dns_servers"), servers or None, interface.place("properties.dnsSettings.dnsServers"))
    sets = [inner(entry, "id") for entry in items(inner(first, "properties.applicationSecurityGroups"))]
    if sets:
        words = estate.words(sets, ("application_security_groups",))
        estate.write((*path, "application_security_groups"), words, interface.place(_CONFIGURATION))


def _extension(estate: Estate, one: Resource, extension: Resource) -> None:
    """Secrets that its open settings carry, and where it downloads from."""
    path, settings = estate.path(one), extension.get("properties.settings")
    urls = [value for value in items(inner(settings, "fileUris")) if isinstance(value, str)]
    if path is None:
        return
    command = inner(settings, "commandToExecute")
    found = _SECRET.search(command) if isinstance(command, str) else None
    if found:
        place = extension.place("properties.settings.commandToExecute")
        estate.write((*path, "secrets_in_extension_settings"), [found[1]], place)
    if urls:
        estate.write((*path, "download_url"), urls[0], extension.place("properties.settings.fileUris"))
    if extension.get("properties.settings") is not None:
        what = "runs an extension on a machine"
        estate.tell(extension, "properties", what, "what its program does there is not judged")
