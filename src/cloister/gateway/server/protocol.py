"""HTTP/1.1 with bounds: a head that does not end and a body that stops coming cost neither memory nor time.

uvicorn's parser (httptools) takes heads of any size and waits for ever; behind these bounds it is the same.
"""

from asyncio import TimerHandle, Transport
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cloister.gateway.server.limits import Limits

_TOO_LARGE: Final = (431, "Request Header Fields Too Large")
_LINGER_SECONDS: Final = 1.0
_TOO_SLOW: Final = (408, "Request Timeout")


class BoundedHttp(HttpToolsProtocol):
    """One connection."""

    def __init__(self, limits: Limits, **given: Any) -> None:  # noqa: ANN401 - whatever uvicorn gives its protocols
        super().__init__(**given)
        self._limits = limits
        self._in_head = False
        self._in_body = False
        self._ended = False
        self._seen = 0
        # Until when the caller must have sent more; None where the caller waits for us. One timer for each connection
        # looks at it, and is set anew where it was put off: to set one for each request would cost more than the look.
        self._until: float | None = None
        self._timer: TimerHandle | None = None
        self._unread: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """A caller came; the first request's head is awaited."""
        super().connection_made(transport)
        self._arm(self._limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller went away."""
        self._until = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._read_on()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The caller does not read what we answer. What is left of it would keep an ordinary end waiting for ever."""
        super().pause_writing()
        self._read_on()
        self._unread = self.loop.call_later(self._limits.idle_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The caller reads on."""
        self._read_on()
        super().resume_writing()

    def _read_on(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def data_received(self, data: bytes) -> None:
        """Bytes of a request: those of a head are counted, those of a body put its end off."""
        if self._ended:
            return
        if self._in_head:
            self._seen += len(data)
        elif self._in_body:
            self._arm(self._limits.idle_seconds)
        super().data_received(data)
        if self._in_head and self._seen > self._limits.head_bytes:
            self._end(*_TOO_LARGE)

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._in_head, self._in_body, self._seen = True, False, 0
        self._arm(self._limits.head_seconds)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. One after the body (a trailer) says nothing: whoever stands before us may not look at those."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A head has ended, and a body may follow."""
        self._in_head, self._in_body = False, True
        self._arm(self._limits.idle_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is here as a whole; from now on the caller waits for us."""
        self._in_body = False
        self._until = None
        super().on_message_complete()

    def _arm(self, seconds: float) -> None:
        self._until = self.loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._until:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._until is None:
            return
        if self.loop.time() >= self._until:
            self._end(*_TOO_SLOW)
        else:
            self._timer = self.loop.call_at(self._until, self._look)

    def _end(self, status: int, phrase: str) -> None:
        """Say why, where nothing has been answered yet, and close.

        A little later: what a caller is still sending would else reset the connection before it reads the answer.
        """
        self._until = None
        if self._ended or self.transport.is_closing():
            return
        self._ended = True
        if self.cycle is None or not self.cycle.response_started:
            head = f"HTTP/1.1 {status} {phrase}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(head.encode("ascii"))
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)
