"""The way to MLflow, against a server on a Unix socket that says and breaks what each test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.types import Message

from cloister.errors import SourceError
from cloister.gateway.mlflow.lookup import Lookup
from cloister.gateway.mlflow.server import UPSTREAM_HOST
from cloister.gateway.passing.forwarding import BrokenOffError, Incoming, pass_back
from cloister.gateway.passing.upstream import Upstream

Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


@asynccontextmanager
async def serving(path: Path, serve: Serving, patience_seconds: float = 60) -> AsyncIterator[Upstream]:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_unix_server(once, path)
    upstream = Upstream(path, patience_seconds)
    try:
        yield upstream
    finally:
        await upstream.close()
        server.close()


async def read_head(reader: asyncio.StreamReader) -> list[str]:
    """The lines of a request's head."""
    return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.sock"


@pytest.fixture(autouse=True)
def proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that would lead elsewhere."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")


_TARGETS = [
    "/api/2.0/mlflow/experiments/get?experiment_id=0",
    "/a/b%20c/~d-_.e",
    "/a/%C3%A9%E2%82%AC.txt",
    "/a/%2Bplus%2520",
    "/a/x%3Fy%23z%26",
    "/a?name=a%2Bb%20c&name=%26&empty=",
    "/a?filter=name%20%3D%20%27x%2Fy%27%20AND%20tag.%60a%60%20%3C%205",
]


@pytest.mark.parametrize("target", _TARGETS)
def test_the_target_goes_out_as_it_was_judged(path: Path, target: str) -> None:
    seen: list[list[str]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_head(reader))
        writer.write(_OK)

    async def ask() -> None:
        async with serving(path, serve) as upstream:
            await (await upstream.send("GET", target, [(b"accept", b"*/*")])).read()

    asyncio.run(ask())
    assert seen == [[f"GET {target} HTTP/1.1", f"Host: {UPSTREAM_HOST}", "accept: */*"]]


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024 + 1], ids=["none", "one byte", "more than goes out in one go"])
def test_a_body_goes_out_whole_with_its_length(path: Path, size: int) -> None:
    seen: list[tuple[str, bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = await read_head(reader)
        length = next((line for line in lines if line.lower().startswith("content-length")), "")
        seen.append((length, await reader.readexactly(size)))
        writer.write(_OK)

    async def ask() -> None:
        async with serving(path, serve) as upstream:
            await (await upstream.send("POST", "/a", content=b"x" * size)).read()

    asyncio.run(ask())
    assert seen == [(f"Content-Length: {size}", b"x" * size)]


def test_an_answer_comes_back_as_it_is(path: Path) -> None:
    """No redirect followed, nothing decompressed, no cookie kept."""
    heads: list[list[str]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            heads.append(await read_head(reader))
            writer.write(
                b"HTTP/1.1 307 Elsewhere\r\nLocation: /b\r\nContent-Encoding: gzip\r\nSet-Cookie: a=b\r\n"
                b"Content-Length: 3\r\n\r\nabc"
            )

    async def ask() -> list[tuple[int, tuple[tuple[bytes, bytes], ...], int | None, bytes]]:
        async with serving(path, serve) as upstream:
            found = []
            for _ in range(2):
                answer = await upstream.send("GET", "/a")
                found.append((answer.status, answer.headers, answer.length, await answer.read()))
            return found

    headers = (
        (b"location", b"/b"),
        (b"content-encoding", b"gzip"),
        (b"set-cookie", b"a=b"),
        (b"content-length", b"3"),
    )
    assert asyncio.run(ask()) == [(307, headers, 3, b"abc")] * 2
    assert heads == [["GET /a HTTP/1.1", f"Host: {UPSTREAM_HOST}"]] * 2


@pytest.mark.parametrize(
    ("method", "found", "sent"),
    [
        ("GET", "{}", 2),
        ("POST", "does not answer (ServerDisconnectedError)", 1),
        ("PATCH", "does not answer (ServerDisconnectedError)", 1),
        ("PUT", "does not answer (ServerDisconnectedError)", 1),
        ("DELETE", "does not answer (ServerDisconnectedError)", 1),
    ],
)
def test_what_may_change_something_is_sent_once(path: Path, method: str, found: str, sent: int) -> None:
    """MLflow ends in mid-request, and may have done it already: only what changes nothing is tried again."""
    seen: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            seen.append((await read_head(reader))[0])
            if len(seen) == 2:
                return
            writer.write(_OK)

    async def ask() -> str:
        async with serving(path, serve) as upstream:
            await (await upstream.send("GET", "/first")).read()
            try:
                return (await (await upstream.send(method, "/a")).read()).decode()
            except SourceError as error:
                return error.faults[0].reason

    assert asyncio.run(ask()) == found
    assert seen == ["GET /first HTTP/1.1", *[f"{method} /a HTTP/1.1"] * sent]


def test_a_kept_connection_that_is_gone_costs_nobody_an_answer(path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(_OK)

    async def ask() -> list[bytes]:
        async with serving(path, serve) as upstream:
            found = []
            for method in ("POST", "POST", "DELETE", "GET"):
                found.append(await (await upstream.send(method, "/a", content=b"")).read())
                await asyncio.sleep(0.05)  # the end of the connection is on its way
            return found

    assert asyncio.run(ask()) == [b"{}"] * 4


class _LostError(Exception):
    pass


@pytest.mark.parametrize("error", [_LostError(), ConnectionAbortedError()], ids=["ours", "the caller went away"])
@pytest.mark.parametrize("headers", [[(b"content-length", b"100")], []], ids=["with length", "in chunks"])
def test_a_body_that_breaks_off_never_comes_to_its_end(
    path: Path, error: Exception, headers: list[tuple[bytes, bytes]]
) -> None:
    """MLflow sees the connection end before the body does, and whoever sent it hears its own error."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await read_head(reader)
        seen.append(await reader.read())

    async def torn() -> AsyncIterator[bytes]:
        yield b"half"
        raise error

    async def ask() -> None:
        async with serving(path, serve) as upstream:
            with pytest.raises(type(error)) as caught:
                await upstream.send("PUT", "/a", headers, torn())
            assert caught.value is error
            await asyncio.sleep(0.05)

    asyncio.run(ask())
    assert seen in ([b"half"], [b"4\r\nhalf\r\n"])


_MIB = 1024 * 1024


async def _pieces(*pieces: bytes, pause: float) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(pause)


@pytest.mark.parametrize(
    "content",
    [lambda: _pieces(*[b"x" * _MIB] * 32, pause=0), lambda: b"x" * 32 * _MIB],
    ids=["stream", "whole"],
)
def test_an_mlflow_that_stops_reading_is_not_waited_for_without_end(
    path: Path, content: Callable[[], bytes | AsyncIterator[bytes]]
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await read_head(reader)
        await asyncio.sleep(3)

    async def ask() -> str:
        async with serving(path, serve, patience_seconds=0.3) as upstream:
            with pytest.raises(SourceError) as caught:
                await asyncio.wait_for(upstream.send("PUT", "/a", content=content()), 2)
            return caught.value.faults[0].reason

    assert asyncio.run(ask()) == "does not answer (TimeoutError)"


@pytest.mark.parametrize(
    ("pieces", "pause_of_caller", "pause_of_mlflow"),
    [([b"x"] * 2, 0.8, 0.0), ([b"x" * _MIB] * 8, 0.0, 0.1)],
    ids=["the caller pauses for longer", "MLflow takes longer in all, but goes on"],
)
def test_who_is_slow_is_waited_for(
    path: Path, pieces: list[bytes], pause_of_caller: float, pause_of_mlflow: float
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        for piece in pieces:
            await reader.readexactly(len(piece))
            await asyncio.sleep(pause_of_mlflow)
        writer.write(_OK)

    async def ask() -> bytes:
        async with serving(path, serve, patience_seconds=0.6) as upstream:
            length = str(sum(map(len, pieces))).encode()
            content = _pieces(*pieces, pause=pause_of_caller)
            return await (await upstream.send("PUT", "/a", [(b"content-length", length)], content)).read()

    assert asyncio.run(ask()) == b"{}"


def test_an_answer_that_comes_before_the_whole_body_is_read(path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(_OK.removesuffix(b"{}"))
        await reader.readexactly(3)
        writer.write(b"{}")
        await writer.drain()
        await reader.read()

    async def ask() -> bytes:
        async with serving(path, serve) as upstream:
            content = _pieces(*[b"x"] * 5, pause=0.05)
            return await (await upstream.send("PUT", "/a", [(b"content-length", b"5")], content)).read()

    assert asyncio.run(asyncio.wait_for(ask(), 10)) == b"{}"


def test_an_answer_that_breaks_off_is_told(path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")

    async def ask(pieces: list[bytes]) -> None:
        async with serving(path, serve) as upstream:
            answer = await upstream.send("GET", "/a")
            try:
                async for piece in answer.pieces():
                    pieces.append(piece)  # noqa: PERF401 - an extend would lose what came before the error
            finally:
                answer.close()

    pieces: list[bytes] = []
    with pytest.raises(SourceError) as caught:
        asyncio.run(ask(pieces))
    assert (pieces, caught.value.faults[0].reason) == ([b"half"], "does not answer (ClientPayloadError)")


def test_closing_an_answer_ends_what_is_on_its_way(path: Path) -> None:
    """Without anybody to take it, MLflow need not send the rest; and no more is read than a caller takes."""
    ended: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
        sent = 0
        try:
            while sent < 1_000_000_000:
                writer.write(b"x" * 65536)
                await writer.drain()
                sent += 65536
        except ConnectionError:
            ended.append(sent)

    async def ask() -> None:
        async with serving(path, serve) as upstream:
            answer = await upstream.send("GET", "/a")
            async for _ in answer.pieces():
                break
            await asyncio.sleep(0.2)
            answer.close()
            await asyncio.sleep(0.1)

    asyncio.run(ask())
    assert len(ended) == 1
    assert ended[0] < 4 * 1024 * 1024


async def _endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
    for _ in range(20_000):
        writer.write(b"x" * 65536)
        await writer.drain()


async def _torn(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n" + b"x" * 65536)
    await writer.drain()


async def _torn_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")


@pytest.mark.parametrize(
    ("serve", "stays", "error", "begun"),
    [
        pytest.param(_endless, 1, ConnectionAbortedError, True, id="the caller goes away: MLflow's answer ends"),
        pytest.param(_torn, 10**9, BrokenOffError, True, id="MLflow ends a large answer: the caller sees it break"),
        pytest.param(_torn_early, 10**9, SourceError, False, id="MLflow ends a small answer: the caller is told"),
    ],
)
def test_an_answer_on_its_way_back_that_ends_early(
    path: Path, serve: Serving, stays: int, error: type[Exception], begun: bool
) -> None:
    """`stays` is how many pieces the caller takes before it goes away; nothing is said of an end that did not come."""
    sent: list[Message] = []
    gone = asyncio.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) > stays:
            gone.set()
        await asyncio.sleep(0)

    async def ask() -> None:
        async with serving(path, serve) as upstream:
            await pass_back(await upstream.send("GET", "/a"), "artifact", Incoming(receive), send, {})

    with pytest.raises(error) as caught:
        asyncio.run(asyncio.wait_for(ask(), 10))
    assert (type(caught.value), [message["type"] for message in sent[:1]]) == (
        error,
        ["http.response.start"] if begun else [],
    )
    assert all(message.get("more_body", True) for message in sent)


@pytest.mark.parametrize(
    ("status", "body", "found"),
    [
        (b"200 OK", b'{"a": {"b": "c"}}', {"a": {"b": "c"}}),
        (b"200 OK", b"[1]", None),
        (b"404 Not Found", b'{"error_code": "RESOURCE_DOES_NOT_EXIST"}', None),
        (b"500 Oh", b"{}", "answered a look-up of /a with status 500"),
    ],
)
def test_an_object_is_looked_up(path: Path, status: bytes, body: bytes, found: object) -> None:
    lines: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append((await read_head(reader))[0])
        writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: " + str(len(body)).encode() + b"\r\n\r\n" + body)

    async def ask() -> object:
        async with serving(path, serve) as upstream:
            try:
                return await upstream.get_json("/a", {"name": "x/y z"})
            except SourceError as error:
                return error.faults[0].reason

    assert asyncio.run(ask()) == found
    assert lines == ["GET /a?name=x%2Fy+z HTTP/1.1"]


def test_an_experiments_name_is_asked_once_for_all_who_wait_and_anew_after_a_rename(path: Path) -> None:
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await read_head(reader))[0])
        body = b'{"experiment": {"name": "name %d"}}' % len(asked)
        await asyncio.sleep(0.05)
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)

    async def story() -> list[str]:
        async with serving(path, serve) as upstream:
            lookup = Lookup(upstream, lambda: 0.0)
            early = [asyncio.create_task(lookup.experiment_name("1")) for _ in range(3)]
            await asyncio.sleep(0.02)
            lookup.forget_name("1")
            late = await lookup.experiment_name("1")
            return [*await asyncio.gather(*early), late, await lookup.experiment_name("1")]

    assert asyncio.run(story()) == ["name 1"] * 3 + ["name 2"] * 2
    assert len(asked) == 2
