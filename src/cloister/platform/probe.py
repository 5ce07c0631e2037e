"""One real request to a process of the platform: does it answer, and with which status."""

import socket
from http.client import HTTPConnection, HTTPException

from cloister.platform.process import Readiness

_TIMEOUT_SECONDS = 10.0


class _UnixConnection(HTTPConnection):
    """HTTP over a Unix socket; the host is only a header there."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def answers(readiness: Readiness, timeout_seconds: float = _TIMEOUT_SECONDS) -> bool:
    """Whether the request is answered as it should be; refused, late and broken answers all mean no."""
    if readiness.file is not None:
        return readiness.file.exists()
    if readiness.socket is not None:
        connection: HTTPConnection = _UnixConnection(str(readiness.socket), timeout_seconds)
    else:
        connection = HTTPConnection("127.0.0.1", readiness.port, timeout=timeout_seconds)
    try:
        connection.request("GET", readiness.path, headers={"Host": readiness.host})
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return answer.status == readiness.status
