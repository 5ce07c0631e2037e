"""Which experiment a run, a logged model or a trace belongs to, and what it is called: asked of MLflow, kept a while.

None of them moves to another experiment (traces could, but the gateway does not let them), so that answer holds. An
experiment can be renamed, by another replica too, so its name is asked again after a short time; a rename through this
gateway is seen at once.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from cloister.gateway.passing.upstream import Upstream
from cloister.gateway.together import Together

_NAME_SECONDS = 2.0
_KEPT = 10_000
_API = "/api/2.0/mlflow/"
_API_3 = "/api/3.0/mlflow/"
# What lies in an experiment: its path, the field that names it (part of the path where empty), where it is answered.
_INSIDE = {
    "label-schema": ("label-schemas/get", "schema_id", "label_schema"),
    "review-queue": ("review-queues/get", "queue_id", "review_queue"),
    "issue": ("issues", "", "issue"),
}
# What has tags that policies look at: its path, the field that names it, and where it stands in the answer.
_TAGGED = {
    "experiment": ("experiments/get", "experiment_id", "experiment"),
    "registered-model": ("registered-models/get", "name", "registered_model"),
}
_K = TypeVar("_K")
_V = TypeVar("_V")


class Lookup:
    """Answers about MLflow's objects; an empty text stands for an object that does not exist."""

    def __init__(self, upstream: Upstream, clock: Callable[[], float]) -> None:
        self._upstream = upstream
        self._clock = clock
        self._experiments: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._names: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._names_asked = Together[str]()
        self._tagged: OrderedDict[tuple[str, str], tuple[float, Mapping[str, object]]] = OrderedDict()

    async def experiment_name(self, experiment_id: str) -> str:
        """The name of an experiment."""
        # MLflow's ids are numbers: it fails on a text that begins with a letter, which no database reads as one.
        if not experiment_id or (experiment_id[0].isascii() and experiment_id[0].isalpha()):
            return ""
        kept = self._names.get(experiment_id)
        if kept is not None and kept[0] > self._clock():
            return kept[1]
        return await self._names_asked.of(
            experiment_id, partial(self._ask_name, experiment_id), partial(self._keep_name, experiment_id)
        )

    async def _ask_name(self, experiment_id: str) -> str:
        answer = await self._upstream.get_json(_API + "experiments/get", {"experiment_id": experiment_id})
        return _text(answer, "experiment", "name")

    def _keep_name(self, experiment_id: str, name: str) -> None:
        _keep(self._names, experiment_id, (self._clock() + _NAME_SECONDS, name))

    async def experiment_named(self, name: str) -> str | None:
        """The id of the experiment of that name, or None where there is none; never kept, because it may come to be."""
        answer = await self._upstream.get_json(_API + "experiments/get-by-name", {"experiment_name": name})
        return _text(answer, "experiment", "experiment_id") or None

    async def tagged(self, kind: str, identity: str) -> Mapping[str, object]:
        """An experiment (by its id) or a registered model (by its name) as MLflow shows it, with its tags.

        Empty where it does not exist. Kept as long as a name, so that a changed tag counts for all after that.
        """
        kept = self._tagged.get((kind, identity))
        if kept is not None and kept[0] > self._clock():
            return kept[1]
        path, parameter, field = _TAGGED[kind]
        answer = await self._upstream.get_json(_API + path, {parameter: identity})
        found = answer.get(field) if answer else None
        shown = found if isinstance(found, dict) else {}
        if shown:
            _keep(self._tagged, (kind, identity), (self._clock() + _NAME_SECONDS, shown))
        return shown

    async def experiment_of_run(self, run_id: str) -> str:
        """The id of the experiment that a run belongs to."""
        place = ("run", "info", "experiment_id")
        return await self._lasting("run", run_id, _API + "runs/get", {"run_id": run_id}, place)

    async def experiment_of_logged_model(self, model_id: str) -> str:
        """The id of the experiment that a logged model belongs to."""
        path = f"{_API}logged-models/{model_id}"
        place = ("model", "info", "experiment_id")
        return await self._lasting("logged-model", model_id, path, {"allow_deleted": "true"}, place)

    async def experiment_of(self, kind: str, identity: str) -> str:
        """The id of the experiment that a label schema, a review queue or an issue belongs to."""
        path, parameter, field = _INSIDE[kind]
        path = f"{_API_3}{path}" if parameter else f"{_API_3}{path}/{identity}"
        query = {parameter: identity} if parameter else {}
        return await self._lasting(kind, identity, path, query, (field, "experiment_id"))

    async def dataset_name(self, dataset_id: str) -> str:
        """The name of an evaluation dataset, which never changes."""
        return await self._lasting("dataset", dataset_id, f"{_API_3}datasets/{dataset_id}", {}, ("dataset", "name"))

    async def experiment_of_trace(self, trace_id: str) -> str:
        """The id of the experiment that a trace belongs to."""
        place = ("trace", "trace_info", "trace_location", "mlflow_experiment", "experiment_id")
        return await self._lasting("trace", trace_id, f"{_API_3}traces/{trace_id}", {}, place)

    async def version(self, name: str, version: str) -> Mapping[str, object] | None:
        """A model version as MLflow has it now; never kept, because a decision of weight hangs on it."""
        answer = await self._upstream.get_json(_API + "model-versions/get", {"name": name, "version": version})
        found = answer.get("model_version") if answer else None
        return found if isinstance(found, dict) else None

    async def has_model(self, name: str) -> bool:
        """Whether there is a registered model of that name; never kept, because it may come to be."""
        return await self._upstream.get_json(_API + "registered-models/get", {"name": name}) is not None

    async def run(self, run_id: str) -> Mapping[str, object] | None:
        """A run as MLflow has it now."""
        answer = await self._upstream.get_json(_API + "runs/get", {"run_id": run_id})
        found = answer.get("run") if answer else None
        return found if isinstance(found, dict) else None

    async def logged_models_of_run(self, run_id: str, name: str) -> frozenset[str]:
        """The ids of the logged models of that name that say they are a run's; never kept, as above."""
        experiment = await self.experiment_of_run(run_id)
        if not experiment:
            return frozenset()
        asked = {"experiment_ids": [experiment], "filter": f"source_run_id = '{run_id}'"}
        found: set[str] = set()
        token = ""
        while True:
            page = {**asked, "page_token": token} if token else asked
            answer = await self._upstream.post_json(_API + "logged-models/search", page) or {}
            listed = answer.get("models")
            infos = [one["info"] for one in listed] if isinstance(listed, list) else []
            found |= {str(info["model_id"]) for info in infos if info.get("name") == name}
            token = _text(answer, "next_page_token")
            if not token:
                return frozenset(found)

    async def place_of_version(self, name: str, version: str) -> str:
        """Where a version's files lie, which MLflow fixes when it is registered; never kept, as above."""
        query = {"name": name, "version": version}
        return _text(await self._upstream.get_json(_API + "model-versions/get-download-uri", query), "artifact_uri")

    def forget_model(self, name: str) -> None:
        """Ask for this registered model again at the next request."""
        self._tagged.pop(("registered-model", name), None)

    def forget_name(self, experiment_id: str) -> None:
        """Ask for this experiment's name again at the next request."""
        self._names.pop(experiment_id, None)
        self._names_asked.forget(experiment_id)

    async def _lasting(
        self, kind: str, identity: str, path: str, query: Mapping[str, str], place: Sequence[str]
    ) -> str:
        if not identity.replace("-", "").replace("_", "").isalnum():
            return ""
        kept = self._experiments.get((kind, identity))
        if kept is not None:
            return kept
        found = _text(await self._upstream.get_json(path, query), *place)
        if found:
            _keep(self._experiments, (kind, identity), found)
        return found


def _text(document: object, *path: str) -> str:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, str) else ""


def _keep(kept: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > _KEPT:
        kept.popitem(last=False)
