"""MLflow runs of jobs and steps, made through the gateway with the step's own identity.

Plain REST calls (https://mlflow.org/docs/latest/api_reference/rest-api.html, read 2026-11), so that the agent need not
load MLflow: that would take seconds and a few hundred megabytes.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

import httpx
from joserfc.jwk import OKPKey

from cloister.access.principals import Principal
from cloister.access.tokens import issue
from cloister.errors import Fault, SourceError
from cloister.loopback import http_client

RunStatus = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]
_API = "/api/2.0/mlflow"
# What MLflow's own pages ask: the histories of several runs in one call, whole.
_PAGES_API = "/ajax-api/2.0/mlflow"
_RUNS_AT_ONCE = 100
# Of all of them together it tells no more, and does not say that it left some out.
_METRICS_AT_ONCE = 25_000
_PATIENCE_SECONDS = 60.0
_PATIENCE_AT_END_SECONDS = 10.0
_SHORT_LIFETIME = 300
# Beyond a step's timeout, for the time that it takes to end and to log the rest.
_MARGIN_SECONDS = 600
_NAMED = "mlflow.runName"
_LONGEST_TAG = 5000
# What a step leaves behind without saying so goes to MLflow up to here.
_MOST_FILES = 1000
_MOST_BYTES = 2**30
_MEND_OF_EXPERIMENT: Final = (
    "give the job an experiment_name of your own, in its file or by --set experiment_name=NAME, or none "
    "(then it goes to Default, which is everybody's), or ask an administrator for a role that lets you in"
)


class TrackingError(Exception):
    """MLflow, or the gateway before it, did not do what was asked; the message is the reason."""


class ForbiddenError(TrackingError):
    """Whoever asks has no right to it."""


class ElsewhereError(TrackingError):
    """Files cannot be put beside the run, because MLflow keeps them at another place than the platform's own."""


@dataclass(frozen=True, slots=True)
class Tracking:
    """The way to MLflow. `wait` is the pause between tries while the gateway starts or restarts."""

    url: str
    key: OKPKey
    transport: httpx.BaseTransport | None = None
    patience_seconds: float = _PATIENCE_SECONDS
    wait: Callable[[float], None] = time.sleep

    def token(self, principal: Principal, timeout_seconds: int) -> str:
        """A bearer token for the principal that outlives the timeout by ten minutes."""
        return issue(principal, self.key, now=datetime.now(UTC), lifetime_seconds=timeout_seconds + _MARGIN_SECONDS)

    def start_run(self, principal: Principal, experiment: str, name: str, tags: Mapping[str, str]) -> str:
        """The id of a new run of that name in the experiment, which is made if it is not there."""
        try:
            return self._started(principal, experiment, name, tags)
        except ForbiddenError as error:
            fault = Fault(f'experiment "{experiment}"', f"no run may begin there: {error}", _MEND_OF_EXPERIMENT)
            raise TrackingError(str(fault)) from error

    def _started(self, principal: Principal, experiment: str, name: str, tags: Mapping[str, str]) -> str:
        experiment_id = self._experiment(principal, experiment)
        body = {
            "experiment_id": experiment_id,
            "run_name": name,
            "start_time": int(time.time() * 1000),
            "tags": [{"key": key, "value": value[:_LONGEST_TAG]} for key, value in {_NAMED: name, **tags}.items()],
        }
        return str(self.post(principal, "runs/create", body)["run"]["info"]["run_id"])

    def resume_run(self, principal: Principal, run_id: str, attempt: int) -> None:
        """Mark a run as running again, in its nth attempt."""
        self.post(principal, "runs/update", {"run_id": run_id, "status": "RUNNING"})
        self.post(principal, "runs/set-tag", {"run_id": run_id, "key": "cloister.attempt", "value": str(attempt)})

    def end_run(self, principal: Principal, run_id: str, status: RunStatus) -> None:
        """End a run; gives up sooner than a start does, because nothing waits for it."""
        body = {"run_id": run_id, "status": status, "end_time": int(time.time() * 1000)}
        hasty = replace(self, patience_seconds=min(self.patience_seconds, _PATIENCE_AT_END_SECONDS))
        hasty.post(principal, "runs/update", body)

    def log_artifacts(self, principal: Principal, run_id: str, folder: Path) -> str:
        """Put the files of a folder beside the run, by their paths in it. Returns what was left out and why, if any."""
        files = _files(folder)
        size = sum(path.stat().st_size for path in files)
        if len(files) > _MOST_FILES or size > _MOST_BYTES:
            return f"{len(files)} files of {size} bytes are too much to put beside the run; they stay with the job"
        try:
            self.put(principal, run_id, folder)
        except ElsewhereError as error:
            return f"{error}; they stay with the job"
        return ""

    def put(self, principal: Principal, run_id: str, source: Path, below: str = "") -> str:
        """Put a file, or the files of a folder, beside the run; returns their address. Raises TrackingError."""
        found = self.call(principal, "GET", "runs/get", params={"run_id": run_id})
        if found is None:
            message = f"there is no run {run_id}"
            raise TrackingError(message)
        scheme, _, root = str(found["run"]["info"]["artifact_uri"]).partition(":/")
        if scheme != "mlflow-artifacts":
            message = "the run's artifacts are kept elsewhere"
            raise ElsewhereError(message)
        place = "/".join(part for part in (root.strip("/"), below) if part)
        top = source.parent if source.is_file() else source
        for path in (source,) if source.is_file() else _files(source):
            # A token for each: how long all of them take, nobody knows.
            token = issue(principal, self.key, now=datetime.now(UTC), lifetime_seconds=_SHORT_LIFETIME)
            name = quote(f"{place}/{path.relative_to(top).as_posix()}")
            with (
                http_client(self.url, token=token, timeout_seconds=60, transport=self.transport) as client,
                path.open("rb") as file,
            ):
                answer = client.put(f"/api/2.0/mlflow-artifacts/artifacts/{name}", content=file)
            if not answer.is_success:
                message = f"{name}: status {answer.status_code}: {_told(answer)}"
                raise TrackingError(message)
        return f"{scheme}:/{place}"

    def log_parameters(self, principal: Principal, run_id: str, parameters: Mapping[str, str]) -> None:
        """Log what a job was given."""
        if parameters:
            params = [{"key": key, "value": value[:_LONGEST_TAG]} for key, value in parameters.items()]
            self.post(principal, "runs/log-batch", {"run_id": run_id, "params": params})

    def metric_histories(
        self, principal: Principal, run_ids: Sequence[str], metric: str
    ) -> dict[str, tuple[float, ...]]:
        """What each run logged of the metric, in the order of time; a run that logged none is not there."""
        found: dict[str, list[tuple[int, int, float]]] = {}
        asked = [run_ids[first : first + _RUNS_AT_ONCE] for first in range(0, len(run_ids), _RUNS_AT_ONCE)]
        while asked:
            runs = asked.pop()
            told = self._told_of(principal, runs, metric)
            if len(told) >= _METRICS_AT_ONCE and len(runs) > 1:
                # It may be cut, and of some runs nothing be there.
                asked += [runs[: len(runs) // 2], runs[len(runs) // 2 :]]
                continue
            if len(told) >= _METRICS_AT_ONCE:
                told = self._whole_history(principal, runs[0], metric)
            for one in told:
                # Numbers that JSON does not have are told as text.
                at = (int(one.get("timestamp", 0)), int(one.get("step", 0)), float(one["value"]))
                found.setdefault(str(one["run_id"]), []).append(at)
        # Stable: of one moment and step, as MLflow tells them.
        return {run: tuple(value for _, _, value in sorted(told, key=_moment)) for run, told in found.items()}

    def _told_of(self, principal: Principal, run_ids: Sequence[str], metric: str) -> list[dict[str, Any]]:
        params = [*(("run_id", run) for run in run_ids), ("metric_key", metric), ("max_results", _METRICS_AT_ONCE)]
        answer = self.call(principal, "GET", "metrics/get-history-bulk", api=_PAGES_API, params=params)
        return list(answer["metrics"]) if answer else []

    def _whole_history(self, principal: Principal, run_id: str, metric: str) -> list[dict[str, Any]]:
        """What one run logged of the metric, however much that is."""
        answer = self.call(principal, "GET", "metrics/get-history", params={"run_id": run_id, "metric_key": metric})
        return [{**one, "run_id": run_id} for one in answer.get("metrics", ())] if answer else []

    def parameters(self, principal: Principal, run_id: str) -> dict[str, str]:
        """The parameters that the run has logged."""
        found = self.call(principal, "GET", "runs/get", params={"run_id": run_id})
        logged = found["run"]["data"].get("params", ()) if found else ()
        return {str(one["key"]): str(one.get("value", "")) for one in logged}

    def set_tags(self, principal: Principal, run_id: str, tags: Mapping[str, str]) -> None:
        """Tag a run."""
        told = [{"key": key, "value": value[:_LONGEST_TAG]} for key, value in tags.items()]
        self.post(principal, "runs/log-batch", {"run_id": run_id, "tags": told})

    def _experiment(self, principal: Principal, name: str) -> str:
        found = self.call(principal, "GET", "experiments/get-by-name", params={"experiment_name": name})
        if found is None:
            try:
                return str(self.post(principal, "experiments/create", {"name": name})["experiment_id"])
            except TrackingError:
                # Another step may have made it between the two calls.
                found = self.call(principal, "GET", "experiments/get-by-name", params={"experiment_name": name})
                if found is None:
                    raise
        return str(found["experiment"]["experiment_id"])

    def post(self, principal: Principal, path: str, body: object) -> dict[str, Any]:
        """The answer to a POST. Raises TrackingError."""
        answer = self.call(principal, "POST", path, json=body)
        if answer is None:
            message = f"{path}: not found"
            raise TrackingError(message)
        return answer

    def call(
        self,
        principal: Principal,
        method: str,
        path: str,
        *,
        api: str = _API,
        **rest: Any,  # noqa: ANN401 - httpx's own
    ) -> dict[str, Any] | None:
        """The answer, or None where there is no such thing; tries again while the server is starting.

        Raises TrackingError.
        """
        token = issue(principal, self.key, now=datetime.now(UTC), lifetime_seconds=_SHORT_LIFETIME)
        give_up = time.monotonic() + self.patience_seconds
        with http_client(self.url, token=token, timeout_seconds=30, transport=self.transport) as client:
            while True:
                try:
                    answer = client.request(method, f"{api}/{path}", **rest)
                    if answer.status_code not in (502, 503, 504):
                        return _read(path, answer)
                    reason = f"{path}: status {answer.status_code}"
                except httpx.TransportError as error:
                    reason = f"{path}: {error or type(error).__name__}"
                if time.monotonic() > give_up:
                    raise TrackingError(reason)
                self.wait(0.5)


def _files(folder: Path) -> list[Path]:
    """The files below a folder, without links."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]


def _read(path: str, answer: httpx.Response) -> dict[str, Any] | None:
    if answer.is_success:
        found: dict[str, Any] = answer.json()
        return found
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    message = f"{path}: status {answer.status_code}: {_told(answer)}"
    raise ForbiddenError(message) if answer.status_code == httpx.codes.FORBIDDEN else TrackingError(message)


def _moment(told: tuple[int, int, float]) -> tuple[int, int]:
    return told[:2]


def _told(answer: httpx.Response) -> str:
    """What MLflow or the gateway says, in one line."""
    try:
        text = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        text = answer.text
    return text.strip().partition("\n")[0][:500]


def tracking_of(url: str, key: OKPKey | None) -> Tracking | None:
    """The way to MLflow, or None where the agent was given none."""
    if not url:
        return None
    if key is None:
        raise SourceError(Fault("agent", "has a gateway but no signing key", "set signing_key in its configuration"))
    return Tracking(url.rstrip("/"), key)
