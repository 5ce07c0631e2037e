"""Values of this room as JSON and back: for the database, the control API and the command line."""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cloister.errors import Fault, SpecError
from cloister.serving.values import Deployment, Endpoint, Routing, State


@dataclass(frozen=True, slots=True)
class Health:
    """What the router saw of a deployment last: whether a worker answers, which, and what went wrong last."""

    is_healthy: bool = False
    pid: int = 0
    generation: int = 0
    restarts: int = 0
    since: str = ""
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Proven:
    """A deployment as it ran last: its specification, the model version, and the generation."""

    spec: Deployment
    version: str
    generation: int


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    """A deployment with everything that is known of it.

    `version` is the model version that the reference came to, empty until it was resolved. While a changed deployment
    is not ready (or failed), `proven` is what still answers.
    """

    spec: Deployment
    generation: int
    state: State
    reason: str
    version: str
    proven: Proven | None
    health: Health
    created_at: str
    changed_at: str
    changed_by: str


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of an endpoint's traffic history."""

    routing: Routing
    set_at: str
    set_by: str
    is_undone: bool


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """An endpoint with its deployments (by name) and the history of its traffic (newest first)."""

    endpoint: Endpoint
    created_at: str
    created_by: str
    revision: int
    deployments: tuple[DeploymentStatus, ...]
    history: tuple[Change, ...]
    # The traffic that holds, by its row, and whether the router follows it by now.
    routing_id: int = 0
    is_routed: bool = False


ENDPOINT = TypeAdapter(Endpoint)
DEPLOYMENT = TypeAdapter(Deployment)
ROUTING = TypeAdapter(Routing)
HEALTH = TypeAdapter(Health)
PROVEN = TypeAdapter(Proven | None)
ENDPOINT_STATUS = TypeAdapter(EndpointStatus)
DEPLOYMENT_STATUS = TypeAdapter(DeploymentStatus)
SHARES = TypeAdapter(dict[str, int])
TAGS = TypeAdapter(dict[str, str])


def dump(adapter: TypeAdapter[Any], content: object) -> str:
    """JSON text of a value."""
    return adapter.dump_json(content).decode()


def load(adapter: TypeAdapter[Any], text: str | bytes) -> Any:  # noqa: ANN401 - the adapter's type
    """The value of a JSON text. Raises SpecError where it does not hold one."""
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        raise SpecError(_faults(error)) from error


def build(adapter: TypeAdapter[Any], document: object) -> Any:  # noqa: ANN401 - the adapter's type
    """The value of a JSON document that was parsed already. Raises SpecError where it does not hold one."""
    try:
        return adapter.validate_python(document)
    except ValidationError as error:
        raise SpecError(_faults(error)) from error


def _faults(error: ValidationError) -> list[Fault]:
    return [
        Fault(
            thing=".".join(str(part) for part in problem["loc"]) or "request body",
            reason=problem["msg"],
            mend="send the document in the form that `show` prints it",
        )
        for problem in error.errors(include_url=False)
    ]
