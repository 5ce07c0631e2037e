"""Assets of the platform, as the SDK's REST objects: read, made, listed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from cloister.errors import Fault, SourceError
from cloister.sdk.control import ControlClient

_MLFLOW: Final = "/api/2.0/mlflow"


class Assets:
    """Assets behind the control API. Documents are REST objects: id, name, type, properties, systemData."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def get(self, kind: str, name: str, version: str = "", *, label: str = "latest") -> dict[str, Any]:
        """That version, or the one that the label stands for. Raises SpecError where there is none."""
        where = f"versions/{_quoted(version)}" if version else f"labels/{_quoted(label)}"
        return self._asked("GET", f"{_path(kind, name)}/{where}")

    def put(self, kind: str, name: str, version: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The version that was made, or that was there with the same content; without one, the next number."""
        where, method = (f"versions/{_quoted(version)}", "PUT") if version else ("versions", "POST")
        return self._asked(method, f"{_path(kind, name)}/{where}", {"properties": properties})

    def list(self, kind: str, name: str = "", *, archived: str = "no") -> list[dict[str, Any]]:
        """The names of a kind, or the versions of one; `archived` is no, only or too."""
        path = f"{_path(kind, name)}/versions" if name else f"assets/{_quoted(kind)}"
        found = self._control.request("GET", path, params={"archived": archived}).json()["value"]
        return list(found)

    def container(self, kind: str, name: str) -> dict[str, Any]:
        """What there is of one name: its newest version, and the next."""
        return self._asked("GET", _path(kind, name))

    def archive(self, kind: str, name: str, version: str = "", *, restore: bool = False) -> dict[str, Any]:
        """Archive a version, or all of that name; or restore it."""
        verb = "restore" if restore else "archive"
        return self._asked("POST", f"{_path(kind, name)}/{verb}", {"version": version})

    def lineage(self, kind: str, name: str, version: str, *, depth: int = 1000) -> dict[str, Any]:
        """What it was made from (`upstream`) and what came of it (`downstream`), as links.

        Models that MLflow has registered from a step's run are in there, as far as the asker may see them.
        """
        path = f"{_path(kind, name)}/versions/{_quoted(version)}/lineage"
        return self._with_models(self._control.request("GET", path, params={"depth": depth}).json())

    def lineage_of_model(self, name: str, version: str) -> dict[str, Any]:
        """The same of a version in MLflow's registry, by the step whose run it was registered from."""
        params: dict[str, str | int] = {"name": name, "version": version}
        found = self._control.request("GET", f"{_MLFLOW}/model-versions/get", params=params).json()["model_version"]
        return self._with_models(self._asked("GET", f"lineage/runs/{_quoted(found.get('run_id', '') or '-')}"))

    def _with_models(self, found: dict[str, Any]) -> dict[str, Any]:
        links = found["downstream"]
        nodes = [found["start"], *(link["to"] for link in links)]
        # A model that is an asset too is one thing, with one number.
        told = {(node["name"], node["version"]) for node in nodes if node["kind"] == "models"}
        for step in {node["run_id"]: node for node in nodes if node.get("run_id")}.values():
            params = {"filter": f"run_id = '{step['run_id']}'"}
            answer = self._control.request("GET", f"{_MLFLOW}/model-versions/search", params=params).json()
            for one in answer.get("model_versions", []):
                model = {"kind": "registered-model", "name": one["name"], "version": one["version"]}
                if (one["name"], one["version"]) not in told:
                    links.append({"from": step, "to": model, "port": ""})
        return found

    def download(self, kind: str, name: str, version: str, folder: Path) -> Iterator[Path]:
        """Fetch the files of a version below a folder, each as it is there."""
        wanted = version or self.get(kind, name)["name"]
        path = f"{_path(kind, name)}/versions/{_quoted(wanted)}/files"
        listing = self._asked("GET", path)
        for one in listing["files"]:
            target = folder / (one["path"] or listing["name"])
            if not target.resolve().is_relative_to(folder.resolve()):
                raise SourceError(Fault(str(target), "leads out of the folder", "look at what the platform serves"))
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_name(f".{target.name}.part")
            with draft.open("wb") as file:
                file.writelines(self._control.pieces(f"{path}/{quote(one['path'])}"))
            draft.replace(target)
            yield target

    def _asked(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        return dict(self._control.request(method, path, json=body).json())


def _path(kind: str, name: str) -> str:
    return f"assets/{_quoted(kind)}/{_quoted(name)}"


def _quoted(text: str) -> str:
    return quote(text, safe="")
