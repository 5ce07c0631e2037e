"""The kinds of values in a document: names, addresses, ports. Each refuses with a reason and a mend of its own.

pydantic would take the number 5 for the address 0.0.0.5 and the word "yes" for true; an author who writes either means
something else, so every kind here is strict.
"""

import re
from datetime import date
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from cloister.facts.well_known_ports import DOMAIN
from cloister.inventory.azure import ProxyAddress
from cloister.sources.wording import shown

ENVIRONMENT_PATTERN = r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$"
REGION_PATTERN = r"^[a-z][a-z0-9]{2,30}$"
AWS_REGION_PATTERN = r"^[a-z]{2}(-[a-z]+)+-[0-9]$"
ACCOUNT_PATTERN = r"^[0-9]{12}$"
API_PATTERN = r"^[a-z0-9]{10}$"
METHOD_PATTERN = r"^(ANY|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$"
PATH_PATTERN = r"^/[A-Za-z0-9._~:{}+/-]*$"
VERSION_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?$"
ID_PATTERN = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
PROTOCOL_PATTERN = r"^(Https|Http|Mssql):[0-9]{1,5}$"
RESOURCE_TYPE_PATTERN = r"^[A-Za-z]+(\.[A-Za-z]+)+(/[A-Za-z]+)+$"
SPAN_PATTERN = r"^[0-9]{1,3}\.[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$"
DURATION_PATTERN = r"^P([0-9]+[YMWD])+$"
CONTROL_PATTERN = r"^A[ZW][0-9]{3}$"
NAME_PATTERN = r"^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?$"
_IPV4_PATTERN = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$"
_PROXY_PATTERN = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}:[0-9]{1,5}$"
_PREFIX_PATTERN = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$"
TAG_PATTERN = r"^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)?$"
_HOST_PATTERN = r"^[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*$"
_HOSTS_PATTERN = r"^(\*|(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*)$"
PRIVATE_RANGES = "IANAPrivateRanges"
_SUFFIX_PATTERN = r"^(\.|[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*\.?)$"
_TARGET_PATTERN = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}(:[0-9]{1,5})?$"
_PORTS = re.compile(r"\*|[0-9]{1,5}|([0-9]{1,5})-([0-9]{1,5})")
_HIGHEST_PORT = 65535


class Block(BaseModel):
    """A mapping of the document: frozen, and closed against unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def refusal(reason: str, mend: str) -> PydanticCustomError:
    """An error that carries its own reason and mend."""
    # The texts go in as context: pydantic would read braces in a template as fields.
    return PydanticCustomError("mended", "{reason}", {"reason": reason, "mend": mend})


def _not(value: Any, what: str, mend: str) -> PydanticCustomError:  # noqa: ANN401 - whatever the author wrote
    return refusal(f"{shown(value)} is not {what}", mend)


def _address(value: Any) -> IPv4Address:  # noqa: ANN401 - as above
    try:
        return IPv4Address(value if isinstance(value, str) else "")
    except AddressValueError as error:
        raise _not(value, "an IPv4 address", "write one such as 10.20.0.4") from error


def _prefix(value: Any) -> IPv4Network:  # noqa: ANN401 - as above
    what, mend = "an IPv4 prefix", "write one such as 10.20.0.0/24"
    if not isinstance(value, str) or not re.fullmatch(_PREFIX_PATTERN, value):
        raise _not(value, what, mend)
    try:
        return IPv4Network(value)
    except (AddressValueError, NetmaskValueError) as error:
        raise _not(value, what, mend) from error
    except ValueError as error:
        mend = f"write {IPv4Network(value, strict=False)}, or the length that was meant"
        raise _not(value, "a prefix but an address inside one", mend) from error


def _ports(value: Any) -> str:  # noqa: ANN401 - as above
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    match = _PORTS.fullmatch(text) if isinstance(text, str) else None
    bounds = [int(part) for part in str(text).split("-")] if match and text != "*" else []
    if match is None or any(bound > _HIGHEST_PORT for bound in bounds) or bounds != sorted(bounds):
        raise _not(value, "a port", "write 443, 80-90 or *")
    return str(text)


def _where(value: Any) -> str:  # noqa: ANN401 - as above
    """A prefix, an address, a service tag, or `*`. Which tags there are is for facts to say, not for the reader."""
    if isinstance(value, str) and (value == "*" or re.fullmatch(TAG_PATTERN, value)):
        return value
    if isinstance(value, str) and re.fullmatch(_IPV4_PATTERN, value):
        return str(_address(value))
    if isinstance(value, str) and "/" in value:
        return str(_prefix(value))
    raise _not(value, "a prefix, a service tag or *", "write one such as 10.20.0.0/24 or AzureMachineLearning")


def _day(value: Any) -> date:  # noqa: ANN401 - as above
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise _not(value, "a day", "write one such as 2026-11-25") from error


def _span(value: Any) -> str:  # noqa: ANN401 - as above
    """A prefix, an address, or an inclusive range of addresses."""
    low, dash, high = value.partition("-") if isinstance(value, str) else ("", "", "")
    if dash and _address(low) <= _address(high):
        return f"{low}-{high}"
    if isinstance(value, str) and re.fullmatch(_IPV4_PATTERN, value):
        return str(_address(value))
    if isinstance(value, str) and "/" in value:
        return str(_prefix(value))
    raise _not(value, "a prefix, an address or a range", "write 10.20.0.0/24, 10.20.0.4 or 10.20.0.4-10.20.0.9")


def _proxy(value: Any) -> ProxyAddress:  # noqa: ANN401 - as above
    address, colon, port = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not colon or not port.isdecimal() or not 1 <= int(port) <= _HIGHEST_PORT:
        raise _not(value, "an address and a port", "write one such as 10.20.0.4:8080")
    return ProxyAddress(_address(address), int(port))


def _private_range(value: Any) -> str:  # noqa: ANN401 - as above
    return PRIVATE_RANGES if value == PRIVATE_RANGES else _span(value)


def _name_target(value: Any) -> tuple[IPv4Address, int]:  # noqa: ANN401 - as above
    """A name server with its port, the usual one where none is written."""
    address, colon, port = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not re.fullmatch(_TARGET_PATTERN, value if isinstance(value, str) else "") or int(port or 1) > _HIGHEST_PORT:
        raise _not(value, "a name server", "write its address, or its address and port such as 10.20.0.4:5353")
    return _address(address), int(port) if colon else DOMAIN


def _one_or_more(value: Any) -> Any:  # noqa: ANN401 - as above
    return value if isinstance(value, list) else [value]


def one_or_more(kind: Any, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - a type built from a type
    """A tuple of `kind`, whose JSON Schema is `schema`, that may be written as a single value, too."""
    both = {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}
    return Annotated[tuple[kind, ...], BeforeValidator(_one_or_more), Field(min_length=1), WithJsonSchema(both)]


def _yes_or_name(value: Any) -> bool | str:  # noqa: ANN401 - as above
    if isinstance(value, bool) or (isinstance(value, str) and re.fullmatch(NAME_PATTERN, value)):
        return value
    raise _not(value, "true, false or a name", "write true, or the name of one that is declared")


FORMS: dict[str, tuple[str, str]] = {
    NAME_PATTERN: (
        "is not a name",
        "use letters, digits, dots, dashes and underscores, 80 at most; begin and end with a letter or digit",
    ),
    ENVIRONMENT_PATTERN: ("is not a name", "use 2 to 32 lower-case letters, digits and dashes; begin with a letter"),
    REGION_PATTERN: ("is not a region", "write its short name, such as westeurope"),
    AWS_REGION_PATTERN: ("is not a region", "write its name, such as eu-west-1"),
    ACCOUNT_PATTERN: ("is not the id of an account", 'write its twelve digits in quotes, such as "111122223333"'),
    API_PATTERN: ("is not the id of an API", "write the first part of its host name, such as a1b2c3d4e5"),
    METHOD_PATTERN: ("is not a method", "write ANY, GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS"),
    PATH_PATTERN: ("is not the path of a resource", "write the whole of it, such as /api/{proxy+}"),
    VERSION_PATTERN: ("is not an API version or a day", "write one such as 2025-07-01"),
    ID_PATTERN: ("is not an id", "write one such as 0f8fad5b-d9cb-469f-a165-70867728950e, or leave it out"),
    RESOURCE_TYPE_PATTERN: ("is not a type of resource", "write one such as Microsoft.Network/networkSecurityGroups"),
    SPAN_PATTERN: ("is not a span of time", "write days.hours:minutes:seconds, such as 01.00:00:00"),
    DURATION_PATTERN: ("is not a duration", "write one such as P90D or P1Y"),
    CONTROL_PATTERN: ("is not the id of a control", "write one such as AZ012"),
    TAG_PATTERN: ("is not a service tag", "write one such as AzureMonitor or Storage.westeurope"),
    PROTOCOL_PATTERN: ("is not a protocol and a port", "write Https:443, Http:80 or Mssql:1433"),
    _HOST_PATTERN: ("is not a host name", "write one such as api.azureml.ms"),
    _SUFFIX_PATTERN: ("is not a suffix of names", "write one such as corp.example, or . for all names"),
    _HOSTS_PATTERN: ("is not a host name", "write one such as pypi.org or *.anaconda.org"),
}
"""What a text that does not have a form is told: the reason and the mend."""

_PORTS_SCHEMA = {"anyOf": [{"type": "integer", "minimum": 0, "maximum": _HIGHEST_PORT}, {"type": "string"}]}

Version = Annotated[StrictStr, Field(pattern=VERSION_PATTERN)]
Name = Annotated[StrictStr, Field(pattern=NAME_PATTERN)]
Text = Annotated[StrictStr, Field(min_length=1)]
HostName = Annotated[StrictStr, Field(pattern=_HOST_PATTERN)]
HostNames = Annotated[StrictStr, Field(pattern=_HOSTS_PATTERN)]
Suffix = Annotated[StrictStr, Field(pattern=_SUFFIX_PATTERN)]
Where = Annotated[str, BeforeValidator(_where)]
Span = Annotated[str, BeforeValidator(_span)]
PrivateRange = Annotated[str, BeforeValidator(_private_range)]
Proxy = Annotated[ProxyAddress, BeforeValidator(_proxy), WithJsonSchema({"type": "string", "pattern": _PROXY_PATTERN})]
Yes = StrictBool
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
YesOrName = Annotated[
    bool | str,
    BeforeValidator(_yes_or_name),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": NAME_PATTERN}]}),
]
Count = Annotated[StrictInt, Field(ge=0)]
Priority = Annotated[StrictInt, Field(ge=100, le=65000)]
AdminPriority = Annotated[StrictInt, Field(ge=1, le=4096)]
SecurityPriority = Annotated[StrictInt, Field(ge=100, le=4096)]
Address = Annotated[
    IPv4Address, BeforeValidator(_address), WithJsonSchema({"type": "string", "pattern": _IPV4_PATTERN})
]
Prefix = Annotated[
    IPv4Network, BeforeValidator(_prefix), WithJsonSchema({"type": "string", "pattern": _PREFIX_PATTERN})
]
PortNumber = Annotated[StrictInt, Field(ge=1, le=_HIGHEST_PORT)]
Addresses = one_or_more(Address, {"type": "string", "pattern": _IPV4_PATTERN})
NameTarget = Annotated[tuple[IPv4Address, int], BeforeValidator(_name_target)]
NameTargets = one_or_more(NameTarget, {"type": "string", "pattern": _TARGET_PATTERN})
Port = Annotated[str, BeforeValidator(_ports), WithJsonSchema(_PORTS_SCHEMA)]
Ports = one_or_more(Port, _PORTS_SCHEMA)
Words = one_or_more(Text, {"type": "string"})
Wheres = one_or_more(Where, {"type": "string"})
