"""The way to the control API: one small HTTP client whose refusals come back as our own errors."""

import os
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import IO, Self

import httpx

from cloister.client.stored import Credentials, read_credentials
from cloister.errors import CloisterError, Fault, InternalError, RefusedError, SourceError, SpecError
from cloister.loopback import http_client

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
        content: bytes | None = None,
    ) -> httpx.Response:
        """The answer, if it is a good one; otherwise the faults that the platform told, raised as our own error."""
        target = path if path.startswith("/") else _PREFIX + path
        try:
            answer = self._http.request(
                method, target, json=json, files=files, data=data, params=params, content=content
            )
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

    def pieces(self, path: str) -> Iterator[bytes]:
        """The answer's body as it comes; raises as `lines` does."""
        target = _PREFIX + path
        try:
            with self._http.stream("GET", target) as answer:
                if not answer.is_success:
                    answer.read()
                    raise error_of(answer, thing=f"GET {target}")
                yield from answer.iter_bytes()
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
