import os
import socket

import pytest

from cloister.platform.ports import fault_of_port, free_port
from cloister.platform.proc import command_of


def test_a_free_port_has_no_fault() -> None:
    assert fault_of_port(free_port(), "--port") is None


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_is_told_with_its_owner_and_the_option(address: str) -> None:
    with socket.create_server((address, 0)) as taken:
        port = taken.getsockname()[1]
        fault = fault_of_port(port, "--serving-port")
    assert fault is not None
    assert (fault.thing, fault.reason, fault.mend) == (
        f"port {port}",
        f"is taken by process {os.getpid()} ({command_of(os.getpid())})",
        "stop that process, or pick another port: --serving-port N",
    )


def test_a_port_that_only_fades_counts_as_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = server.accept()
            accepted.close()  # we close first: the port stays in TIME_WAIT
    assert fault_of_port(port, "--port") is None
