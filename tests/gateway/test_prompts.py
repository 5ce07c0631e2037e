"""Prompts are registered models with a tag; the rights of the one never become those of the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

pytestmark = pytest.mark.platform
_API = "/api/2.0/mlflow/"
_TAG = {"key": "mlflow.prompt.is_prompt", "value": "true"}
_VERSION = {"source": "dummy-source", "tags": [_TAG, {"key": "mlflow.prompt.text", "value": "Say {{this}}"}]}


def send(http: httpx.Client, method: str, path: str, body: dict[str, Any]) -> httpx.Response:
    return http.get(_API + path, params=body) if method == "GET" else http.request(method, _API + path, json=body)


@pytest.fixture(scope="module")
def paula(running: Running) -> Iterator[httpx.Client]:
    """Somebody who may do everything with prompts, and nothing with models."""
    with running.http("paula") as http:
        yield http


@pytest.fixture(scope="module")
def made(running: Running) -> None:
    """A prompt and a model, each with a version."""
    with running.http("ada") as http:
        for name, tags in (("greeting", [_TAG]), ("no greeting", [])):
            assert send(http, "POST", "registered-models/create", {"name": name, "tags": tags}).is_success
        assert send(http, "POST", "model-versions/create", {"name": "greeting", **_VERSION}).is_success
        plain = {"name": "no greeting", "source": "dummy-source"}
        assert send(http, "POST", "model-versions/create", plain).status_code in (200, 400)


_BOTH: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "registered-models/get", {}),
    ("GET", "registered-models/get-latest-versions", {}),
    ("PATCH", "registered-models/update", {"description": "d"}),
    ("POST", "registered-models/set-tag", {"key": "k", "value": "v"}),
    ("GET", "model-versions/get", {"version": "1"}),
    ("POST", "model-versions/set-tag", {"version": "1", "key": "k", "value": "v"}),
    ("POST", "registered-models/alias", {"version": "1", "alias": "newest"}),
    ("GET", "registered-models/alias", {"alias": "newest"}),
]


@pytest.mark.parametrize(("method", "path", "body"), _BOTH)
@pytest.mark.usefixtures("made")
def test_rights_on_prompts_are_none_on_models(
    paula: httpx.Client, method: str, path: str, body: dict[str, Any]
) -> None:
    of_prompt = send(paula, method, path, {"name": "greeting", **body})
    of_model = send(paula, method, path, {"name": "no greeting", **body})
    of_nothing = send(paula, method, path, {"name": "nothing", **body})
    assert of_prompt.is_success, of_prompt.text
    assert (of_model.status_code, of_nothing.status_code) == (403, 403)
    assert of_model.text.replace("no greeting", "nothing") == of_nothing.text


@pytest.mark.usefixtures("made")
def test_lists_show_prompts_alone(paula: httpx.Client) -> None:
    wanted = {"filter": "tags.`mlflow.prompt.is_prompt` = 'true'"}
    prompts = paula.get(_API + "registered-models/search", params=wanted).json()
    versions = paula.get(_API + "model-versions/search", params=wanted).json()
    models = paula.get(_API + "registered-models/search").json()
    # Other files of tests may make prompts as well, but each of their names begins otherwise.
    assert {row["name"] for row in prompts["registered_models"] if "greeting" in row["name"]} == {"greeting"}
    assert {row["name"] for row in versions["model_versions"]} == {"greeting"}
    assert models.get("registered_models", []) == []


_TURNED: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "registered-models/set-tag", {"name": "no greeting", **_TAG}),
    ("DELETE", "registered-models/delete-tag", {"name": "greeting", "key": _TAG["key"]}),
    ("POST", "model-versions/set-tag", {"name": "no greeting", "version": "1", **_TAG}),
    ("DELETE", "model-versions/delete-tag", {"name": "greeting", "version": "1", "key": _TAG["key"]}),
    ("POST", "model-versions/create", {"name": "no greeting", **_VERSION}),
    ("POST", "model-versions/create", {"name": "greeting", "source": "dummy-source"}),
    ("POST", "registered-models/create", {"name": "twice", "tags": [_TAG, {**_TAG, "value": "false"}]}),
    ("POST", "registered-models/create", {"name": "other", "tags": [{**_TAG, "value": "TRUE"}]}),
]


@pytest.mark.parametrize(("method", "path", "body"), _TURNED)
@pytest.mark.usefixtures("made")
def test_nothing_becomes_the_other(running: Running, method: str, path: str, body: dict[str, Any]) -> None:
    with running.http("ada") as http:
        answer = send(http, method, path, body)
    assert answer.status_code == 400, answer.text
    assert "mlflow.prompt.is_prompt" in answer.text or "is not what" in answer.text


def test_a_prompt_is_made_renamed_and_deleted_as_one(paula: httpx.Client) -> None:
    assert send(paula, "POST", "registered-models/create", {"name": "mine"}).status_code == 403
    assert send(paula, "POST", "registered-models/create", {"name": "mine", "tags": [_TAG]}).is_success
    renamed = send(paula, "POST", "registered-models/rename", {"name": "mine", "new_name": "mine still"})
    assert renamed.is_success, renamed.text
    assert send(paula, "DELETE", "registered-models/delete", {"name": "mine still"}).is_success
