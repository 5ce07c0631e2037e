"""Around everything: each request is counted, timed and, where somebody collects, traced."""

import time
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloister.gateway.watching.counting import answers, on_their_way, seconds
from cloister.gateway.watching.tracing import Tracing, note, side_of

# Where no answer was begun: the caller went away (a status of nginx, not of HTTP).
_GONE = 499


@dataclass(frozen=True, slots=True)
class Observed:
    """The application, observed. A request counts when its answer has ended, whatever became of it."""

    app: ASGIApp
    tracing: Tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        side, began, status = side_of(scope), time.perf_counter(), _GONE

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        on_their_way(side).inc()
        try:
            with self.tracing.span(scope):
                await self.app(scope, receive, watched)
                note({"http.response.status_code": status})
        finally:
            on_their_way(side).dec()
            answers(side, status).inc()
            seconds(side).observe(time.perf_counter() - began)
