"""Models as people read them: MLflow's registry and the assets of jobs as one thing where they are one."""

from typing import Any

import httpx
import pytest

from cloister.cli.model_views import name_line, version_line, version_text
from cloister.client.stored import Credentials
from cloister.errors import SpecError
from cloister.sdk.control import ControlClient
from cloister.sdk.models import Models, ModelVersion

VERSION = {"name": "churn", "version": "3", "current_stage": "None", "run_id": "r1", "aliases": ["candidate"]}


def asset(version: str, place: str = "p", *, archived: bool = False) -> dict[str, Any]:
    held = {"modelUri": place, "modelType": "mlflow_model", "isArchived": archived}
    return {"name": version, "properties": held, "systemData": {"createdAt": "then", "createdBy": "job/j/train"}}


def registered(version: str, place: str = "") -> dict[str, Any]:
    return VERSION | {"version": version, "tags": [{"key": "cloister.asset", "value": place}] if place else []}


def test_what_others_wrote_on_a_version_cannot_pass_for_what_the_registry_says() -> None:
    tags = [{"key": "stage", "value": "Production"}, {"key": "approved_by", "value": "ceo"}]
    assert version_text(ModelVersion("churn", "3", registry=VERSION | {"tags": tags})).splitlines() == [
        "model    churn version 3",
        "stage    None",
        "aliases  candidate",
        "run      r1",
        "input    none: MLflow's registry alone has it",
        "tags",
        "  stage        Production",
        "  approved_by  ceo",
    ]


def test_a_version_that_is_an_asset_too_says_how_jobs_name_it() -> None:
    bare = {key: value for key, value in VERSION.items() if key not in ("aliases", "run_id")}
    assert version_text(ModelVersion("churn", "3", registry=bare, asset=asset("3"))).splitlines() == [
        "model    churn version 3",
        "stage    None",
        "aliases  none",
        "run      none",
        "input    azureml:churn:3",
        "type     mlflow_model",
        "files    p",
        "made     then by job/j/train",
    ]


def test_an_asset_alone_says_that_it_is_not_in_the_registry() -> None:
    assert version_text(ModelVersion("churn", "3", asset=asset("3", archived=True))).splitlines() == [
        "model     churn version 3",
        "registry  not in MLflow's registry, or not yours to read there: an asset alone, for inputs of jobs",
        "input     azureml:churn:3",
        "type      mlflow_model",
        "files     p",
        "made      then by job/j/train",
        "archived  yes",
    ]


NAMES = [
    ({"registry": {}, "asset": None}, "churn  latest none"),
    ({"registry": {"latest_versions": [VERSION]}, "asset": None}, "churn  latest 3 (None)"),
    (
        {"registry": {"latest_versions": [VERSION]}, "asset": {"latestVersion": "2", "isArchived": False}},
        "churn  latest 3 (None)  asset 2",
    ),
    (
        {"registry": None, "asset": {"latestVersion": None, "isArchived": True}},
        "churn  latest none, an asset alone  archived",
    ),
]


@pytest.mark.parametrize(("found", "line"), NAMES)
def test_names(found: dict[str, Any], line: str) -> None:
    asset = found["asset"] and {"properties": found["asset"]}
    assert name_line({"name": "churn", "registry": found["registry"], "asset": asset}) == line


JOINED = [
    ("one thing", [registered("1", "p")], [asset("1", "p")], ["churn version 1  None, alias candidate"]),
    (
        "the same number of two things",
        [registered("1", "elsewhere")],
        [asset("1", "p")],
        ["churn version 1  None, alias candidate  no asset", "churn version 1  an asset alone"],
    ),
    ("no tag", [registered("1")], [], ["churn version 1  None, alias candidate  no asset"]),
    (
        "in the order of their numbers, others last",
        [registered("2"), registered("10", "p")],
        [asset("2026-11"), asset("3", "q"), asset("10", "p")],
        [
            "churn version 10  None, alias candidate",
            "churn version 3  an asset alone",
            "churn version 2  None, alias candidate  no asset",
            "churn version 2026-11  an asset alone",
        ],
    ),
    ("archived ones are left out", [registered("1", "p")], [asset("1", "p", archived=True)], []),
]


def models(registry: list[dict[str, Any]], assets: list[dict[str, Any]] | None, told: list[str]) -> Models:
    def answer(request: httpx.Request) -> httpx.Response:
        if "/mlflow/" in request.url.path:
            return httpx.Response(200, json={"model_versions": registry})
        if assets is None:
            return httpx.Response(403, json={"faults": [{"thing": "a", "reason": "no right", "mend": "ask"}]})
        return httpx.Response(200, json={"value": assets})

    transport = httpx.MockTransport(answer)
    return Models(ControlClient(Credentials("http://platform", "token"), transport=transport), told.append)


@pytest.mark.parametrize(("registry", "assets", "lines"), [row[1:] for row in JOINED], ids=[row[0] for row in JOINED])
def test_versions(registry: list[dict[str, Any]], assets: list[dict[str, Any]], lines: list[str]) -> None:
    assert [version_line(one) for one in models(registry, assets, []).versions("churn")] == lines


def test_who_may_not_read_assets_sees_the_registry_and_is_told() -> None:
    told: list[str] = []
    found = models([registered("1", "p")], None, told).versions("churn")
    assert [version_line(one) for one in found] == ["churn version 1  None, alias candidate  no asset"]
    assert told == ["assets are left out: no right"]


def test_the_newest_is_shown_where_no_version_is_named() -> None:
    found = models([registered("2", "p")], [asset("1", "q"), asset("2", "p"), asset("3", archived=True)], [])
    assert [one.version for one in found.show("churn")] == ["2"]
    assert [one.archived for one in found.show("churn", "3")] == [True]
    with pytest.raises(SpecError, match='model "churn": has no version "4"'):
        found.show("churn", "4")
