"""From a property's value to that of an attribute: the words that stand under `how` in `facts/arm.tsv`."""

import re
from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Address, NetmaskValueError
from ipaddress import IPv4Network as Network

from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.resource import inner, items
from cloister.sources.declared import Reference, Unknown, Value, hidden

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE)

_ENABLED, _DISABLED = "enabled", "disabled"

Transform = Callable[[Estate, Value, str], Value]


def transformed(estate: Estate, how: str, value: Value) -> Value:
    """The value of an attribute; unknown where the property has a form that is not known."""
    word, _, argument = how.partition(":")
    return TRANSFORMS[word](estate, value, argument)


def _plain(_: Estate, value: Value, __: str) -> Value:
    return value


def _on(_: Estate, value: Value, argument: str) -> Value:
    """A switch: true where the property says `argument`; without one, Enabled or Disabled, and no other word."""
    if isinstance(value, bool):
        return value
    word = value.lower() if isinstance(value, str) else None
    if word is None:
        return _unfit(value)
    if argument:
        return word in argument.lower().split("|")
    if word in (_ENABLED, _DISABLED):
        return word == _ENABLED
    return Unknown(f"is {value}, which is neither on nor off here")


def _off(estate: Estate, value: Value, argument: str) -> Value:
    """The opposite of a switch."""
    found = _on(estate, value, argument)
    return not found if isinstance(found, bool) else found


def _words(_: Estate, value: Value, argument: str) -> Value:
    """One of several words, however Azure was given its letters; `A=B` writes B for A."""
    if not isinstance(value, str):
        return _unfit(value)
    known = {word.partition("=")[0].lower(): word.rpartition("=")[2] for word in argument.split("|")}
    return known.get(value.lower(), value)


def _list(_: Estate, value: Value, argument: str) -> Value:
    """A list of texts, or of one member of objects, all of its own texts where that is a list."""
    if isinstance(value, Unknown | Reference):
        return value
    found = [text for one in items(value) for text in items(inner(one, argument) if argument else one)]
    return hidden(found) or [*found]


def _first(_: Estate, value: Value, argument: str) -> Value:
    """The first of a list, or a member of it."""
    several = items(value)
    return inner(several[0], argument) if several and argument else several[0] if several else None


def _prefixes(_: Estate, value: Value, argument: str) -> Value:
    """Prefixes, of texts or of one member of objects; a single address is one of its own length."""
    if isinstance(value, Unknown | Reference):
        return value
    found = [inner(one, argument) if argument else one for one in items(value)]
    return hidden(found) or [prefix(one) for one in found if one is not None]


def prefix(value: Value) -> Value:
    """An address or a prefix as a prefix; a range of addresses is left as it is, to be refused with its reason."""
    if isinstance(value, str):
        try:
            return str(Network(value, strict=False)) if "/" in value else f"{IPv4Address(value)}/32"
        except (AddressValueError, NetmaskValueError, ValueError):
            return value
    return value


def _seconds(_: Estate, value: Value, __: str) -> Value:
    """Seconds, of a duration such as PT30M."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or not any(match.groups()):
        return _unfit(value)
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _identity(_: Estate, value: Value, __: str) -> Value:
    """A managed identity: its own, where it has both kinds."""
    if not isinstance(value, str):
        return _unfit(value)
    kinds = {kind.strip().lower() for kind in value.split(",")}
    if "systemassigned" in kinds:
        return "SystemAssigned"
    return "UserAssigned" if "userassigned" in kinds else "None"


def _ref(estate: Estate, value: Value, argument: str) -> Value:
    return estate.draft.word(value, argument.split("|"))


def _refs(estate: Estate, value: Value, argument: str) -> Value:
    """The names of resources that a list refers to, each by its id or by an object with one."""
    if isinstance(value, Unknown | Reference):
        return value
    found = [inner(one, "id") if isinstance(one, dict) else one for one in items(value)]
    return estate.words(found, argument.split("|"))


def _unfit(value: Value) -> Value:
    if value is None or isinstance(value, Unknown | Reference):
        return value
    return Unknown("has a form that is not known")


TRANSFORMS: dict[str, Transform] = {
    "plain": _plain,
    "on": _on,
    "off": _off,
    "words": _words,
    "list": _list,
    "first": _first,
    "prefixes": _prefixes,
    "seconds": _seconds,
    "identity": _identity,
    "ref": _ref,
    "refs": _refs,
}
