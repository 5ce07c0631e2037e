"""Azure Machine Learning v2 YAML of online endpoints and deployments (managed), read into values and notes.

The keys are those of `azure-ai-ml` 1.35.2 (`ManagedOnlineEndpointSchema`, `ManagedOnlineDeploymentSchema`), written
here as pydantic models, because the SDK takes six seconds to import. A key that the schema does not have is refused;
one that it has and that means nothing on machines of your own becomes a note, never silence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from cloister.documents import Document, read_document
from cloister.errors import CloisterError, Fault, SpecError
from cloister.origin import Origin
from cloister.serving.values import Collector, Deployment, Endpoint, ModelReference, Routing, parse_model_reference


@dataclass(frozen=True, slots=True)
class Note:
    """A key that was written and does not act here, and what holds instead."""

    key: str
    text: str
    origin: Origin

    def __str__(self) -> str:
        return f"{self.key}: {self.text} ({self.origin})"


def _as_text(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(_as_text)]
Switch = Annotated[Literal["true", "false"], BeforeValidator(lambda value: str(value).lower())]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class _EndpointShape(_Shape):
    schema_url: str | None = Field(None, alias="$schema")
    name: str = ""
    description: str = ""
    tags: dict[str, Text] = {}
    auth_mode: Literal["key", "aml_token", "aad_token"] = "key"
    traffic: dict[str, StrictInt] = {}
    mirror_traffic: dict[str, StrictInt] = {}
    properties: dict[str, Text] | None = None
    identity: dict[str, Any] | None = None
    public_network_access: Literal["enabled", "disabled"] | None = None
    compute: str | None = None
    location: str | None = None
    id: str | None = None
    provisioning_state: str | None = None
    scoring_uri: str | None = None
    openapi_uri: str | None = None


class _Requests(_Shape):
    request_timeout_ms: StrictInt = 5000
    max_concurrent_requests_per_instance: StrictInt = 1
    max_queue_wait_ms: StrictInt | None = None


class _Collection(_Shape):
    enabled: Switch
    data: Any = None
    client_id: str | None = None


class _Collector(_Shape):
    collections: dict[str, _Collection] = {}
    rolling_rate: Literal["minute", "hour", "day"] | None = None
    sampling_rate: float = 1.0
    request_logging: dict[str, Any] | None = None


class _Code(_Shape):
    code: str | None = None
    scoring_script: str | None = None


class _DeploymentShape(_Shape):
    schema_url: str | None = Field(None, alias="$schema")
    name: str = ""
    endpoint_name: str = ""
    model: str | dict[str, Any]
    type: Literal["managed", "kubernetes"] = "managed"
    description: str = ""
    tags: dict[str, Text] = {}
    environment_variables: dict[str, Text] = {}
    request_settings: _Requests = _Requests()
    data_collector: _Collector = _Collector()
    instance_count: StrictInt | None = None
    code_configuration: _Code | None = None
    properties: dict[str, Text] | None = None
    environment: str | dict[str, Any] | None = None
    instance_type: str | None = None
    app_insights_enabled: bool | None = None
    scale_settings: dict[str, Any] | None = None
    liveness_probe: dict[str, StrictInt] | None = None
    readiness_probe: dict[str, StrictInt] | None = None
    egress_public_network_access: Literal["enabled", "disabled"] | None = None
    private_network_connection: bool | None = None
    model_mount_path: str | None = None
    resources: dict[str, Any] | None = None
    id: str | None = None
    provisioning_state: str | None = None


_ANSWERED = "is an answer of the service and is not taken from a file"
_ENDPOINT_NOTES = {
    "auth_mode": "callers send a bearer token of the platform (`cloister login`); there are no endpoint keys",
    "properties": "kept nowhere; the platform has no properties beside tags",
    "identity": "models are fetched as `service/serving`; no managed identity is involved",
    "public_network_access": "the router listens on the loopback address only, whatever is written",
    "location": _ANSWERED,
    "id": _ANSWERED,
    "provisioning_state": _ANSWERED,
    "scoring_uri": _ANSWERED,
    "openapi_uri": _ANSWERED,
}
_DEPLOYMENT_NOTES = {
    "properties": "kept nowhere; the platform has no properties beside tags",
    "environment": "the worker runs in the platform's own Python environment",
    "instance_type": "the worker runs on this machine; no size is chosen",
    "app_insights_enabled": "logs lie in the platform's log folder; nothing is sent anywhere",
    "scale_settings": "one worker process runs; it does not scale",
    "liveness_probe": "the platform restarts a worker as soon as its process ends",
    "readiness_probe": "a worker gets traffic once it has scored the model's input example, or answers /ping",
    "egress_public_network_access": "workers listen on a private Unix socket; the machine's firewall rules egress",
    "private_network_connection": "workers listen on a private Unix socket and have no network of their own",
    "model_mount_path": "the model lies in the platform's home",
    "id": _ANSWERED,
    "provisioning_state": _ANSWERED,
    "data_collector.rolling_rate": "collected files roll by day and by size",
    "data_collector.request_logging": "no request headers are kept",
    "request_settings.max_queue_wait_ms": "requests wait within request_timeout_ms",
}
_COLLECTIONS = ("model_inputs", "model_outputs")


def read_endpoint(path: Path) -> tuple[Endpoint, tuple[Note, ...]]:
    """The endpoint that a YAML file describes, and what of it does not act here. Raises SpecError with all faults."""
    document = read_document(path, _EndpointShape)
    shape = document.content
    faults = []
    if shape.compute is not None:
        mend = "remove the key; managed endpoints run on this platform"
        faults.append(_fault(document, "compute", "names a Kubernetes cluster, and none is managed here", mend))
    found = _built(
        document, faults, "traffic", lambda: Routing(traffic=dict(shape.traffic), mirror=dict(shape.mirror_traffic))
    )
    endpoint = _built(
        document, faults, "name", lambda: Endpoint(shape.name, shape.description, dict(shape.tags), found or Routing())
    )
    if faults or endpoint is None:
        raise SpecError(faults)
    return endpoint, tuple(_notes(document, _ENDPOINT_NOTES))


def read_deployment(path: Path) -> tuple[Deployment, tuple[Note, ...]]:
    """The deployment that a YAML file describes, and what of it does not act here. Raises SpecError with all faults."""
    document = read_document(path, _DeploymentShape)
    shape = document.content
    faults = list(_unsupported(document))
    model = _built(document, faults, "model", lambda: _model(shape.model))
    collector = _built(document, faults, "data_collector", lambda: _collector(shape.data_collector))
    stand_in = ModelReference(name="unread", version="1")
    deployment = _built(
        document, faults, "name", lambda: _deployment(shape, model or stand_in, collector or Collector())
    )
    if faults or deployment is None:
        raise SpecError(faults)
    return deployment, tuple(_notes(document, _DEPLOYMENT_NOTES, *_counted(shape), *_other_collections(shape)))


def _deployment(shape: _DeploymentShape, model: ModelReference, collector: Collector) -> Deployment:
    return Deployment(
        name=shape.name,
        endpoint=shape.endpoint_name,
        model=model,
        description=shape.description,
        tags=dict(shape.tags),
        environment_variables=dict(shape.environment_variables),
        request_timeout_ms=shape.request_settings.request_timeout_ms,
        max_concurrent_requests=shape.request_settings.max_concurrent_requests_per_instance,
        collector=collector,
    )


def _model(written: str | dict[str, Any]) -> ModelReference:
    if isinstance(written, str):
        return parse_model_reference(written)
    mend = "register the model, then write model: azureml:NAME:VERSION"
    raise SpecError(Fault("model", "is given as a path; only registered models are deployed", mend))


def _collector(shape: _Collector) -> Collector:
    enabled = {name for name, collection in shape.collections.items() if collection.enabled == "true"}
    return Collector("model_inputs" in enabled, "model_outputs" in enabled, shape.sampling_rate)


def _unsupported(document: Document[_DeploymentShape]) -> Iterator[Fault]:
    shape = document.content
    if shape.type == "kubernetes":
        yield _fault(document, "type", "is kubernetes, and no cluster is managed here", "write type: managed")
    if shape.code_configuration is not None:
        reason = "a scoring script is not run here; MLflow models answer by their own signature"
        yield _fault(document, "code_configuration", reason, "log the model with MLflow, and remove the key")
    if shape.resources is not None:
        reason = "belongs to deployments on Kubernetes"
        yield _fault(document, "resources", reason, "remove the key")


def _counted(shape: _DeploymentShape) -> Iterator[tuple[str, str]]:
    if shape.instance_count not in (None, 1):
        yield "instance_count", f"{shape.instance_count} is written, and one worker process runs"


def _other_collections(shape: _DeploymentShape) -> Iterator[tuple[str, str]]:
    for name, collection in shape.data_collector.collections.items():
        key = f"data_collector.collections.{name}"
        if name not in _COLLECTIONS:
            yield key, "only model_inputs and model_outputs are collected"
        elif collection.data is not None or collection.client_id is not None:
            yield key, "collected data lies in the platform's home, whatever asset is named"


def _notes(document: Document[Any], texts: dict[str, str], *more: tuple[str, str]) -> Iterator[Note]:
    written = [(key, text) for key, text in texts.items() if tuple(key.split(".")) in document.places]
    for key, text in sorted([*written, *more], key=lambda note: document.origin(*note[0].split(".")).line):
        yield Note(key, text, document.origin(*key.split(".")))


def _built(document: Document[Any], faults: list[Fault], key: str, build: Any) -> Any:  # noqa: ANN401 - any value
    """What `build` makes; its faults are collected with the place of `key`, and then there is no value."""
    try:
        return build()
    except CloisterError as error:
        faults += [Fault(one.thing, one.reason, one.mend, document.origin(key)) for one in error.faults]
    return None


def _fault(document: Document[Any], key: str, reason: str, mend: str) -> Fault:
    return Fault(f'key "{key}"', reason, mend, document.origin(key))
