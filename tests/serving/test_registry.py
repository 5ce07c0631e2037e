"""What the registry's client makes of answers that a real MLflow server gives only when something is wrong."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloister.access.duties import Duties
from cloister.errors import CloisterError, RefusedError, SourceError
from cloister.serving.errors import UnavailableError
from cloister.serving.registry import ModelVersion, Registry, check_approval, verify_files
from cloister.serving.safety import MANIFEST
from cloister.serving.values import ModelReference

MLMODEL = """flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.skops, predict_fn: predict}
  sklearn: {pickled_model: model.skops, serialization_format: skops}
"""
VERSION = ModelVersion("churn", "3", 1000, "Production", frozenset())
FILES = {"MLmodel": MLMODEL.encode(), "model.skops": b"skops", "conda.yaml": b"x"}


def listing(path: str, files: dict[str, bytes]) -> dict[str, Any]:
    below = path.removeprefix("1/run/artifacts/model").strip("/")
    names: dict[str, bool] = {}
    for file in files:
        if not below or file.startswith(f"{below}/"):
            rest = file.removeprefix(below).strip("/")
            names[rest.split("/")[0]] = "/" in rest
    return {"files": [{"path": name, "is_dir": is_dir} for name, is_dir in names.items()]}


def answering(files: dict[str, bytes], source: str = "mlflow-artifacts:/1/run/artifacts/model") -> httpx.MockTransport:
    """The part of MLflow's REST API that the client uses, with the given files in the version's folder."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer t"
        path = request.url.path.removeprefix("/api/2.0/")
        if path == "mlflow/model-versions/get-download-uri":
            return httpx.Response(200, json={"artifact_uri": source})
        if path == "mlflow/logged-models/m-1":
            uri = "mlflow-artifacts:/1/run/artifacts/model"
            return httpx.Response(200, json={"model": {"info": {"artifact_uri": uri}}})
        if path == "mlflow-artifacts/artifacts":
            return httpx.Response(200, json=listing(request.url.params["path"], files))
        content = files.get(path.removeprefix("mlflow-artifacts/artifacts/1/run/artifacts/model/"))
        return httpx.Response(404) if content is None else httpx.Response(200, content=content)

    return httpx.MockTransport(answer)


def registry(transport: httpx.BaseTransport) -> Registry:
    return Registry("http://registry", lambda: "t", transport)


@pytest.mark.parametrize("source", ["mlflow-artifacts:/1/run/artifacts/model", "models:/m-1"])
def test_a_version_is_fetched_whole_once_and_read_only(tmp_path: Path, source: str) -> None:
    folder = registry(answering(FILES, source)).fetch(VERSION, tmp_path)
    assert folder == tmp_path / "churn" / "3-1000"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {*FILES, MANIFEST}
    assert all(path.stat().st_mode & 0o222 == 0 for path in folder.rglob("*") if path.is_file())
    verify_files(folder, "the model")
    # The second time nobody is asked.
    assert registry(httpx.MockTransport(lambda _: httpx.Response(500))).fetch(VERSION, tmp_path) == folder


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (lambda folder: (folder / "model.skops").write_bytes(b"other"), "model.skops"),
        (lambda folder: (folder / "more.txt").write_bytes(b""), "more.txt"),
        (lambda folder: (folder / "MLmodel").unlink(), "MLmodel"),
    ],
)
def test_files_that_were_changed_are_named(tmp_path: Path, spoil: Callable[[Path], object], name: str) -> None:
    folder = registry(answering(FILES)).fetch(VERSION, tmp_path)
    for path in folder.rglob("*"):
        path.chmod(0o700)
    spoil(folder)
    for look in (
        lambda: verify_files(folder, "the model"),
        lambda: registry(answering(FILES)).fetch(VERSION, tmp_path),
    ):
        with pytest.raises(SourceError) as caught:
            look()
        assert caught.value.faults[0].reason == f"its files were changed after they were fetched: {name}"


def test_a_version_that_was_deleted_and_made_anew_is_another(tmp_path: Path) -> None:
    first = registry(answering(FILES)).fetch(VERSION, tmp_path)
    anew = registry(answering({**FILES, "model.skops": b"other"})).fetch(replace(VERSION, created_ms=2000), tmp_path)
    assert [(folder / "model.skops").read_bytes() for folder in (first, anew)] == [b"skops", b"other"]


def refusing(status: int, document: object) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status, content=json.dumps(document)))


def unreachable(request: httpx.Request) -> httpx.Response:
    msg = "refused"
    raise httpx.ConnectError(msg, request=request)


@pytest.mark.parametrize(
    ("transport", "kind", "reason"),
    [
        (
            answering({**FILES, "../evil": b""}),
            RefusedError,
            'its listing names the file ".."',
        ),
        (answering({**FILES, MANIFEST: b"{}"}), RefusedError, f'its listing names the file "{MANIFEST}"'),
        (
            answering({**FILES, "nested/argparse.py": b""}),
            RefusedError,
            'it brings "nested", which is no part of a scikit-learn model',
        ),
        (answering({"model.skops": b""}), RefusedError, "it has no readable MLmodel file"),
        (
            answering(FILES, "file:///etc"),
            RefusedError,
            "its files lie at file:, outside of the platform's artifact store",
        ),
        (
            answering(FILES, "/etc"),
            RefusedError,
            "its files lie at a bare path:, outside of the platform's artifact store",
        ),
        (httpx.MockTransport(unreachable), UnavailableError, "the model registry does not answer: refused"),
        (
            refusing(500, {"error_code": "INTERNAL_ERROR", "message": "boom"}),
            UnavailableError,
            "the model registry answers 500: boom",
        ),
        (
            refusing(403, {"faults": [{"thing": "x", "reason": "not allowed", "mend": "ask"}]}),
            RefusedError,
            "the model registry answers 403: not allowed",
        ),
        (refusing(404, {"message": "no such version"}), SourceError, "the model registry answers 404: no such version"),
        (refusing(404, []), SourceError, "the model registry answers 404: no reason given"),
        (refusing(200, []), SourceError, "the registry's answer is no JSON object"),
    ],
)
def test_what_cannot_be_fetched_leaves_nothing(
    tmp_path: Path, transport: httpx.BaseTransport, kind: type[CloisterError], reason: str
) -> None:
    with pytest.raises(CloisterError) as caught:
        registry(transport).fetch(VERSION, tmp_path)
    assert type(caught.value) is kind
    assert caught.value.faults[0].reason == reason
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("stage", "aliases", "is_approved"),
    [
        ("None", set[str](), False),
        ("Production", set[str](), True),
        ("Staging", set[str](), False),
        ("Archived", set[str](), False),
        ("None", {"production"}, True),
        ("None", {"Champion"}, True),
        ("None", {"staging", "latest-run"}, False),
    ],
)
def test_only_what_an_approver_alone_may_set_counts_as_approval(
    stage: str, aliases: set[str], is_approved: bool
) -> None:
    version = replace(VERSION, stage=stage, aliases=frozenset(aliases))
    assert version.is_approved(Duties()) == is_approved
    if not is_approved:
        with pytest.raises(RefusedError, match="it is not approved"):
            check_approval(version, Duties())


def test_a_reference_by_alias_comes_to_the_version_it_points_to() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/2.0/mlflow/registered-models/alias"
        assert dict(request.url.params) == {"name": "churn", "alias": "production"}
        found = {"name": "churn", "version": "7", "current_stage": "None", "creation_timestamp": 1000}
        return httpx.Response(200, json={"model_version": found})

    found = registry(httpx.MockTransport(answer)).resolve(ModelReference("churn", alias="production"))
    assert found == ModelVersion("churn", "7", 1000, "None", frozenset({"production"}))
