"""Passes bytes between a command's network and the addresses that it may reach, until the command has ended.

One thread, one piece held for each direction: where one side does not take, the other is not read (back-pressure). An
end of one direction is passed on and the other goes on (half-close); a fault on either side resets both. Whoever
connects is in the command's network, so may connect; where to is fixed by the socket that it connected to.
"""

import contextlib
import os
import resource
import select
import socket
import struct

Address = tuple[str, int]
_PIECE = 1 << 17
# Of one step; those beyond wait in the backlog of the listening socket.
_MOST_CONNECTIONS = 400
_SPARE_FILES = 24
_RESET = struct.pack("ii", 1, 0)


class _Side:
    """One of a connection's two sockets, with what was read from it and is not yet sent to the other."""

    __slots__ = ("ended", "left", "number", "other", "sock", "told", "waits", "watched")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.number = sock.fileno()
        self.other: _Side = self
        self.left = memoryview(b"")
        # Nothing is read before both are connected.
        self.waits = True
        # The end was read here; the end was passed on to the other.
        self.ended = self.told = False
        self.watched: int | None = 0

    @property
    def is_done(self) -> bool:
        """Whether this socket has ended in both directions; the kernel would say so again and again."""
        return self.ended and self.other.told

    @property
    def wanted(self) -> int:
        """The events of this socket that something can be done about."""
        reads = 0 if self.waits or self.ended or self.left else select.EPOLLIN
        return reads | (select.EPOLLOUT if self.other.left else 0)

    def pass_on(self) -> None:
        """Read what is there, and send what the other side takes."""
        if not (self.waits or self.ended or self.left):
            with contextlib.suppress(BlockingIOError):
                self.left = memoryview(self.sock.recv(_PIECE))
                self.ended = not self.left
        if self.left:
            with contextlib.suppress(BlockingIOError):
                self.left = self.left[self.other.sock.send(self.left) :]
        elif self.ended and not self.told:
            self.other.sock.shutdown(socket.SHUT_WR)
            self.told = True


class Relay:
    """Passes on what comes through the listening sockets, each to its address."""

    def __init__(self, ways: list[tuple[socket.socket, Address]]) -> None:
        self._poll = select.epoll()
        self._ways = {listening.fileno(): (listening, address) for listening, address in ways}
        self._sides: dict[int, _Side] = {}
        self._room = min(2 * _MOST_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _SPARE_FILES)
        self._accepts = False
        for listening, _ in ways:
            listening.settimeout(0)
        self._watch_ways()

    def run(self, process: int) -> None:
        """Go on until the process has ended; it is the caller's to wait for. What is under way then is reset."""
        watched = os.pidfd_open(process)
        self._poll.register(watched, select.EPOLLIN)
        while True:
            ready = self._poll.poll()
            for number, event in ready:
                if number == watched:
                    while self._sides:
                        self._close(next(iter(self._sides.values())), reset=True)
                    return
                if side := self._sides.get(number):
                    self._move(side, event)
            # After those that may have closed: a new one takes over their numbers.
            for number, _ in ready:
                if number in self._ways:
                    self._accept(*self._ways[number])
            self._watch_ways()

    def _watch_ways(self) -> None:
        """Take connections as long as there is room."""
        accepts = len(self._sides) + 2 <= self._room
        if accepts is not self._accepts:
            for number in self._ways:
                if accepts:
                    self._poll.register(number, select.EPOLLIN)
                else:
                    self._poll.unregister(number)
            self._accepts = accepts

    def _accept(self, listening: socket.socket, address: Address) -> None:
        with contextlib.suppress(OSError):
            near, _ = listening.accept()
            far = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
            one, two = _Side(near), _Side(far)
            one.other, two.other = two, one
            for side in (one, two):
                side.sock.settimeout(0)
                side.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sides[side.number] = side
                self._poll.register(side.number, 0)
            try:
                with contextlib.suppress(BlockingIOError):
                    far.connect(address)
            except OSError:
                self._close(one, reset=True)
                return
            # It can be written to once it is connected.
            self._poll.modify(two.number, select.EPOLLOUT)
            two.watched = select.EPOLLOUT

    def _move(self, side: _Side, event: int) -> None:
        try:
            if event & select.EPOLLERR:
                self._close(side, reset=True)
                return
            side.waits = side.other.waits = side.waits and not event & select.EPOLLOUT
            side.pass_on()
            side.other.pass_on()
        except OSError:
            self._close(side, reset=True)
            return
        if side.told and side.other.told:
            self._close(side, reset=False)
        else:
            self._watch(side, side.other)

    def _watch(self, *sides: _Side) -> None:
        for side in sides:
            wanted = None if side.is_done else side.wanted
            if wanted == side.watched:
                continue
            if wanted is None:
                self._poll.unregister(side.number)
            else:
                self._poll.modify(side.number, wanted)
            side.watched = wanted

    def _close(self, side: _Side, *, reset: bool) -> None:
        for one in (side, side.other):
            del self._sides[one.number]
            if reset:
                with contextlib.suppress(OSError):
                    one.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            one.sock.close()
