"""A move of a model version: to a stage, or under an alias."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cloister.gateway.mlflow.canonical import Canonical, ambiguous
from cloister.gateway.mlflow.resources import Resource, named

Kind = Literal["stage", "alias"]
# MLflow takes a stage in letters of any case (mlflow 3.17.2, entities/model_registry/model_version_stages.py).
_STAGES: Final = {name.lower(): name for name in ("None", "Staging", "Production", "Archived")}
_API: Final = "/api/2.0/mlflow/"


@dataclass(frozen=True, slots=True)
class Move:
    """Which version is moved to which stage or under which alias."""

    model: str
    version: str
    kind: Kind
    target: str

    @property
    def resource(self) -> Resource:
        """The version that is moved."""
        name = named("model-version", self.model, self.version)
        return Resource(name, ("model-version", f"{self.model}/{self.version}"), ("registered-model", self.model))

    @property
    def path(self) -> str:
        """MLflow's route that carries it out."""
        return _API + ("model-versions/transition-stage" if self.kind == "stage" else "registered-models/alias")

    @property
    def body(self) -> bytes:
        """What that route is sent. Other versions keep their stage: blue goes on serving while green is approved."""
        body: dict[str, object] = {"name": self.model, "version": self.version, self.kind: self.target}
        if self.kind == "stage":
            body["archive_existing_versions"] = False
        return json.dumps(body).encode()

    @property
    def how_to_ask(self) -> str:
        """The command that asks for it."""
        words = ["--name", self.model, "--version", self.version, f"--{self.kind}", self.target]
        return f"cloister model request {shlex.join(words)} --reason WHY"

    def __str__(self) -> str:
        return f"{self.model} version {self.version} to {self.kind} {self.target}"


def move(model: str, version: str, kind: Kind, target: str) -> Move:
    """The move, the stage in MLflow's own letters."""
    return Move(model, version, kind, _STAGES.get(target.lower(), target) if kind == "stage" else target)


def move_of(request: Canonical) -> Move:
    """The move that a request to MLflow asks for."""
    model, version = request.one("name") or "", request.one("version") or ""
    if stage := request.one("stage"):
        return move(model, version, "stage", stage)
    return move(model, version, "alias", request.one("alias") or "")


def read_move(document: Mapping[str, object]) -> Move:
    """The move in a request to the control API: {"model", "version", "stage" or "alias"}."""
    model, version, stage, alias = (document.get(name) for name in ("model", "version", "stage", "alias"))
    if not isinstance(model, str) or not isinstance(version, str) or not model or not version:
        raise ambiguous(thing="model and version", reason="are no texts")
    if (stage is None) == (alias is None):
        raise ambiguous(thing="stage and alias", reason="are both there, or neither")
    target = stage if alias is None else alias
    if not isinstance(target, str) or not target or not all(text.isprintable() for text in (model, version, target)):
        raise ambiguous(thing="stage or alias", reason="is no text")
    return move(model, version, "stage" if alias is None else "alias", target)
