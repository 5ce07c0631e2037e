"""Callers whom something in front of the gateway has authenticated, and names in a header: Amazon API Gateway with IAM.

AWS does not tell anybody the secrets of its access keys, so signatures made with them are verified by API Gateway
alone, which says in a header whose they were (`$context.identity.userArn`). The header counts only from where it may
come: from anybody else it is as if it were not there.
"""

import hmac
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.types import Scope

from cloister.access.globs import resources
from cloister.access.principals import Principal
from cloister.errors import Fault, SourceError
from cloister.gateway.identity.headers import Headers
from cloister.gateway.identity.identified import Identified, unauthenticated

_ARN: Final = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::([0-9]{12}):([A-Za-z0-9+=,.@_/-]{1,200})")
_SHORTEST_SECRET: Final = 32
Network = IPv4Network | IPv6Network


class Caller(BaseModel):
    """What callers whose ARN matches a pattern (`*` and `?`) are here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arn: str = Field(pattern=r"^arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:[^$\s]+$")
    groups: tuple[str, ...]
    # A person may approve. Only for names that nobody chooses: users, or sessions that an identity provider names.
    kind: Literal["user", "workload"] = "workload"

    def covers(self, arn: str) -> bool:
        """Whether the pattern matches the whole ARN."""
        return resources((self.arn,)).matches(arn)


class Front(BaseModel):
    """From where the header counts, and whom it may name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    header: str = Field(default="x-cloister-caller-arn", pattern=r"^x-[a-z0-9-]+$")
    # The peers that may set it; and the secret in a file that must come with it in a header. Of both, both must hold.
    addresses: tuple[Network, ...] = ()
    secret_header: str = Field(default="x-cloister-front-secret", pattern=r"^x-[a-z0-9-]+$")
    secret_file: Path | None = None
    callers: tuple[Caller, ...]

    @model_validator(mode="after")
    def _is_bound(self) -> Self:
        if not self.addresses and self.secret_file is None:
            message = "names neither addresses nor a secret_file, so that anybody could set the header"
            raise ValueError(message)
        return self


class Fronted:
    """The way of a header that something in front of the gateway sets."""

    def __init__(self, front: Front | None = None) -> None:
        self._front = front
        self._secret = _read_secret(front.secret_file) if front and front.secret_file else None

    def believed(self, scope: Scope, headers: Headers) -> Headers:
        """The headers, without those of this way where they do not come from where they may come from."""
        front = self._front
        if front is None or front.header not in headers:
            return headers
        if self._may_tell(front, scope, headers):
            return headers
        return {name: told for name, told in headers.items() if name not in (front.header, front.secret_header)}

    def speaks(self, headers: Headers) -> bool:
        """Where the header stands; `believed` took it away where it does not count."""
        return self._front is not None and self._front.header in headers

    async def identify(self, scope: Scope, headers: Headers) -> Identified:
        """Whom the header names."""
        front = self._front
        told = headers[front.header] if front else ""
        if front is None or _times(scope, front.header) != 1:
            raise unauthenticated(reason="the caller is named twice by what stands in front of the gateway")
        found = _ARN.fullmatch(told)
        caller = next((one for one in front.callers if one.covers(told)), None) if found else None
        if found is None or caller is None:
            raise unauthenticated(
                reason="the caller whom API Gateway names is covered by no pattern of the configuration"
            )
        return Identified(Principal(f"aws:{found[1]}:{found[2]}", caller.kind, caller.groups))

    def _may_tell(self, front: Front, scope: Scope, headers: Mapping[str, str]) -> bool:
        given = headers.get(front.secret_header, "").encode("latin-1")
        knows = self._secret is None or hmac.compare_digest(given, self._secret)
        return knows and (not front.addresses or _is_of(scope, front.addresses))


def _is_of(scope: Scope, networks: tuple[Network, ...]) -> bool:
    client = scope.get("client")
    try:
        address = ip_address(client[0]) if client else None
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address is not None and any(address in network for network in networks)


def _times(scope: Scope, header: str) -> int:
    return sum(name.lower() == header.encode() for name, _ in scope["headers"])


def _read_secret(file: Path) -> bytes:
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise SourceError(Fault(f"secret {file}", f"cannot be read: {error.strerror}", "put the file there")) from error
    if len(secret) < _SHORTEST_SECRET:
        mend = "write 32 random bytes as text into it: openssl rand -base64 32"
        raise SourceError(Fault(f"secret {file}", f"has fewer than {_SHORTEST_SECRET} letters", mend))
    return secret
