"""The places and targets that the words of a question mean in one environment, or their near misses."""

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from ipaddress import AddressValueError, IPv4Address

from cloister.ask.question import Question
from cloister.errors import Fault, SpecError
from cloister.fabric.addresses import Address
from cloister.fabric.balancers import Frontend
from cloister.fabric.fabric import Fabric, Place, PlaceKind
from cloister.fabric.flows import ANY_HOST, Protocol
from cloister.fabric.lower_aws.layout import Layout
from cloister.fabric.services import Door, Service
from cloister.inventory import aws, azure
from cloister.inventory.clouds import AnyInventory
from cloister.reach.way import Target

_PUBLIC = "@public"
_KINDS = {"key-vault": "vault", "container-registry": "registry", "storage-account": "storage"}


def find_place(inventory: AnyInventory, fabric: Fabric, word: str) -> Place:
    """The place that a word means. Raises SpecError where it means none, or more than one."""
    if word in fabric.places:
        return fabric.places[word]
    found = _aliased(inventory, fabric, word)
    if len(found) == 1:
        return fabric.places[found[0]]
    if not found and word.lower() in fabric.published:
        return Place(word, PlaceKind.INTERNET, fabric.published[word.lower()])
    raise SpecError(_which(f'place "{word}"', found, [*fabric.places, *_aliases(inventory, fabric)], word))


def _aliases(inventory: AnyInventory, fabric: Fabric) -> dict[str, list[str]]:
    """Short words for places: the subnet's own name, and what each cloud's places are called beside their names."""
    aliases: dict[str, list[str]] = {}
    pairs = [(name.partition("/")[2], name) for name in fabric.places if "/" in name]
    pairs += _of_aws(inventory) if isinstance(inventory, aws.Inventory) else _of_azure(inventory, fabric)
    for alias, name in pairs:
        aliases.setdefault(alias, []).append(name)
    return aliases


def _of_azure(inventory: azure.Inventory, fabric: Fabric) -> list[tuple[str, str]]:
    """What a machine is for, the only site or bastion."""
    pairs: list[tuple[str, str]] = [(machine.purpose, machine.name) for machine in inventory.machines]
    pairs += [("on-premises", site.name) for site in inventory.on_premises]
    return pairs + [("bastion", bastion.name) for bastion in inventory.bastions if bastion.name in fabric.places]


def _of_aws(inventory: aws.Inventory) -> list[tuple[str, str]]:
    """The name of a resource that stands in several subnets."""
    return list(Layout(inventory).owners_of_places())


def _aliased(inventory: AnyInventory, fabric: Fabric, word: str) -> list[str]:
    pairs = _of_aws(inventory) if isinstance(inventory, aws.Inventory) else _of_azure(inventory, fabric)
    return [*fabric.places_by_last_word.get(word, ()), *(name for alias, name in pairs if alias == word)]


def find_target(inventory: AnyInventory, fabric: Fabric, question: Question) -> Target:
    """The target that a question means. Raises SpecError where it means none, or more than one."""
    word, port, protocol = question.target, question.port, question.protocol
    if word.endswith(_PUBLIC):
        return _public_door(inventory, fabric, question)
    door = _door(fabric, word, port)
    if door:
        port = port or (door.port if protocol.has_ports else 0)
        return Target(_words(word, port, protocol), port, protocol, door.host, service=door.service, also=door.also)
    place = _place(inventory, fabric, word)
    address = place.address if place else fabric.published.get(word.lower()) or _literal(word)
    if address:
        text = _words(word, _needed(word, port, protocol), protocol)
        if place and place.kind is PlaceKind.INTERNET:
            return Target(text, port, protocol, ANY_HOST, replace(address, name="any host"), place=place.name)
        return Target(text, port, protocol, address=address, place=place.name if place else "")
    frontend = _frontend(fabric, word)
    if frontend:
        text = _words(word, _needed(word, port, protocol), protocol)
        return Target(text, port, protocol, address=frontend.within, frontend=frontend.name)
    if "." in word and "/" not in word:
        owner = fabric.doors_by_host.get(word.lower())
        service = owner.service if owner else _service_of_host(fabric, word)
        text = _words(word, _needed(word, port, protocol), protocol)
        return Target(text, port, protocol, word.lower(), service=service)
    raise SpecError(
        _which(f'target "{word}"', _ambiguous(inventory, fabric, word), _target_words(inventory, fabric), word)
    )


def _public_door(inventory: AnyInventory, fabric: Fabric, question: Question) -> Target:
    """A door of a service at its public address, whatever a name resolves to: `storage/blob@public:443`."""
    inner = replace(question, target=question.target.removesuffix(_PUBLIC))
    found = find_target(inventory, fabric, inner)
    public = next((name for name in fabric.public_names_of(found.host) if found.host == name.host), None)
    if not found.service or public is None or public.address is None:
        reason, mend = "has no public door that is known", f"ask for {inner.target}, or name a door of a service"
        raise SpecError(Fault(f'target "{question.target}"', reason, mend))
    text = _words(question.target, found.port, question.protocol)
    return replace(found, text=text, address=replace(public.address, name=found.host))


def _words(word: str, port: int, protocol: Protocol) -> str:
    if not protocol.has_ports:
        return f"{word}/{protocol}"
    return f"{word}:{port}" if protocol is Protocol.TCP else f"{word}:{port}/{protocol}"


def _needed(word: str, port: int, protocol: Protocol) -> int:
    if port or not protocol.has_ports:
        return port
    raise SpecError(Fault(f'target "{word}"', "has no usual port", f'say which, for example "{word}:443"'))


def _door(fabric: Fabric, word: str, port: int) -> Door | None:
    """The door of a service: by its name, by the service's name, or by the kind where there is one service of it."""
    name, _, part = word.partition("/")
    service = fabric.services.get(name) or _only_of_kind(fabric, name)
    if service:
        return next((door for door in service.doors if not part or door.name == f"{service.name}/{part}"), None)
    place = fabric.places.get(word)
    if place is not None and (place.kind is PlaceKind.INTERNET or port not in (0, *fabric.door_ports)):
        return None
    return fabric.doors.get(word)


def find_doors(fabric: Fabric, word: str) -> tuple[Door, ...]:
    """Every door that a word means: one by its name, or all of a service."""
    name, _, part = word.partition("/")
    service = fabric.services.get(name) or _only_of_kind(fabric, name)
    if service:
        return tuple(door for door in service.doors if not part or door.name == f"{service.name}/{part}")
    return (fabric.doors[word],) if word in fabric.doors else ()


def _only_of_kind(fabric: Fabric, word: str) -> Service | None:
    services = fabric.services_by_kind.get(_KINDS.get(word, word), ())
    return services[0] if len(services) == 1 else None


def _service_of_host(fabric: Fabric, host: str) -> str:
    """The service behind a name that stands under a wildcard of its own, such as an online endpoint's."""
    suffix = host.lower().partition(".")[2]
    door = fabric.doors_by_host.get(f"*.{suffix}")
    return door.service if door else ""


def _place(inventory: AnyInventory, fabric: Fabric, word: str) -> Place | None:
    found = [word] if word in fabric.places else _aliased(inventory, fabric, word)
    return fabric.places[found[0]] if len(found) == 1 else None


def _frontend(fabric: Fabric, word: str) -> Frontend | None:
    """The frontend of a load balancer: by its name, or by the balancer's where it has one only."""
    found = [one for one in fabric.frontends if word in (one.name, one.balancer)]
    return found[0] if len(found) == 1 else None


def _literal(word: str) -> Address | None:
    """An address written out; of public ones it is not known which address groups hold them."""
    try:
        return Address.exactly(IPv4Address(word))
    except AddressValueError:
        return None


def _ambiguous(inventory: AnyInventory, fabric: Fabric, word: str) -> list[str]:
    services = [service.name for service in fabric.services.values() if service.kind == _KINDS.get(word, word)]
    return services or _aliased(inventory, fabric, word) or _frontends(fabric, word)


def _frontends(fabric: Fabric, word: str) -> list[str]:
    return [one.name for one in fabric.frontends if one.balancer == word]


def _target_words(inventory: AnyInventory, fabric: Fabric) -> list[str]:
    frontends = (one.name for one in fabric.frontends)
    return [*fabric.services, *fabric.doors, *fabric.places, *_aliases(inventory, fabric), *frontends]


def _which(thing: str, found: list[str], known: Iterable[str], word: str) -> Fault:
    if found:
        return Fault(thing, f"may mean {', '.join(sorted(found))}", "use the full name")
    near = get_close_matches(word, sorted(set(known)), n=3, cutoff=0.5)
    if near:
        return Fault(thing, "is not in the environment", f"did you mean {' or '.join(near)}?")
    return Fault(thing, "is not in the environment", f"use one of {', '.join(sorted(set(known))[:12])}")
