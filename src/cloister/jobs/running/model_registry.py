"""Makes a version in MLflow's registry of a model that a step made: through the gateway, as the step itself.

The asset and the version of the registry have one number: `azureml:churn:3` and `models:/churn/3` are one thing. MLflow
counts by itself and can be told no number. So a model without a version takes the number that comes next there; where
that cannot be, because the author asks for another one or an asset has it already, the model is an asset alone, and
that is told.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cloister.access.principals import Principal
from cloister.jobs.assets.names import ASSET_TAG
from cloister.jobs.running.tracking import Tracking

_FOLDER: Final = "models"


@dataclass(frozen=True, slots=True)
class Made:
    """A model that a step made: its name, where the asset's files lie, and where they are now."""

    name: str
    type: str
    output: str
    place: str
    files: Path


@dataclass(frozen=True, slots=True)
class ModelRegistry:
    """The registry as a step sees it. Everything raises TrackingError where it is refused or not answered."""

    tracking: Tracking

    def number_of(self, principal: Principal, run_id: str, made: Made) -> str:
        """The number that an earlier attempt was given for it; empty where there is none."""
        params = {"filter": f"run_id = '{run_id}'"}
        found = self.tracking.call(principal, "GET", "model-versions/search", params=params) or {}
        for version in found.get("model_versions", []):
            if version["name"] == made.name and {"key": ASSET_TAG, "value": made.place} in version.get("tags", []):
                return str(version["version"])
        return ""

    def next_number(self, principal: Principal, name: str) -> str:
        """The number that the next version will have."""
        found = self.tracking.call(principal, "GET", "registered-models/get", params={"name": name}) or {}
        # The newest of each stage: the newest of all is one of them.
        latest = found.get("registered_model", {}).get("latest_versions", [])
        return str(max((int(one["version"]) for one in latest), default=0) + 1)

    def register(self, principal: Principal, run_id: str, made: Made) -> str:
        """The number of a new version, whose files lie beside the run."""
        source = self.tracking.put(principal, run_id, made.files, f"{_FOLDER}/{made.output}")
        if self.tracking.call(principal, "GET", "registered-models/get", params={"name": made.name}) is None:
            self.tracking.post(principal, "registered-models/create", {"name": made.name})
        body: dict[str, Any] = {"name": made.name, "source": source, "run_id": run_id}
        body["tags"] = [{"key": ASSET_TAG, "value": made.place}, {"key": "cloister.type", "value": made.type}]
        return str(self.tracking.post(principal, "model-versions/create", body)["model_version"]["version"])
