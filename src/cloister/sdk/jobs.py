"""Jobs from Python: created, followed, shown, changed, cancelled, fetched."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx

from cloister.errors import Fault, SourceError, SpecError
from cloister.loopback import http_client
from cloister.sdk.authoring import Authored, Source, authored
from cloister.sdk.control import ControlClient, error_of
from cloister.sdk.values import Job, JobFile, Seen

_POLL_SECONDS: Final = 0.3
_PATIENCE_SECONDS: Final = 30.0
_UPLOAD_SECONDS: Final = 600.0


def ignore(_seen: Seen) -> None:
    """See nothing of it."""


class Jobs:
    """The jobs of a platform, as whoever is logged in may see them."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def create(self, source: Source, *, name: str = "", overrides: Mapping[str, object] | None = None) -> Job:
        """Submit a job from its YAML file, or from a job of azure.ai.ml. Raises SpecError with every fault."""
        from cloister.sdk.components import RegisteredComponents  # noqa: PLC0415 - the light calls must not load it

        values = {**(overrides or {}), **({"name": name} if name else {})}
        with (
            RegisteredComponents(lambda: nullcontext(self._control)) as known,
            authored(source, values, registered=known) as loaded,
        ):
            return self.submit(loaded)

    def submit(self, loaded: Authored) -> Job:
        """Submit a job that was loaded before."""
        body = {"plan": loaded.document, "snapshot": self.upload(loaded)}
        return Job.of(self._control.request("POST", "jobs", json=body).json())

    def upload(self, loaded: Authored) -> str:
        """Send the files along; returns the hash of the snapshot."""
        who = self._control.credentials
        with tempfile.TemporaryFile() as file:
            loaded.pack(file)
            file.seek(0)
            try:
                with http_client(who.url, token=who.token, timeout_seconds=_UPLOAD_SECONDS) as http:
                    answer = http.put("/cloister/v1/jobs/snapshots", content=file)
            except httpx.TransportError as error:
                fault = Fault(who.url, f"did not take the snapshot: {error}", "look at it: cloister status")
                raise SourceError(fault) from error
        if not answer.is_success:
            raise error_of(answer, thing="snapshot")
        return str(answer.json()["snapshot"])

    def show(self, name: str) -> Job:
        """The job of that name."""
        return Job.of(self._control.request("GET", _path(name)).json())

    def list(
        self,
        *,
        limit: int = 50,
        statuses: Sequence[str] = (),
        experiment: str = "",
        submitter: str = "",
        tags: Sequence[str] = (),
        archived: str = "no",
    ) -> tuple[Job, ...]:
        """The newest jobs that may be seen. `tags` are `KEY` or `KEY=VALUE`; `archived` is no, only or too."""
        asked = [("limit", str(limit)), ("archived", archived)]
        asked += [("status", status) for status in statuses] + [("tag", tag) for tag in tags]
        asked += [(key, value) for key, value in (("experiment", experiment), ("submitter", submitter)) if value]
        query = "&".join(f"{key}={quote(value, safe='')}" for key, value in asked)
        return tuple(Job.of(one) for one in self._control.request("GET", f"jobs?{query}").json()["jobs"])

    def stream(self, name: str, look: Callable[[Seen], None] = ignore) -> Job:
        """The job once it has ended; `look` sees on the way where it stands and what its steps print.

        A platform that answers no more is waited for, for half a minute; what was seen is not seen again.
        """
        offsets: dict[str, int] = {}
        patience_seconds = 0.0
        while True:
            answer = self._followed(name, offsets, patience_seconds)
            patience_seconds = _PATIENCE_SECONDS
            printed, job = answer["printed"], Job.of(answer["job"])
            offsets |= {step: piece["next_offset"] for step, piece in printed.items()}
            is_last = job.is_finished and not answer["more"]
            texts = {step: piece["text"] for step, piece in printed.items() if piece["text"]}
            look(Seen(job, texts, frozenset(step for step, piece in printed.items() if is_last or piece["complete"])))
            if is_last:
                return job
            if not answer["more"]:
                time.sleep(_POLL_SECONDS)

    def _followed(self, name: str, offsets: Mapping[str, int], patience_seconds: float) -> dict[str, Any]:
        give_up = time.monotonic() + patience_seconds
        while True:
            try:
                answer = self._control.request("POST", f"{_path(name)}/follow", json={"offsets": offsets})
            except SourceError:
                if time.monotonic() >= give_up:
                    raise
                time.sleep(_POLL_SECONDS)
            else:
                found: dict[str, Any] = answer.json()
                return found

    def cancel(self, name: str) -> Job:
        """Cancel a job; what it runs is ended."""
        return Job.of(self._control.request("POST", f"{_path(name)}/cancel").json())

    def archive(self, name: str) -> Job:
        """Leave a job that is over out of lists."""
        return self._change(name, {"archived": True})

    def restore(self, name: str) -> Job:
        """Let lists show an archived job again."""
        return self._change(name, {"archived": False})

    def update(
        self,
        name: str,
        *,
        display_name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        untag: Sequence[str] = (),
    ) -> Job:
        """Change what is told of a job; tags are added, those of `untag` taken away."""
        change: dict[str, object] = {"tags": [list(tag) for tag in (tags or {}).items()], "untag": list(untag)}
        given = {"display_name": display_name, "description": description}
        return self._change(name, change | {key: value for key, value in given.items() if value is not None})

    def _change(self, name: str, change: Mapping[str, object]) -> Job:
        return Job.of(self._control.request("PATCH", _path(name), json=change).json())

    def log(self, name: str, step: str, *, follow: bool = False) -> Iterator[str]:
        """What a step printed, piece by piece; to its end where it is to be followed."""
        offset = 0
        while True:
            piece = self._log(name, step, offset)
            if piece["text"]:
                yield piece["text"]
            is_still = piece["next_offset"] == offset
            if piece["complete"] or (is_still and not follow):
                return
            if is_still:
                time.sleep(_POLL_SECONDS)
            offset = piece["next_offset"]

    def _log(self, name: str, step: str, offset: int) -> dict[str, Any]:
        address = f"{_path(name)}/logs/{quote(step, safe='')}"
        piece: dict[str, Any] = self._control.request("GET", address, params={"offset": offset}).json()
        return piece

    def files(self, name: str) -> tuple[JobFile, ...]:
        """The files of a job that can be fetched: outputs, what its steps left to be kept, logs."""
        return tuple(JobFile(**one) for one in self._control.request("GET", f"{_path(name)}/files").json()["files"])

    def download(self, name: str, folder: Path, *, output: str = "") -> tuple[Path, ...]:
        """Fetch the files of a job below a folder, or those of one output: of the job, or as `STEP.OUTPUT`.

        Raises SpecError where there is none such.
        """
        below = self._below(name, output) if output else ""
        wanted = [one.path for one in self.files(name) if _lies(one.path, below)]
        if not wanted:
            what = f'output "{output}" of job "{name}"' if output else f'job "{name}"'
            raise SpecError(Fault(what, "has no files yet", "see where it stands: cloister job show"))
        return tuple(self._fetch(name, path, folder / _kept(path, below)) for path in wanted)

    def _below(self, name: str, output: str) -> str:
        """Where the files of an output lie."""
        named = self.show(name).document["outputs"]
        if output in named:
            return f"{named[output]['step']}/outputs/{named[output]['output']}"
        step, _, last = output.rpartition(".")
        if not step:
            known = ", ".join(named) or "none; give STEP.OUTPUT"
            raise SpecError(Fault(f'job "{name}"', f'has no output "{output}"', f"its outputs are {known}"))
        return f"{step}/outputs/{last}"

    def _fetch(self, name: str, path: str, target: Path) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.part")
        try:
            with draft.open("wb") as file:
                for piece in self._control.pieces(f"{_path(name)}/files/{quote(path)}"):
                    file.write(piece)
            draft.replace(target)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
        return target


def _lies(path: str, below: str) -> bool:
    return not below or path == below or path.startswith(f"{below}/")


def _kept(path: str, below: str) -> str:
    """Where a fetched file goes: by its whole path, or by what follows the output's name, the name included."""
    return path if not below else path[below.rfind("/") + 1 :]


def _path(name: str) -> str:
    return f"jobs/{quote(name, safe='')}"
