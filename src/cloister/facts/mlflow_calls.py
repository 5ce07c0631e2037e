"""The calls of MLflow's REST API, read off its routes: which of them change something."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_READING = ("Get", "Search", "List", "Download")
_API = "{api}"
_SECOND = "/2.0/mlflow/"


@dataclass(frozen=True, slots=True)
class MlflowCall:
    """A call by its method and path from the root, such as POST /api/2.0/mlflow/runs/search."""

    method: str
    path: str
    action: str

    @property
    def reads(self) -> bool:
        """Whether it only reads."""
        return self.action.partition(":")[2].startswith(_READING)


@cache
def mlflow_calls() -> tuple[MlflowCall, ...]:
    """The calls of version 2.0 of the API, which every client from 1.30 on makes, without those with names in paths."""
    text = files("cloister.facts").joinpath("mlflow_routes.tsv").read_text(encoding="utf-8")
    rows = [
        line.split("\t") for line in text.splitlines() if line.startswith(("GET", "POST", "PUT", "PATCH", "DELETE"))
    ]
    return tuple(
        MlflowCall(method, f"/api{path.removeprefix(_API)}", action)
        for method, path, action, *_ in rows
        if path.startswith(f"{_API}{_SECOND}") and "{" not in path.removeprefix(_API)
    )
