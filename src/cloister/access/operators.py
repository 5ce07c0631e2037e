"""The condition operators of IAM: how one value of a request is held against one value of a policy.

Semantics after "IAM JSON policy elements: Condition operators" (docs.aws.amazon.com/IAM/latest/UserGuide, read
2026-11). A value of the request that is not of the operator's kind (a letter where a number is asked for) is never
equal, less or more, so that it meets no positive operator and every negated one.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from types import MappingProxyType
from typing import Final, TypeVar

from cloister.access.globs import fits
from cloister.access.templates import Context, Part, Variable, fill, keys, parse

_V = TypeVar("_V")
Compare = Callable[[_V, _V], bool]

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?)?"
)
_YEAR: Final = re.compile(r"[0-9]{4}")
_ARN_PARTS: Final = 6
_KEPT: Final = 1024


@dataclass(frozen=True, slots=True)
class Wanted:
    """One value of a policy, ready to be held against those of requests; `keys` are what its variables look at."""

    holds: Callable[[str, Context], bool]
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Operator:
    """How values are read and compared. `read` raises ValueError with what is wrong with a value of a policy."""

    family: str
    read: Callable[[str], Wanted]
    negated: bool = False

    @property
    def takes_variables(self) -> bool:
        """Whether values of a policy may hold variables (as in IAM)."""
        return self.family in ("String", "Arn")


def _text(compare: Compare[str], *, fold: bool = False) -> Callable[[str], Wanted]:
    def read(value: str) -> Wanted:
        parts = parse(value, wildcards=False, is_name=False)
        if not any(isinstance(part, Variable) for part in parts):
            wanted = "".join(map(str, parts))
            wanted = wanted.casefold() if fold else wanted
            return Wanted(lambda found, _: compare(found.casefold() if fold else found, wanted))

        def holds(found: str, context: Context) -> bool:
            filled = fill(parts, context)
            if filled is None:
                return False
            text = "".join(map(str, filled))
            return compare(found.casefold(), text.casefold()) if fold else compare(found, text)

        return Wanted(holds, frozenset(keys(parts)))

    return read


def _like(value: str) -> Wanted:
    return _fitting(parse(value, wildcards=True, is_name=False))


def _arn(value: str) -> Wanted:
    """Six parts, each held against its own; a wildcard does not reach over a colon, but for the last part's."""
    parts = [_fitting(parse(part, wildcards=True, is_name=False)) for part in _split_arn(value)]
    if len(parts) != _ARN_PARTS:
        message = "is no ARN of six parts, arn:partition:service:region:account:resource"
        raise ValueError(message)

    def holds(found: str, context: Context) -> bool:
        asked = found.split(":", _ARN_PARTS - 1)
        return len(asked) == _ARN_PARTS and all(
            part.holds(one, context) for part, one in zip(parts, asked, strict=True)
        )

    return Wanted(holds, frozenset().union(*(part.keys for part in parts)))


def _fitting(parts: tuple[Part, ...]) -> Wanted:
    """What fits letters, wildcards and variables; without a variable there is nothing to fill in each time."""
    plain = tuple(part for part in parts if not isinstance(part, Variable))
    if len(plain) == len(parts):
        return Wanted(lambda found, _: fits(plain, found))

    def holds(found: str, context: Context) -> bool:
        filled = fill(parts, context)
        return filled is not None and fits(filled, found)

    return Wanted(holds, frozenset(keys(parts)))


def _split_arn(value: str) -> list[str]:
    """The parts of an ARN; a colon inside of a variable is none of its own."""
    hidden = re.sub(r"\$\{[^{}]*\}", lambda variable: variable[0].replace(":", "\0"), value)
    return [part.replace("\0", ":") for part in hidden.split(":", _ARN_PARTS - 1)]


def _ordered(parse_value: Callable[[str], _V | None], what: str, compare: Compare[_V]) -> Callable[[str], Wanted]:
    def read(value: str) -> Wanted:
        wanted = parse_value(value)
        if wanted is None:
            message = f"is no {what}"
            raise ValueError(message)

        def holds(found: str, _: Context) -> bool:
            one = parse_value(found)
            return one is not None and compare(one, wanted)

        return Wanted(holds)

    return read


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=_KEPT)
def _moment(text: str) -> datetime | None:
    """A date of W3C's profile of ISO 8601, or seconds since 1970; four digits could be either, and are neither."""
    try:
        if _NUMBER.fullmatch(text) and not _YEAR.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        if _MOMENT.fullmatch(text) is None:
            return None
        found = datetime.fromisoformat(text if len(text) > len("2026-11") else f"{text}-01")
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _truth(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.casefold())


def _network(value: str) -> Wanted:
    try:
        wanted = ip_network(value, strict=False)
    except ValueError as error:
        message = "is no address and no network, such as 10.0.0.0/8"
        raise ValueError(message) from error
    return Wanted(lambda found, _: _lies_in(_address(found), wanted))


@lru_cache(maxsize=_KEPT)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address; one of IPv4 that came in over IPv6 is the one of IPv4."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _lies_in(address: IPv4Address | IPv6Address | None, network: IPv4Network | IPv6Network) -> bool:
    return address is not None and address.version == network.version and address in network


def _table() -> dict[str, Operator]:
    found = {
        "StringEquals": Operator("String", _text(operator.eq)),
        "StringEqualsIgnoreCase": Operator("String", _text(operator.eq, fold=True)),
        "StringLike": Operator("String", _like),
        "ArnEquals": Operator("Arn", _arn),
        "ArnLike": Operator("Arn", _arn),
        "Bool": Operator("Bool", _ordered(_truth, "truth value, true or false", operator.eq)),
        "IpAddress": Operator("IpAddress", _network),
    }
    comparisons = {"Equals": operator.eq, "LessThan": operator.lt, "LessThanEquals": operator.le}
    comparisons |= {"GreaterThan": operator.gt, "GreaterThanEquals": operator.ge}
    for name, compare in comparisons.items():
        found[f"Numeric{name}"] = Operator("Numeric", _ordered(_number, "number", compare))
        found[f"Date{name}"] = Operator("Date", _ordered(_moment, _DATE, compare))
    negated = {
        "StringNotEquals": "StringEquals",
        "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
        "StringNotLike": "StringLike",
        "ArnNotEquals": "ArnEquals",
        "ArnNotLike": "ArnLike",
        "NumericNotEquals": "NumericEquals",
        "DateNotEquals": "DateEquals",
        "NotIpAddress": "IpAddress",
    }
    for name, positive in negated.items():
        found[name] = replace(found[positive], negated=True)
    return found


_DATE: Final = "date (2026-11-26, 2026-11-26T09:00:00Z) and no count of seconds since 1970"
OPERATORS: Final[Mapping[str, Operator]] = MappingProxyType(_table())
