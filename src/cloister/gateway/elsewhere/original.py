"""The request that a proxy holds while it asks, made out of what the proxy tells of it.

nginx (ngx_http_auth_request_module, nginx.org/en/docs/http) asks with a GET and tells method and target in headers that
its configuration sets; it never shows a body. Envoy (HTTP filter ext_authz, service over HTTP, envoyproxy.io/docs,
version 1.40) asks with the method, the path below a prefix, and the body, as far as it is told to.
Read 2026-11-26.
"""

from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

from cloister.errors import Fault, SpecError

ENVOY_PREFIX: Final = "/cloister/v1/authz"
_LENGTHS: Final = '"$http_content_length|$http_transfer_encoding"'
# What the proxy says to us, and what is about the asking itself: none of it is the caller's.
_PROXYS_OWN: Final = frozenset(
    {
        b"x-original-method",
        b"x-original-uri",
        b"x-original-body",
        b"x-cloister-body",
        b"x-real-ip",
        b"x-forwarded-for",
        b"x-envoy-auth-partial-body",
        b"content-length",
        b"transfer-encoding",
    }
)


@dataclass(frozen=True, slots=True)
class Original:
    """The request as the gateway would have received it.

    `shown`: the asking request carries the body. Otherwise `declared` says whether the original has one, unseen here.
    """

    scope: Scope
    shown: bool
    declared: bool


def of_nginx(scope: Scope) -> Original:
    """What nginx asks about. Raises SpecError where its configuration leaves something out."""
    headers = _headers(scope)
    method = _told(headers, "x-original-method", "$request_method")
    target = _told(headers, "x-original-uri", "$request_uri")
    length, bar, encoding = _told(headers, "x-original-body", _LENGTHS).partition("|")
    if not bar:
        raise _unset(name="x-original-body", variable=_LENGTHS)
    declared = length not in ("", "0") or encoding != ""
    return Original(_scope(scope, method, target.encode("latin-1"), headers, extra=[]), shown=False, declared=declared)


def of_envoy(scope: Scope) -> Original:
    """What Envoy asks about. Raises SpecError where only a part of the body is shown."""
    headers = _headers(scope)
    if headers.get("x-envoy-auth-partial-body", "false") != "false":
        mend = "raise max_request_bytes of ext_authz, and do not allow partial messages"
        raise SpecError(Fault("body", "only a part of it is shown", mend))
    raw = scope.get("raw_path") or scope["path"].encode()
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    shown = headers.get("x-cloister-body") == "shown"
    own = (b"content-length", b"transfer-encoding")
    extra = [pair for pair in scope["headers"] if pair[0].lower() in own] if shown else []
    target = raw.removeprefix(ENVOY_PREFIX.encode()) + query
    return Original(_scope(scope, scope["method"], target, headers, extra), shown=shown, declared=not shown)


def _scope(
    asking: Scope, method: str, target: bytes, headers: dict[str, str], extra: list[tuple[bytes, bytes]]
) -> Scope:
    raw_path, _, query = target.partition(b"?")
    kept = [pair for pair in asking["headers"] if pair[0].lower() not in _PROXYS_OWN]
    source = _source(headers) or (asking.get("client") or ("-", 0))[0]
    return {
        **asking,
        "method": method,
        "path": raw_path.decode("latin-1"),
        "raw_path": raw_path,
        "query_string": query,
        "headers": [*kept, *extra],
        "client": (source, 0),
    }


def _source(headers: dict[str, str]) -> str:
    """Where the caller is, as the proxy saw it: the last address of the list is the one that the proxy added."""
    return headers.get("x-real-ip") or headers.get("x-forwarded-for", "").rpartition(",")[2].strip()


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1").lower()
        if name in found and raw_name.lower() in _PROXYS_OWN:
            reason = "stands twice, so the proxy does not replace what the caller sends"
            raise SpecError(Fault(f"header {name}", reason, "set it in the proxy's configuration: docs/elsewhere.md"))
        found[name] = raw_value.decode("latin-1")
    return found


def _told(headers: dict[str, str], name: str, variable: str) -> str:
    if name not in headers:
        raise _unset(name=name, variable=variable)
    return headers[name]


def _unset(*, name: str, variable: str) -> SpecError:
    mend = f"write into nginx's configuration: proxy_set_header {name.title()} {variable};"
    return SpecError(Fault(f"header {name}", "is not set as it should be by the proxy", mend))
