"""Assets through the control API: who may, what is asked, what is answered."""

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.jobs.assets.conftest import Desk

from cloister.errors import RefusedError, SpecError
from cloister.sdk.assets import Assets

IRIS = {"dataUri": "azureml://datastores/workspaceblobstore/paths/a.csv", "dataType": "uri_file"}


def test_an_asset_is_made_read_listed_and_archived(desk: "Desk") -> None:
    with desk.client() as control:
        assets = Assets(control)
        made = assets.put("data", "iris", "", IRIS)
        assert assets.get("data", "iris") == assets.get("data", "iris", "1") == made
        assert assets.put("data", "iris", "", {**IRIS, "description": "again"})["name"] == "2"
        assert [v["name"] for v in assets.list("data", "iris")] == ["2", "1"]
        assert [c["properties"]["nextVersion"] for c in assets.list("data")] == ["3"]
        assets.archive("data", "iris", "2")
        assert assets.get("data", "iris")["name"] == "1"
        assert assets.archive("data", "iris")["properties"]["isArchived"] is True
        assert assets.list("data") == []
        assert [c["name"] for c in assets.list("data", archived="only")] == ["iris"]
        assert assets.archive("data", "iris", restore=True)["properties"]["isArchived"] is False
        assert assets.container("data", "iris")["properties"]["latestVersion"] == "1"


def test_every_request_is_decided_on_its_resource(desk: "Desk") -> None:
    with desk.client("reader") as control:
        assets = Assets(control)
        with pytest.raises(RefusedError, match="model-asset/a b: reader has no right to cloister:ManageAsset"):
            assets.put("models", "a b", "1", {})
        with pytest.raises(RefusedError):
            assets.archive("components", "c")
        with pytest.raises(SpecError, match="there is none of that name"):
            assets.container("environments", "e")
        assert assets.list("codes") == []
    assert desk.rights.asked == [
        ("reader", "cloister:ManageAsset", "model-asset/a b"),
        ("reader", "cloister:ManageAsset", "component/c"),
        ("reader", "cloister:ReadAsset", "environment/e"),
        ("reader", "cloister:ReadAsset", "code/*"),
    ]


# Each would be kept as it is, and break whatever answer it is told in.
UNTELLABLE = ['{"description": "\\ud800"}', '{"tags": NaN}', '{"tags": 1e999}', "[" * 200 + "]" * 200]
STATUSES = [
    ("GET", "assets/pets", None, 400),
    ("GET", "assets/data/none", None, 404),
    ("GET", "assets/data/none/versions/1", None, 404),
    ("GET", "assets/data?archived=maybe", None, 400),
    ("PUT", "assets/data/iris/versions/1", b"[", 400),
    ("PUT", "assets/data/iris/versions/latest", b'{"properties": {}}', 400),
    ("POST", "assets/data/iris/archive", b'{"version": 1}', 400),
    ("POST", "assets/data/iris/archive", b"{}", 404),
    *(("PUT", "assets/data/iris/versions/1", f'{{"properties": {held}}}'.encode(), 400) for held in UNTELLABLE),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), STATUSES)
def test_the_api_answers_with_the_status_of_who_must_act(
    desk: "Desk", method: str, path: str, body: bytes | None, status: int
) -> None:
    headers = {"authorization": "Bearer ada"}
    answer = httpx.request(method, f"{desk.url}/cloister/v1/{path}", headers=headers, content=body, trust_env=False)
    assert (answer.status_code, set(answer.json()["faults"][0])) == (status, {"thing", "reason", "mend"})
