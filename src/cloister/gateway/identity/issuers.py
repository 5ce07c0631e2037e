"""Who else than the platform vouches for people and workloads: the issuers that a site trusts, as it writes them down.

What an issuer says is true of its own people and workloads alone, so all that it names carries the issuer's short name
in front: `corp:ada`, `corp:ml-readers`. Names of local users hold no colon, and those of jobs and services begin with a
word and a slash, so nobody is taken for somebody else.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cloister.access.globs import names

_NAME: Final = r"[a-z][a-z0-9-]{0,29}"
# Before the first wildcard there must be somebody: `repo:octo/*` names an owner, `repo:*` all of the world.
_LEAST_DELIMITERS: Final = 2


def is_private_way(url: str) -> bool:
    """Whether nobody between us and the URL can read or change what comes from it: https, or this machine itself."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    plain = parts.username is None and parts.password is None and not parts.fragment and bool(host)
    return plain and (parts.scheme == "https" or (parts.scheme == "http" and here))


def _checked_url(url: str) -> str:
    if not is_private_way(url):
        message = "is no https URL (http is for loopback alone)"
        raise ValueError(message)
    return url


Url = Annotated[str, AfterValidator(_checked_url)]


class Workload(BaseModel):
    """What the workloads whose subject matches the pattern (`*` and `?` as in IAM) belong to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str = Field(min_length=1)
    groups: tuple[str, ...]

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        wild = re.search(r"[*?]", self.subject)
        if wild and sum(self.subject[: wild.start()].count(mark) for mark in ":/") < _LEAST_DELIMITERS:
            message = f'"{self.subject}" is open to strangers: write owner or namespace before the first wildcard'
            raise ValueError(message)
        return self

    def covers(self, subject: str) -> bool:
        """Whether the pattern matches the whole subject."""
        return names((self.subject,)).matches(subject)


class BrowserLogin(BaseModel):
    """How people log in at the issuer with a browser (OpenID Connect, authorization code with PKCE)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = Field(min_length=1)
    # Without a secret the gateway is a public client, and PKCE alone binds the code to it.
    client_secret_file: Path | None = None
    client_authentication: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
    # What the login page calls the issuer; its short name where this is empty.
    label: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    # Where given, only members of one of these groups (as the issuer names them) are let in.
    allowed_groups: tuple[str, ...] = ()
    # Where given, only people with a verified address in one of these domains are let in.
    email_domains: tuple[str, ...] = ()
    session_seconds: int = Field(default=8 * 3600, ge=60, le=12 * 3600)
    # Where given, the issuer asks for the password again if that was longer ago.
    max_age_seconds: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _asks_for_an_identity(self) -> Self:
        if "openid" not in self.scopes:
            message = 'needs the scope "openid"'
            raise ValueError(message)
        return self


class Issuer(BaseModel):
    """One issuer: where its keys are, for whom its tokens must be made, and which claims say who somebody is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=f"^{_NAME}$")
    # As tokens name it in `iss`, to the letter.
    issuer: Url
    kind: Literal["user", "workload"] = "user"
    # For whom bearer tokens must be made; without any, no bearer token of this issuer is taken.
    audiences: tuple[str, ...] = ()
    # Where its keys are, if not where its discovery document says.
    keys_url: Url | None = None
    keys_file: Path | None = None
    # Of people. A workload is called by its subject.
    name_claim: str = "preferred_username"
    # A name, or a path of names: ["realm_access", "roles"].
    groups_claim: str | tuple[str, ...] = "groups"
    # What policies may know of who is vouched for (`aws:PrincipalTag/KEY`): tag and claim.
    tag_claims: dict[str, str] = {}
    workloads: tuple[Workload, ...] = ()
    longest_token_seconds: int = Field(default=24 * 3600, ge=60)
    login: BrowserLogin | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.name in ("job", "service", "local"):
            message = f'"{self.name}" is a word of the platform\'s own'
        elif self.keys_url and self.keys_file:
            message = "has two places of its keys"
        elif self.kind == "workload" and self.login:
            message = "no workload logs in with a browser"
        elif self.kind == "user" and self.workloads:
            message = "its tokens are of people, so there are no workloads to name"
        elif not self.audiences and not self.login:
            message = "vouches for nobody: give audiences, or login"
        else:
            return self
        raise ValueError(message)

    def named(self, name: str) -> str:
        """A user, workload or group of this issuer as policies and the record name it."""
        return f"{self.name}:{name}"
