"""The verbs' way to the control API: one small HTTP client whose refusals come back as our own errors.

Where the platform is and who asks come from the environment (`CLOISTER_URL`, `CLOISTER_TOKEN`) or from the file that
`cloister login` writes. A token goes only to the address that it was issued for.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx

from cloister.errors import CloisterError, Fault, InternalError, RefusedError, SourceError, SpecError
from cloister.loopback import http_client

DEFAULT_URL = "http://127.0.0.1:5000"
_PREFIX = "/cloister/v1/"
_LOG_IN = "log in: cloister login (or set CLOISTER_TOKEN)"
# Which error a status stands for: who has to act. Everything that is not listed is ours.
_ERRORS: dict[int, type[CloisterError]] = {
    400: SpecError,
    401: RefusedError,
    403: RefusedError,
    404: SpecError,
    409: SpecError,
    413: SpecError,
    415: SpecError,
    422: SpecError,
    429: SourceError,
    502: SourceError,
    503: SourceError,
    504: SourceError,
    507: SourceError,
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where the platform is, and the bearer token of whoever asks (empty: nobody is logged in)."""

    url: str
    token: str = ""
    user: str = ""


def credentials_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where `cloister login` keeps the token: below XDG_CONFIG_HOME, or ~/.config."""
    base = environment.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "cloister" / "credentials.json"


def read_credentials(environment: Mapping[str, str] = os.environ) -> Credentials:
    """The credentials to use: environment first, then the file; a file that others can read is refused."""
    stored = _stored(credentials_file(environment))
    url = (environment.get("CLOISTER_URL") or (stored.url if stored else DEFAULT_URL)).rstrip("/")
    if token := environment.get("CLOISTER_TOKEN"):
        return Credentials(url, token)
    return stored if stored and stored.url == url else Credentials(url)


def write_credentials(credentials: Credentials, path: Path) -> None:
    """Keep the credentials in a file of mode 0600 that is replaced as a whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(credentials), file)
    draft.replace(path)


def _stored(path: Path) -> Credentials | None:
    try:
        text = path.read_text(encoding="utf-8")
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        fault = Fault(str(path), f"cannot be read: {error.strerror}", "make it readable for you, or log in anew")
        raise SourceError(fault) from error
    if mode & 0o077:
        fault = Fault(str(path), "others can read the token in it", f"chmod 600 {path}, then: cloister login")
        raise SourceError(fault)
    try:
        stored = Credentials(**json.loads(text))
    except (TypeError, ValueError) as error:
        fault = Fault(str(path), "is not a credentials file", f"remove it ({path}), then: cloister login")
        raise SourceError(fault) from error
    return stored


class ControlClient:
    """An HTTP client of the control API; paths are relative to `/cloister/v1/` unless they start with a slash."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        timeout_seconds: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.credentials = credentials
        self._http = http_client(
            credentials.url, token=credentials.token, timeout_seconds=timeout_seconds, transport=transport
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        files: Mapping[str, tuple[str, IO[bytes] | bytes]] | None = None,
        data: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> httpx.Response:
        """The answer, if it is a good one; otherwise the faults that the platform told, raised as our own error."""
        target = path if path.startswith("/") else _PREFIX + path
        try:
            answer = self._http.request(method, target, json=json, files=files, data=data, params=params)
        except httpx.HTTPError as error:
            raise _unreachable(self.credentials.url, error) from error
        if answer.is_success:
            return answer
        raise error_of(answer, thing=f"{method} {target}")

    def lines(self, path: str, *, params: Mapping[str, str | int]) -> Iterator[str]:
        """The answer line by line, as it comes; raises as `request` does, and where it breaks off."""
        target = _PREFIX + path
        try:
            with self._http.stream("GET", target, params=params) as answer:
                if not answer.is_success:
                    answer.read()
                    raise error_of(answer, thing=f"GET {target}")
                yield from answer.iter_lines()
        except httpx.HTTPError as error:
            raise _unreachable(self.credentials.url, error) from error

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def client(environment: Mapping[str, str] = os.environ) -> ControlClient:
    """A client for whoever is logged in; raises where nobody is."""
    credentials = read_credentials(environment)
    if not credentials.token:
        raise RefusedError(Fault(credentials.url, "nobody is logged in there", _LOG_IN))
    return ControlClient(credentials)


def error_of(answer: httpx.Response, *, thing: str) -> CloisterError:
    """The error that an answer other than a success stands for, with the faults that it tells."""
    kind = _ERRORS.get(answer.status_code, InternalError)
    return kind(_faults(answer) or (_bare_fault(answer.status_code, thing),))


def _faults(answer: httpx.Response) -> tuple[Fault, ...]:
    """The faults of the API's error document; none where the body is something else."""
    try:
        return tuple(Fault(str(f["thing"]), str(f["reason"]), str(f["mend"])) for f in answer.json()["faults"])
    except (ValueError, KeyError, TypeError):
        return ()


def _bare_fault(status: int, thing: str) -> Fault:
    if status == httpx.codes.UNAUTHORIZED:
        return Fault(thing, "the token was not accepted", _LOG_IN)
    return Fault(thing, f"was answered with status {status}", "look into logs/gateway.log of the platform's home")


def _unreachable(url: str, error: httpx.HTTPError) -> SourceError:
    if isinstance(error, httpx.ConnectError):
        return SourceError(Fault(url, "nothing answers there", "start it: cloister up (or set CLOISTER_URL)"))
    if isinstance(error, httpx.TimeoutException):
        return SourceError(Fault(url, "gave no answer in time", "look at it: cloister status"))
    return SourceError(Fault(url, f"broke off: {error}", "look at it: cloister status"))
