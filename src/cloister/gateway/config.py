"""What a gateway must be told: one JSON document, without secrets in it."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cloister.access.duties import Duties
from cloister.access.invocations import Api
from cloister.access.policies import Policy, read_policy
from cloister.access.roles import ROLES
from cloister.errors import Fault, SourceError, SpecError
from cloister.gateway.access_keys.signing import Signing
from cloister.gateway.identity.fronted import Front
from cloister.gateway.identity.issuers import Issuer
from cloister.gateway.mlflow.routes import routes
from cloister.gateway.server.limits import Limits
from cloister.gateway.server.tls import Tls


class ApiNames(BaseModel):
    """What policies of `execute-api:Invoke` call the gateway; the stage is the base path of the tracking URI as well.

    Forms after "Amazon API Gateway quotas and important notes" (docs.aws.amazon.com/apigateway, read 2026-11).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")
    account: str = Field(pattern=r"^[0-9]{12}$")
    api_id: str = Field(pattern=r"^[a-z0-9]{1,64}$")
    stage: str = Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")
    partition: str = Field(default="aws", pattern=r"^aws[a-z-]*$")


class GatewaySettings(BaseModel):
    """What a site decides about its gateway; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Names by which browsers and clients may call the gateway, beside its address and localhost.
    names: tuple[str, ...] = ()
    # Which role (admin, reader, approver, or one of `policies`) the members of a group have.
    role_of_group: dict[str, str] = {}
    # Roles of the site's own: name, and file of the policy document.
    policies: dict[str, Path] = {}
    separate_duties: bool = True
    protected_stages: tuple[str, ...] = ("Production",)
    protected_aliases: tuple[str, ...] = ("production", "champion")
    # Whether a move that is refused is asked for at once, where whoever tried may ask for it.
    request_refused_moves: bool = False
    # Proxies that hold requests and ask for decisions on them (addresses or networks); nobody else may.
    deciders: tuple[IPv4Network | IPv6Network, ...] = ()
    # Where the newest record's number and digest are noted as well, to hold against whoever can write to the database:
    # a file on another machine's disk, or a syslog server (host:port over UDP, or the path of a socket).
    anchor_file: Path | None = None
    anchor_syslog: str = ""
    anchor_seconds: int = Field(default=60, ge=1)
    # Set where TLS ends in front of the gateway: browsers then keep the session for https alone, under a safe name.
    https: bool = False
    # Without it, statements on `execute-api:Invoke` decide nothing.
    api: ApiNames | None = None
    # Off where people log in at issuers alone: no password of this platform is taken then.
    local_login: bool = True
    # Whoever else vouches for people and workloads; their tokens are taken, and people may log in there.
    issuers: tuple[Issuer, ...] = ()
    # The certificate authorities (PEM) that issuers' certificates are checked against; the machine's own without it.
    issuers_authorities: Path | None = None
    # Which AWS signatures are taken, and what secrets of access keys are sealed with.
    signing: Signing = Signing()
    # Amazon API Gateway in front of us, which names callers that it has authenticated.
    front: Front | None = None
    workers: int = Field(default=1, ge=1, le=64)
    # How long requests that were begun may take once the gateway is told to end.
    drain_seconds: int = Field(default=10, ge=0)
    limits: Limits = Limits()
    largest_json_bytes: int = Field(default=32 * 1024 * 1024, ge=1024)

    @property
    def duties(self) -> Duties:
        """Which moves need a second person."""
        return Duties(self.separate_duties, self.protected_stages, self.protected_aliases)


class GatewayConfig(GatewaySettings):
    """The configuration of a gateway's process: the site's settings, and where it stands."""

    host: str = "127.0.0.1"
    port: int = Field(default=5000, ge=1, le=65535)
    database_url: str
    mlflow_socket: Path
    signing_key: Path
    # MLflow's artifact folder (or its URL), to tell a full disk from other failures.
    artifacts: str = ""
    # The gateway's own TLS; without it something before it ends TLS, or nothing leaves the machine.
    tls: Tls | None = None

    @property
    def secure(self) -> bool:
        """Whether callers come over TLS, which ends here or in front of us."""
        return self.https or self.tls is not None

    @property
    def hosts(self) -> frozenset[str]:
        """Every value of the Host header that is ours; others are a sign of DNS rebinding."""
        bare = {self.host, "localhost", "127.0.0.1", "[::1]", *self.names}
        return frozenset(bare | {f"{name}:{self.port}" for name in bare})

    @property
    def called_as(self) -> Api | None:
        """The gateway as policies of `execute-api:Invoke` name it."""
        return Api(**self.api.model_dump()) if self.api else None


def read_config(path: Path) -> GatewayConfig:
    """The configuration in a file. Raises SourceError or SpecError with every fault."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise SourceError(Fault(f"configuration {path}", reason, "start the platform with cloister up")) from error
    try:
        config = GatewayConfig.model_validate_json(text)
    except ValidationError as error:
        mend = "start the platform with cloister up, which writes this file"
        faults = [
            Fault(f"{path} {'.'.join(str(part) for part in item['loc'])}", item["msg"], mend) for item in error.errors()
        ]
        raise SpecError(faults) from error
    _check_roles(config, path)
    _check_stage(config, path)
    _check_issuers(config, path)
    return config


def read_policies(config: GatewaySettings) -> dict[str, Policy]:
    """The site's own roles. Raises SourceError on a file that cannot be read, SpecError on one that is no policy."""
    read: dict[str, Policy] = {}
    for role, path in config.policies.items():
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            fault = Fault(f'policy of role "{role}"', f"{path} cannot be read: {error.strerror}", "put the file there")
            raise SourceError(fault) from error
        read[role] = read_policy(text, role)
    return read


def _check_roles(config: GatewayConfig, path: Path) -> None:
    known = (*ROLES, *config.policies)
    mend = f"use one of {', '.join(known)}"
    unknown = [
        Fault(f"{path} role_of_group.{group}", f'there is no role "{role}"', mend)
        for group, role in config.role_of_group.items()
        if role not in known
    ]
    taken = [
        Fault(f"{path} policies.{role}", "is the name of a role that comes with Cloister", "give it another name")
        for role in config.policies
        if role in ROLES
    ]
    if unknown or taken:
        raise SpecError([*unknown, *taken])


def _check_stage(config: GatewayConfig, path: Path) -> None:
    """A stage called like the beginning of a route would make two readings of one path."""
    taken = {"cloister"} | {route.path.split("/")[1] for route in routes()}
    if config.api is not None and config.api.stage in taken:
        reason = f'"{config.api.stage}" is the beginning of a route of its own'
        raise SpecError(Fault(f"{path} api.stage", reason, 'call it "prod", for example'))


def _check_issuers(config: GatewayConfig, path: Path) -> None:
    faults = [
        Fault(f'{path} issuers "{issuer.name}"', f"has the same {what} as another one", "write each issuer once")
        for what in ("name", "issuer")
        for number, issuer in enumerate(config.issuers)
        if getattr(issuer, what) in [getattr(other, what) for other in config.issuers[:number]]
    ]
    if config.front is not None and any(issuer.name == "aws" for issuer in config.issuers):
        reason = "is what callers from behind API Gateway are called by"
        faults.append(Fault(f'{path} issuers "aws"', reason, "give the issuer another name"))
    if faults:
        raise SpecError(faults)
