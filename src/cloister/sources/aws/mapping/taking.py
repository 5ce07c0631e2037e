"""How an attribute's value is taken from what is written: the words that stand under `how` in the table."""

import json
from collections.abc import Callable

from cloister.sources.aws.mapping.estate import Estate, Part
from cloister.sources.declared import Reference, Unknown, Value, at, hidden

_DEFAULT_GROUP = ("DefaultSecurityGroup", "default_security_group_id")


def taken(part: Part, attribute: str) -> Value:
    """The value of an attribute, None where nothing is written."""
    word, _, argument = part.row(attribute).how.partition(":")
    value = part.raw(attribute)
    return None if value is None else _TAKING[word](part, value, argument)


def _plain(_: Part, value: Value, __: str) -> Value:
    return value


def _text(_: Part, value: Value, __: str) -> Value:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _bool(_: Part, value: Value, __: str) -> Value:
    """A switch; CloudFormation takes the words as well."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def _int(_: Part, value: Value, __: str) -> Value:
    """A whole number; CloudFormation takes its digits as text as well."""
    if isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _port(part: Part, value: Value, argument: str) -> Value:
    """A port, None for the words that stand for another one."""
    found = _int(part, value, argument)
    return found if isinstance(found, int | Unknown | Reference) else None


def _given(_: Part, value: Value, __: str) -> Value:
    """What the cloud gives where nothing is stated: not told is as if not stated."""
    return None if isinstance(value, Unknown | Reference) else value


def _known(_: Part, value: Value, __: str) -> Value:
    """A text of which only its presence counts, with what is known of it."""
    if isinstance(value, Unknown):
        return value.text or "given at deployment"
    return str(value) if isinstance(value, Reference) else value


def _name(_: Part, value: Value, __: str) -> Value:
    """The name of something that the document does not describe."""
    if isinstance(value, Reference):
        return value.address.rpartition("/")[2].rpartition(".")[2] or None
    return value.rpartition("/")[2] if isinstance(value, str) else None


def listed(value: Value) -> list[Value]:
    """The items of a list; of anything else, itself, and nothing of None."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _list(part: Part, value: Value, argument: str) -> Value:
    """A list, of values or of one member of objects."""
    found = [at(one, argument) if argument and isinstance(one, dict) else one for one in listed(value)]
    return [part.estate.resolved(one) for one in found if one is not None]


def _ref(part: Part, value: Value, argument: str) -> Value:
    return part.estate.draft.word(value, argument.split("|"))


def _refs(part: Part, value: Value, argument: str) -> Value:
    return value if isinstance(value, Unknown) else part.estate.words(listed(value), *argument.split("|"))


def _first(part: Part, value: Value, argument: str) -> Value:
    several = listed(value)
    return _ref(part, several[0], argument) if several else None


def _groups(part: Part, value: Value, _: str) -> Value:
    """Security groups; the VPC's default one is what the document means where none is stated."""
    if isinstance(value, Unknown):
        return value
    several = listed(value)
    own = [one for one in several if not (isinstance(one, Reference) and one.attribute in _DEFAULT_GROUP)]
    if own and len(own) < len(several):
        return Unknown("names the default security group of its VPC beside others")
    return part.estate.words(own, "security_groups")


def _policy(part: Part, value: Value, _: str) -> Value:
    """An IAM document as JSON text; a member of it that is not told makes all of it unknown."""
    return policy_text(part.estate, value)


def policy_text(estate: Estate, value: Value) -> Value:
    """An IAM document as JSON text, with every reference in it spelt out; unknown where one cannot be."""
    value = _spelt(estate, value)
    untold = hidden(value)
    if untold is not None:
        return untold if isinstance(untold, Unknown) else Unknown(f"is {untold}, which is known once it is made")
    return json.dumps(value) if isinstance(value, dict) else value


def _spelt(estate: Estate, value: Value) -> Value:
    if isinstance(value, Reference):
        return estate.spell(value)
    if isinstance(value, list):
        return [_spelt(estate, one) for one in value]
    return {key: _spelt(estate, one) for key, one in value.items()} if isinstance(value, dict) else value


_TAKING: dict[str, Callable[[Part, Value, str], Value]] = {
    "plain": _plain,
    "text": _text,
    "bool": _bool,
    "int": _int,
    "port": _port,
    "given": _given,
    "known": _known,
    "name": _name,
    "list": _list,
    "ref": _ref,
    "refs": _refs,
    "first": _first,
    "groups": _groups,
    "policy": _policy,
}
