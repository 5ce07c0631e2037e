"""Endpoints, deployments and their shares of requests: Azure Machine Learning's rules, checked where values are made.

Source of the rules: "Safely roll out new deployments of online endpoints", learn.microsoft.com, read 2026-11: traffic
sums to 0 or 100; mirrored traffic goes to one deployment, 50 percent at most; a deployment gets live or mirrored
requests, never both. Names: `azure-ai-ml` 1.35.2, `EndpointConfigurations.NAME_REGEX_PATTERN`, and 3 to 32 characters.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from cloister.errors import Fault, SpecError

WHOLE = 100
MOST_MIRRORED = 50
_NAME = re.compile(r"[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?")
_SHORTEST_NAME, _LONGEST_NAME = 3, 32
_LONGEST_TIMEOUT_MS = 180_000
# Any other variable may change which code a worker runs (LD_PRELOAD, OPENSSL_CONF, HOME ...), or means nothing to it.
_ALLOWED_VARIABLES = frozenset({"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"})
_VARIABLES_MEND = f"remove it; a worker takes {', '.join(sorted(_ALLOWED_VARIABLES))}"


class State(StrEnum):
    """Where the provisioning of a deployment stands; the words are Azure Machine Learning's."""

    CREATING = "Creating"
    UPDATING = "Updating"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Routing:
    """Who gets which share of an endpoint's requests, in percent: live ones, and copies of them (mirror)."""

    traffic: dict[str, int] = field(default_factory=dict)
    mirror: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = [*_faults_of_shares(self.traffic, "traffic"), *_faults_of_shares(self.mirror, "mirror traffic")]
        if not faults:
            faults = [*_faults_of_traffic(self.traffic), *_faults_of_mirror(self.mirror, self.traffic)]
        if faults:
            raise SpecError(faults)
        for name in ("traffic", "mirror"):
            shares = {key: share for key, share in sorted(getattr(self, name).items()) if share}
            object.__setattr__(self, name, shares)

    @property
    def deployments(self) -> frozenset[str]:
        """Every deployment that gets anything."""
        return frozenset(self.traffic) | frozenset(self.mirror)

    def __str__(self) -> str:
        live = " ".join(f"{name}={share}" for name, share in self.traffic.items()) or "no traffic"
        copies = " ".join(f"{name}={share}" for name, share in self.mirror.items())
        return f"{live}, mirror {copies}" if copies else live


def _faults_of_shares(shares: dict[str, int], what: str) -> list[Fault]:
    return [
        Fault(f'{what} of "{name}"', f"{share} is no percentage", "write a whole number from 0 to 100")
        for name, share in shares.items()
        if not 0 <= share <= WHOLE
    ]


def _faults_of_traffic(traffic: dict[str, int]) -> list[Fault]:
    total = sum(traffic.values())
    if total in (0, WHOLE):
        return []
    largest = max(traffic, key=lambda name: traffic[name])
    right = traffic[largest] + WHOLE - total
    mend = f"{largest}={right} would make it 100" if 0 <= right <= WHOLE else "let the shares sum to 100, or to 0"
    return [Fault("traffic", f"the shares sum to {total}, and must sum to 100 (or 0: no traffic)", mend)]


def _faults_of_mirror(mirror: dict[str, int], traffic: dict[str, int]) -> list[Fault]:
    names = [name for name, share in mirror.items() if share]
    faults = []
    if len(names) > 1:
        reason = f"{len(names)} deployments are named, and copies go to one only"
        faults.append(Fault("mirror traffic", reason, f"keep {names[0]} and drop the others"))
    for name in names:
        thing = f'mirror traffic of "{name}"'
        if mirror[name] > MOST_MIRRORED:
            faults.append(Fault(thing, f"{mirror[name]} percent is above 50", f"write {name}={MOST_MIRRORED} or less"))
        if traffic.get(name):
            reason = f"it gets {traffic[name]} percent of live traffic already, and a deployment gets one or the other"
            faults.append(Fault(thing, reason, f"set the traffic of {name} to 0, or drop its mirror traffic"))
    return faults


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A name under which requests are scored, whichever deployment answers."""

    name: str
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    routing: Routing = field(default_factory=Routing)

    def __post_init__(self) -> None:
        if faults := _faults_of_name(self.name, "endpoint"):
            raise SpecError(faults)


def _faults_of_name(name: str, what: str) -> list[Fault]:
    if _NAME.fullmatch(name) and _SHORTEST_NAME <= len(name) <= _LONGEST_NAME:
        return []
    reason = "a name has 3 to 32 letters, digits and hyphens, starts with a letter and does not end with a hyphen"
    return [Fault(f'{what} "{name}"', reason, f"rename the {what}")]


_MODEL_NAME = r"(?P<name>[^:@/.\x00-\x1f\x7f][^:@/\x00-\x1f\x7f]*)"
_REFERENCES = (
    re.compile(rf"azureml:{_MODEL_NAME}:(?P<version>[0-9]+)"),
    re.compile(rf"azureml:{_MODEL_NAME}@(?P<alias>[\w.-]+)"),
    re.compile(rf"models:/{_MODEL_NAME}/(?P<version>[0-9]+)"),
    re.compile(rf"models:/{_MODEL_NAME}@(?P<alias>[\w.-]+)"),
)
_NO_REFERENCE = "is no reference to a registered model"
_REFERENCE_MEND = "write azureml:NAME:VERSION or azureml:NAME@ALIAS, for example azureml:churn:3"


@dataclass(frozen=True, slots=True)
class ModelReference:
    """A registered model, by version or by alias; exactly one of the two is set. Its name can name a folder."""

    name: str
    version: str = ""
    alias: str = ""

    def __post_init__(self) -> None:
        # What its own text would be read as: nothing else than itself.
        if _parts(str(self)) != (self.name, self.version, self.alias):
            raise SpecError(Fault(f'model "{self}"', _NO_REFERENCE, _REFERENCE_MEND))
        if self.alias == "latest":
            mend = "name a version (azureml:NAME:3) or an alias (azureml:NAME@production)"
            raise SpecError(Fault(f'model "{self}"', "`@latest` would deploy whatever was registered last", mend))

    def __str__(self) -> str:
        return f"azureml:{self.name}:{self.version}" if self.version else f"azureml:{self.name}@{self.alias}"


def parse_model_reference(text: str) -> ModelReference:
    """`azureml:NAME:VERSION`, `azureml:NAME@ALIAS`, or MLflow's `models:/NAME/VERSION`, `models:/NAME@ALIAS`."""
    if (parts := _parts(text)) is None:
        raise SpecError(Fault(f'model "{text}"', _NO_REFERENCE, _REFERENCE_MEND))
    return ModelReference(*parts)


def _parts(text: str) -> tuple[str, str, str] | None:
    """Name, version and alias of a reference, of which the last two exclude each other."""
    for pattern in _REFERENCES:
        if match := pattern.fullmatch(text):
            found = match.groupdict()
            return found["name"], found.get("version", ""), found.get("alias", "")
    return None


@dataclass(frozen=True, slots=True)
class Collector:
    """Whether scored batches are kept for monitoring, and which share of them (0 to 1)."""

    inputs: bool = False
    outputs: bool = False
    sampling_rate: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.sampling_rate <= 1:
            reason = f"the sampling rate {self.sampling_rate} is out of bounds"
            raise SpecError(Fault("data collector", reason, "write a number from 0.0 to 1.0"))

    @property
    def is_on(self) -> bool:
        """Whether anything is kept."""
        return (self.inputs or self.outputs) and self.sampling_rate > 0


@dataclass(frozen=True, slots=True)
class Deployment:
    """One model behind an endpoint, and how it is run."""

    name: str
    endpoint: str
    model: ModelReference
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    environment_variables: dict[str, str] = field(default_factory=dict)
    request_timeout_ms: int = 5000
    max_concurrent_requests: int = 1
    collector: Collector = field(default_factory=Collector)

    def __post_init__(self) -> None:
        faults = [*_faults_of_name(self.name, "deployment"), *_faults_of_name(self.endpoint, "endpoint")]
        faults += _faults_of_settings(self)
        if faults:
            raise SpecError(faults)


def _faults_of_settings(deployment: Deployment) -> list[Fault]:
    thing = f'deployment "{deployment.name}"'
    faults = []
    if not 1 <= deployment.request_timeout_ms <= _LONGEST_TIMEOUT_MS:
        reason = f"request_timeout_ms {deployment.request_timeout_ms} is out of bounds"
        faults.append(Fault(thing, reason, f"write 1 to {_LONGEST_TIMEOUT_MS}"))
    if not 1 <= deployment.max_concurrent_requests <= WHOLE:
        reason = f"max_concurrent_requests_per_instance {deployment.max_concurrent_requests} is out of bounds"
        faults.append(Fault(thing, reason, f"write 1 to {WHOLE}"))
    faults += [
        Fault(f'{thing}, variable "{name}"', "is none of those that a worker takes", _VARIABLES_MEND)
        for name in deployment.environment_variables
        if name not in _ALLOWED_VARIABLES
    ]
    return faults
