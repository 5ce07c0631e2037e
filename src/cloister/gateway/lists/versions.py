"""Answers about one registered model: without the versions and aliases that the caller may not read."""

import json
from collections.abc import Mapping
from typing import Final

from cloister.access.decision import Breadth
from cloister.gateway.lists.listings import LISTINGS
from cloister.gateway.lists.rows import Rows, is_named
from cloister.gateway.mlflow.answered import read_answer, unreadable
from cloister.gateway.mlflow.prompts import kinds_of
from cloister.gateway.rights.asking import Asker

READ: Final = "mlflow:GetModelVersion"
_VERSIONS: Final = LISTINGS["model_versions"]


async def readable(body: bytes, rows: Rows, asker: Asker) -> bytes:
    """MLflow's answer with those versions alone that the asker may read."""
    if {asker.breadth(READ, kind) for kind in kinds_of(_VERSIONS.kind)} == {Breadth.ALL}:
        return body
    document = read_answer(body)
    model = document.get("registered_model")
    if isinstance(model, Mapping):
        [document["registered_model"]] = await rows.with_versions_shown([model], asker, READ)
    if "model_versions" in document:
        document["model_versions"] = await _readable(document["model_versions"], rows, asker)
    return json.dumps(document, separators=(",", ":")).encode()


async def _readable(versions: object, rows: Rows, asker: Asker) -> list[object]:
    if not isinstance(versions, list) or not all(is_named(row, _VERSIONS) for row in versions):
        raise unreadable()
    allowed = await rows.shown(versions, _VERSIONS, READ, asker)
    return [row for row, is_shown in zip(versions, allowed, strict=True) if is_shown]
