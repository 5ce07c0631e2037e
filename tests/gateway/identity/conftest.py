"""An issuer on loopback that says whatever a test wants, true or not, and counts how often it is asked."""

import base64
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from joserfc import jws
from joserfc.jwk import Key, RSAKey
from joserfc.jws import JWSRegistry

Answer = tuple[int, object]


class _Anything(JWSRegistry):
    max_header_length = 100_000

    def get_alg(self, name: str) -> object:  # type: ignore[override]  # the library's own type is not public
        return self.algorithms[name]

    def check_header(self, header: dict[str, object]) -> None:
        """Forgers keep to no rules."""


@dataclass
class IssuerServer:
    """Its keys, what it answers by path, and which paths were asked for how often."""

    url: str
    key: RSAKey
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: "Counter[str]" = field(default_factory=Counter)
    # What comes of a code that is handed in: made from the form's fields.
    redeem: Callable[[Mapping[str, str]], Answer] = lambda _fields: (400, {"error": "invalid_grant"})

    def publish(self, *keys: Key | Mapping[str, object]) -> None:
        """Publish these keys, and the discovery document."""
        listed = [dict(key) if isinstance(key, Mapping) else key.as_dict(private=False) for key in keys]
        self.answers["/jwks"] = 200, {"keys": listed}
        self.answers["/.well-known/openid-configuration"] = 200, self.document()

    def sign(self, claims: object, key: Key | None = None, **header: object) -> str:
        """A token, signed as its header says; with `alg` "none" it has no signature. None leaves a header out."""
        key = key or self.key
        stated = {"alg": "RS256", "typ": "JWT", "kid": key.kid} | header
        head = {name: value for name, value in stated.items() if value is not None}
        payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        if head["alg"] == "none":
            return f"{self.encode(json.dumps(head).encode())}.{self.encode(payload)}."
        return jws.serialize_compact(head, payload, key, registry=_Anything(strict_check_header=False))

    @staticmethod
    def encode(text: bytes) -> str:
        """Base64 as tokens have it."""
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()

    def document(self, **more: object) -> dict[str, object]:
        """The discovery document."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks",
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "end_session_endpoint": f"{self.url}/end",
        } | more


@pytest.fixture(scope="session")
def issuer_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one"})


@pytest.fixture
def issuer_server(issuer_key: RSAKey) -> Iterator[IssuerServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(issuing.answers.get(self.path.partition("?")[0], (404, {})))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            fields = {name: values[0] for name, values in parse_qs(body).items()}
            self.answer(issuing.redeem(fields | {"authorization": self.headers.get("authorization", "")}))

        def answer(self, answer: Answer) -> None:
            issuing.asked[self.path.partition("?")[0]] += 1
            status, document = answer
            text = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("location", "http://127.0.0.1:9/")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            with suppress(BrokenPipeError):  # who asks has had enough
                self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuing = IssuerServer(f"http://127.0.0.1:{server.server_port}", issuer_key)
        issuing.publish(issuer_key)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield issuing
        server.shutdown()
        thread.join()
