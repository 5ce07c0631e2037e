"""Where a model version comes from: the run or logged model that its source lies in, and so who made it."""

import re
from collections.abc import Mapping
from typing import Final

import anyio.to_thread

from cloister.errors import Fault, SpecError
from cloister.gateway.mlflow.lookup import Lookup
from cloister.gateway.mlflow.resources import owner_of_artifact
from cloister.gateway.rights.makers import Makers

# What MLflow's client gives as the source of a prompt, which is a registered model without files
# (mlflow 3.17.2, prompt/constants.py).
_PROMPT_SOURCES: Final = frozenset({"dummy-source", "prompt-template"})
# Letters that one reader takes for the end of a path, another decodes, and a third takes for a separator.
_UNCLEAR: Final = re.compile(r"[?#%\\]|//|(?:^|/)\.\.?(?:/|$)")
_LOGGED_MODEL: Final = re.compile(r"models:/(m-[0-9a-f]+)(?:/.*)?")
_RUN: Final = re.compile(r"runs:/([0-9A-Za-z]+)/.+")
_VERSION: Final = re.compile(r"models:/([^/@]+)/([0-9]+)")
_ARTIFACT: Final = "mlflow-artifacts:/"
_LONGEST_CHAIN: Final = 10

Maker = tuple[str, str]


async def origins(source: str, run_id: str, model_id: str, lookup: Lookup) -> frozenset[Maker] | None:
    """The runs and logged models (kind and id) that a version was made from; None where the source tells none.

    What the request claims (run_id, model_id) is added to what the source says, and never replaces it: a claim could
    name somebody else's run to get past the separation of duties.
    """
    found = {("run", run_id)} if run_id else set()
    if model_id:
        found.add(("logged-model", model_id))
    for _ in range(_LONGEST_CHAIN):
        if (direct := _origin(source)) is not None:
            return frozenset({*found, direct})
        copied = _VERSION.fullmatch(source)
        version = await lookup.version(copied[1], copied[2]) if copied else None
        if version is None:
            return None
        source = _text(version, "source")
    return None


def _origin(source: str) -> Maker | None:
    if _UNCLEAR.search(source):
        return None
    if found := _LOGGED_MODEL.fullmatch(source):
        return "logged-model", found[1]
    if found := _RUN.fullmatch(source):
        return "run", found[1]
    path = source.removeprefix(_ARTIFACT)
    if path == source or path.startswith("/"):
        return None
    owner = owner_of_artifact(path)
    return (owner[1], owner[2]) if owner and owner[1] != "trace" else None


async def check_source(document: Mapping[str, object], lookup: Lookup) -> frozenset[Maker]:
    """What a version that is about to be registered comes from. Raises SpecError on a source outside of the platform.

    MLflow would fetch a version's files from wherever its source points, so only the platform's own places will do.
    """
    source = _text(document, "source")
    if source in _PROMPT_SOURCES:
        return frozenset()
    found = await origins(source, _text(document, "run_id"), _text(document, "model_id"), lookup)
    if found is None:
        mend = (
            "register from runs:/RUN/path, models:/MODEL_ID, models:/NAME/VERSION or mlflow-artifacts:/EXPERIMENT/..."
        )
        raise SpecError(Fault(f'source "{source}"', "is not a place of this platform", mend))
    return found


async def parts_of_version(name: str, version: str, lookup: Lookup, makers: Makers) -> frozenset[Maker] | None:
    """The runs and logged models that the version comes from; None where that is not known.

    Its files lie where MLflow put them down when it was registered, and that place counts. Its source is only a name:
    the version that it names may have been deleted and made anew from something else. So what was recorded when it
    was registered counts as well, and what it claims.
    """
    found = await lookup.version(name, version)
    if found is None:
        return None
    if _text(found, "source") in _PROMPT_SOURCES:
        return frozenset({("model-version", f"{name}/{version}")})
    where = await lookup.place_of_version(name, version)
    place = _origin(where)
    recorded = await anyio.to_thread.run_sync(makers.origins, name, version)
    if place is None or not recorded:
        return None
    claimed = {("run", _text(found, "run_id")), ("logged-model", _text(found, "model_id"))}
    return frozenset({place, *recorded, *(part for part in claimed if part[1]), *await _named_by(where, lookup)})


async def _named_by(where: str, lookup: Lookup) -> frozenset[Maker]:
    """The logged models whose files a client takes for those of `runs:/RUN/NAME/...`, over the run's own.

    So does mlflow 3.17.2, store/artifact/runs_artifact_repo.py.
    """
    if not _RUN.fullmatch(where):
        return frozenset()
    _, run, name, *_ = where.split("/")
    return frozenset(("logged-model", one) for one in await lookup.logged_models_of_run(run, name))


async def record_origins(version: str, judged: frozenset[Maker], lookup: Lookup, makers: Makers) -> None:
    """Record what a version (`name/number`) that was just registered was made from: as it was judged, and as it is."""
    name, _, number = version.rpartition("/")
    place = _origin(await lookup.place_of_version(name, number))
    parts = judged | ({place} if place else frozenset())
    await anyio.to_thread.run_sync(makers.add_origins, name, number, parts)


async def makers_of(parts: frozenset[Maker] | None, makers: Makers) -> frozenset[str] | None:
    """Everybody who made one of the parts; None where that is not known of every part."""
    everybody: set[str] = set()
    for kind, identity in sorted(parts or ()):
        persons = await anyio.to_thread.run_sync(makers.of, kind, identity)
        if not persons:
            return None
        everybody |= persons
    return frozenset(everybody) or None


def _text(document: Mapping[str, object], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""
