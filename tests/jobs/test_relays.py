"""What comes into a step's network and leaves it passes whole, both ways, and a fault stays with its connection."""

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from cloister.jobs.running.launcher import relays
from cloister.jobs.running.launcher.relays import Relay

Serve = Callable[[socket.socket], None]


@contextmanager
def served(serve: Serve) -> Iterator[tuple[str, int]]:
    """A server that treats each connection so."""
    with socket.create_server(("127.0.0.1", 0), backlog=500) as listening:

        def each(taken: socket.socket) -> None:
            with taken, suppress(OSError):
                serve(taken)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=each, args=(listening.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


@contextmanager
def relayed(*addresses: tuple[str, int]) -> Iterator[list[tuple[str, int]]]:
    """Where to connect to for each address; the relay ends with a process, as it does with a command."""
    listening = [socket.create_server(("127.0.0.1", 0), backlog=500) for _ in addresses]
    with subprocess.Popen(["sleep", "60"]) as command:
        relay = Relay(list(zip(listening, addresses, strict=True)))
        thread = threading.Thread(target=relay.run, args=(command.pid,))
        thread.start()
        try:
            yield [one.getsockname() for one in listening]
        finally:
            command.kill()
            thread.join(5)
            assert not thread.is_alive()
            for one in listening:
                one.close()


def everything(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def echo_at_the_end(taken: socket.socket) -> None:
    taken.sendall(everything(taken)[::-1])


def test_one_direction_ends_and_the_other_goes_on() -> None:
    with served(echo_at_the_end) as address, relayed(address) as (near,), socket.create_connection(near) as made:
        made.sendall(b"hello")
        made.shutdown(socket.SHUT_WR)
        assert everything(made) == b"olleh"


def test_much_passes_whole_in_both_directions_at_once() -> None:
    sent = bytes(range(256)) * 80_000

    def send(made: socket.socket) -> None:
        made.sendall(sent)
        made.shutdown(socket.SHUT_WR)

    def echo(taken: socket.socket) -> None:
        while piece := taken.recv(100_000):
            taken.sendall(piece)

    with served(echo) as address, relayed(address) as (near,), socket.create_connection(near) as made:
        writer = threading.Thread(target=send, args=(made,))
        writer.start()
        assert everything(made) == sent
        writer.join()


def test_who_takes_nothing_is_sent_no_more_than_a_few_buffers() -> None:
    go_on = threading.Event()

    def wait(_taken: socket.socket) -> None:
        go_on.wait(20)

    with served(wait) as address, relayed(address) as (near,):
        with socket.create_connection(near) as made:
            made.settimeout(0.5)
            taken = 0
            with suppress(TimeoutError):
                while taken < 1 << 28:
                    taken += made.send(bytes(1 << 20))
            assert taken < 1 << 26
        go_on.set()


def test_each_way_leads_to_its_own_address() -> None:
    with (
        served(lambda t: t.sendall(b"one")) as one,
        served(lambda t: t.sendall(b"two")) as two,
        relayed(one, two) as nears,
    ):
        for near, told in zip(nears, (b"one", b"two"), strict=True):
            with socket.create_connection(near) as made:
                assert everything(made) == told


def test_where_nobody_answers_the_connection_is_reset_and_others_go_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nowhere = closed.getsockname()
    with (
        served(echo_at_the_end) as address,
        relayed(nowhere, address) as (dead, alive),
        socket.create_connection(alive) as made,
    ):
        with socket.create_connection(dead) as lost, pytest.raises(ConnectionResetError):
            lost.recv(1)
        made.sendall(b"ab")
        made.shutdown(socket.SHUT_WR)
        assert everything(made) == b"ba"


def test_a_reset_is_passed_on() -> None:
    def reset(taken: socket.socket) -> None:
        taken.recv(1)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    with served(reset) as address, relayed(address) as (near,), socket.create_connection(near) as made:
        made.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            made.recv(1)


def test_more_connections_than_there_is_room_for_wait_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "_MOST_CONNECTIONS", 8)
    with served(echo_at_the_end) as address, relayed(address) as (near,):
        made = [socket.create_connection(near) for _ in range(30)]
        for number, one in enumerate(made):
            one.sendall(f"{number:02}".encode())
            one.shutdown(socket.SHUT_WR)
        assert [everything(one) for one in made] == [f"{number:02}"[::-1].encode() for number in range(30)]
        for one in made:
            one.close()
