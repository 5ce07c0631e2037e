"""The model registry, asked over HTTP through the gateway: versions, aliases, stages, and the files of a version.

Plain requests of MLflow's REST API and not MLflow's client, whose import takes seconds and 100 MB in a process that
routes requests.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from cloister.access.duties import Duties
from cloister.errors import Fault, RefusedError, SourceError
from cloister.loopback import http_client
from cloister.serving.errors import UnavailableError
from cloister.serving.safety import MANIFEST, check_model
from cloister.serving.values import ModelReference

_TIMEOUT_SECONDS = 60.0
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a registered model: its stage, and the aliases that point to it.

    A number that was deleted is given again; when it was created (ms since 1970) tells one such version from the other.
    """

    name: str
    version: str
    created_ms: int
    stage: str
    aliases: frozenset[str]

    def is_approved(self, duties: Duties) -> bool:
        """Whether an approver has moved it to production: to a stage or an alias that only approvers may set."""
        has_alias = bool(_folded(self.aliases) & _folded(duties.aliases))
        return self.stage.casefold() in _folded(duties.stages) or has_alias

    def __str__(self) -> str:
        return f'model "{self.name}" version {self.version}'


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


def check_approval(version: ModelVersion, duties: Duties) -> None:
    """Nothing for an approved version; RefusedError for any other."""
    if not version.is_approved(duties):
        reason = f"it is not approved: its stage is {version.stage or 'None'}, and no protected alias points to it"
        mend = (
            f"let a model approver approve it: cloister model approve --name {version.name} --version {version.version}"
        )
        raise RefusedError(Fault(str(version), reason, mend))


class Registry:
    """The registry behind the gateway at `url`; `token` gives a fresh bearer token for each request."""

    def __init__(self, url: str, token: Callable[[], str], transport: httpx.BaseTransport | None = None) -> None:
        self._token = token
        self._http = http_client(url, timeout_seconds=_TIMEOUT_SECONDS, transport=transport)

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def resolve(self, reference: ModelReference) -> ModelVersion:
        """The version that a reference points to now. Raises SourceError where there is none or nobody answers."""
        name, thing = reference.name, f'model "{reference}"'
        if reference.alias:
            found = self._ask("registered-models/alias", thing, name=name, alias=reference.alias)
        else:
            found = self._ask("model-versions/get", thing, name=name, version=reference.version)
        described = found["model_version"]
        aliases = frozenset(str(alias) for alias in described.get("aliases", ()))
        stage = str(described.get("current_stage", "None"))
        created_ms = int(described["creation_timestamp"])
        return ModelVersion(name, str(described["version"]), created_ms, stage, aliases | ({reference.alias} - {""}))

    def fetch(self, version: ModelVersion, models: Path) -> Path:
        """The folder with the version's files below `models`, fetched at most once: whole, checked and read-only."""
        folder, thing = models / version.name / f"{version.version}-{version.created_ms}", str(version)
        if (folder / MANIFEST).is_file():
            verify_files(folder, thing)
            return folder
        draft = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        try:
            hashes = dict(self._download(version, draft))
            check_model(draft, thing)
            (draft / MANIFEST).write_text(json.dumps(hashes, sort_keys=True), encoding="utf-8")
            for path in draft.rglob("*"):
                path.chmod(0o700 if path.is_dir() else 0o400)
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
        except OSError as error:
            reason = f"its files cannot be stored: {error.strerror or error}"
            raise SourceError(Fault(thing, reason, f"make room below {models}")) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return folder

    def _download(self, version: ModelVersion, draft: Path) -> Iterator[tuple[str, str]]:
        """Write every file of the version below `draft`; yields relative paths and SHA-256 sums."""
        thing = str(version)
        found = self._ask("model-versions/get-download-uri", thing, name=version.name, version=version.version)
        root = self._artifact_root(str(found.get("artifact_uri", "")), thing)
        for path in self._files(root, "", thing):
            target = draft / path
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            yield path, self._save(f"{root}/{path}", target, thing)

    def _artifact_root(self, uri: str, thing: str) -> str:
        """The path of an `mlflow-artifacts:/` URI; for MLflow 3's `models:/m-ID`, that of the logged model's files."""
        parts = urlsplit(uri)
        if parts.scheme == "models":
            logged = self._ask(f"logged-models/{quote(parts.path.strip('/'), safe='')}", thing)
            parts = urlsplit(str(logged["model"]["info"]["artifact_uri"]))
        if parts.scheme != "mlflow-artifacts":
            reason = f"its files lie at {parts.scheme or 'a bare path'}:, outside of the platform's artifact store"
            raise RefusedError(Fault(thing, reason, "log and register the model through the platform"))
        return parts.path.strip("/")

    def _files(self, root: str, below: str, thing: str) -> Iterator[str]:
        listed = self._get("mlflow-artifacts/artifacts", thing, path=f"{root}/{below}".rstrip("/"))
        for entry in listed.get("files", ()):
            name = str(entry["path"])
            path = f"{below}/{name}".lstrip("/")
            if name in ("", ".", "..") or len(PurePosixPath(name).parts) != 1 or path == MANIFEST:
                reason = f'its listing names the file "{name}"'
                raise RefusedError(Fault(thing, reason, "log the model anew; its files are not what they seem"))
            if entry.get("is_dir"):
                yield from self._files(root, path, thing)
            else:
                yield path

    def _save(self, path: str, target: Path, thing: str) -> str:
        digest = hashlib.sha256()
        address = f"/api/2.0/mlflow-artifacts/artifacts/{quote(path)}"
        try:
            with (
                self._http.stream("GET", address, headers=self._headers()) as answer,
                target.open("wb") as file,
            ):
                if answer.status_code != httpx.codes.OK:
                    answer.read()
                    raise _refusal(answer, thing)
                for chunk in answer.iter_bytes(_CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
        except httpx.HTTPError as error:
            raise _unreachable(thing, error) from error
        return digest.hexdigest()

    def _ask(self, route: str, thing: str, **query: str) -> dict[str, Any]:
        return self._get(f"mlflow/{route}", thing, **query)

    def _get(self, route: str, thing: str, **query: str) -> dict[str, Any]:
        try:
            answer = self._http.get(f"/api/2.0/{route}", params=query, headers=self._headers())
        except httpx.HTTPError as error:
            raise _unreachable(thing, error) from error
        if answer.status_code != httpx.codes.OK:
            raise _refusal(answer, thing)
        document = answer.json()
        if not isinstance(document, dict):
            raise SourceError(Fault(thing, "the registry's answer is no JSON object", "see the gateway's log"))
        return document

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token()}"}


def verify_files(folder: Path, thing: str) -> None:
    """Nothing, where every file is what was fetched. Raises SourceError where one was changed, added or lost."""
    try:
        expected = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        present = {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file() and path != folder / MANIFEST
        }
    except (OSError, ValueError) as error:
        raise SourceError(Fault(thing, f"its files cannot be read: {error}", f"remove {folder}")) from error
    if differing := sorted(dict(set(expected.items()) ^ set(present.items()))):
        reason = f"its files were changed after they were fetched: {', '.join(differing)}"
        raise SourceError(Fault(thing, reason, f"remove {folder}; it is fetched anew at the next start"))


def _unreachable(thing: str, error: httpx.HTTPError) -> UnavailableError:
    reason = f"the model registry does not answer: {error or type(error).__name__}"
    return UnavailableError(Fault(thing, reason, "see that the gateway runs: cloister status"))


def _refusal(answer: httpx.Response, thing: str) -> SourceError | RefusedError:
    """The registry's own words, as far as it has any: MLflow says `message`, the gateway says `faults`."""
    try:
        document = answer.json()
        fault: dict[str, str] = (document.get("faults") or ({},))[0]
        told = str(document.get("message") or fault.get("reason") or "no reason given")
        mend = str(fault.get("mend") or "see that the model is registered: cloister model list")
    except (ValueError, AttributeError, LookupError, TypeError):
        told, mend = "no reason given", "see the gateway's log"
    reason = f"the model registry answers {answer.status_code}: {told}"
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return RefusedError(Fault(thing, reason, mend))
    if answer.is_server_error:
        return UnavailableError(Fault(thing, reason, mend))
    return SourceError(Fault(thing, reason, mend))
