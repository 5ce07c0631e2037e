"""A body of which a signature told beforehand what it is.

Its last piece is handed on only once the digest over all of it is the one that was told. So a body that is read whole
is never looked at, and one that streams to MLflow never comes to its end there, unless it is the one that was signed.
"""

import hashlib
import hmac
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloister.access.sigv4 import EMPTY_SHA256, SCHEME, UNSIGNED
from cloister.errors import Fault
from cloister.gateway.faults import UnauthenticatedError

# Where a scope keeps the digest that its body is held to.
PROMISED: Final = "cloister.promised"


class Promised:
    """The messages of a request whose body must be the one of a digest."""

    def __init__(self, receive: Receive, body_sha256: str) -> None:
        self._receive = receive
        self._promised = body_sha256
        self._digest = hashlib.sha256()
        self._held = b""
        self._ended = False

    async def __call__(self) -> Message:
        """The next message. Raises UnauthenticatedError in place of the last one where the body is another."""
        while not self._ended:
            message = await self._receive()
            if message["type"] != "http.request":
                self._ended = True
                return message
            piece = message.get("body", b"")
            self._digest.update(piece)
            if not message.get("more_body", False):
                self._ended = True
                self._check()
                return {"type": "http.request", "body": self._held + piece, "more_body": False}
            if piece:
                held, self._held = self._held, piece
                if held:
                    return {"type": "http.request", "body": held, "more_body": True}
        return await self._receive()

    def _check(self) -> None:
        if not hmac.compare_digest(self._digest.hexdigest(), self._promised):
            mend = "sign the bytes that are sent; MLflow's own client signs no body of a GET"
            raise UnauthenticatedError(Fault("signed request", "has another body than the one that was signed", mend))


class PromisedBodies:
    """Holds every signed request to its body, before whatever reads it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        headers = dict(scope.get("headers", ()))
        if headers.get(b"authorization", b"").startswith(SCHEME.encode()):
            told = headers.get(b"x-amz-content-sha256", EMPTY_SHA256.encode()).decode("latin-1")
            if told != UNSIGNED:
                scope[PROMISED] = told
                receive = Promised(receive, told)
        await self._app(scope, receive, send)
