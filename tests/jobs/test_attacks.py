"""What a step tries against the machine that it runs on, all in one step: the table of attacks."""

import asyncio
import ctypes
import io
import json
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from cloister.jobs.config import AgentConfig
from cloister.jobs.running.commands import start
from cloister.jobs.running.confine import confine
from cloister.jobs.running.drivers.logs import Log
from cloister.jobs.running.folders import StepFolder
from cloister.jobs.running.preparing import Prepared
from cloister.jobs.running.script_mode import tree

# Each probe is an expression; what it says, or the error that it ends with, is the answer.
_PROBER = """
import ctypes, json, os, pathlib, signal, socket, struct, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
def check(code):
    if code < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return code
def talk(address, kind=socket.SOCK_STREAM, family=socket.AF_INET):
    with socket.socket(family, kind) as made:
        made.settimeout(5)
        made.connect(address)
        made.sendall(b"hello")
        return made.recv(100).decode()
def run(*words):
    return subprocess.run(words, capture_output=True, text=True).returncode
def status(name):
    return next(line.split()[1] for line in open("/proc/self/status") if line.startswith(name + ":"))
def keys():
    return pathlib.Path("/proc/keys").read_text()
answers = {}
for name, probe in json.load(open(sys.argv[1])).items():
    try:
        answers[name] = eval(probe)
    except Exception as error:
        answers[name] = type(error).__name__
print(json.dumps(answers))
"""

REFUSED = ("ConnectionRefusedError",)
NO_WAY = ("OSError",)
NOT_THERE = ("FileNotFoundError",)
DENIED = ("PermissionError",)

# What is tried, the expression, and the answers that stand for a machine that keeps the step in.
ATTACKS = [
    ("the platform's gateway", "talk(('127.0.0.1', {way}))", ("hello",)),
    ("another port of the machine", "talk(('127.0.0.1', {closed}))", REFUSED),
    ("another port by another address of loopback", "talk(('127.0.0.2', {closed}))", REFUSED),
    ("another port by a name", "talk(('localhost', {closed}))", REFUSED),
    ("another port by IPv6", "talk(('::1', {closed}), family=socket.AF_INET6)", REFUSED),
    ("the machine by its own address", "talk(({address!r}, {closed}))", NO_WAY),
    ("an address on the internet", "talk(('192.0.2.1', 443))", NO_WAY),
    ("an address on the internet, by IPv6", "talk(('2001:db8::1', 443), family=socket.AF_INET6)", NO_WAY),
    ("a datagram to a resolver", "talk(('192.0.2.1', 53), socket.SOCK_DGRAM)", NO_WAY),
    ("the metadata service of a cloud", "talk(('169.254.169.254', 80))", NO_WAY),
    ("a broadcast", "talk(('255.255.255.255', 9), socket.SOCK_DGRAM)", ("OSError", "PermissionError")),
    ("a name of the internet", "socket.getaddrinfo('example.org', 80)", ("gaierror",)),
    ("the name of loopback", "socket.gethostbyname('localhost')", ("127.0.0.1",)),
    ("interfaces", "[name for _, name in socket.if_nameindex()]", (["lo"],)),
    ("an abstract socket of another process", "talk('\\0{abstract}', family=socket.AF_UNIX)", REFUSED),
    ("sockets of services", "os.listdir('/run')", ([],)),
    ("raw sockets", "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", DENIED),
    ("packet sockets", "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)", NO_WAY),
    ("the machine's host, past every network namespace", "socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)", NO_WAY),
    ("the kernel's ciphers", "socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)", NO_WAY),
    ("being root among users of its own", "check(libc.unshare(0x10000000))", DENIED),
    ("the same in a new process", "check(libc.syscall(56, 0x10000011, 0, 0, 0, 0))", DENIED),
    ("the same in the newer way", "ctypes.get_errno() if libc.syscall(435, 0, 0) == -1 else 0", (38,)),
    ("a new process", "run('true')", (0,)),
    ("a new thread", "__import__('concurrent.futures').futures.ThreadPoolExecutor().submit(int).result()", (0,)),
    ("programs for the kernel", "check(libc.syscall(321, 0, 0, 0))", DENIED),
    ("counters of the processor", "check(libc.syscall(298, 0, 0, 0, 0, 0))", DENIED),
    (
        "changes of its interface",
        "__import__('fcntl').ioctl(socket.socket(), 0x8914, struct.pack('16sH14x', b'lo', 0))",
        DENIED,
    ),
    ("processes of others", "sorted(int(n) for n in os.listdir('/proc') if n.isdigit())[2:-1]", ([],)),
    ("the environment of the first process", "open('/proc/1/environ').read()", DENIED),
    ("the memory of the first process", "open('/proc/1/mem', 'rb').read(1)", DENIED),
    ("the root of the first process", "os.listdir('/proc/1/root')", DENIED),
    ("tracing the first process", "check(libc.ptrace(16, 1, 0, 0))", DENIED),
    ("killing the agent", "os.kill({agent}, 9)", ("ProcessLookupError",)),
    ("keys of the kernel", "keys()", ("",)),
    ("a key of whoever started it", "check(libc.syscall(250, 10, -3, b'user', b'{key}', 0))", DENIED),
    ("messages of the kernel", "open('/dev/kmsg').read()", NOT_THERE),
    ("messages of the kernel, where everybody may read them", "check(libc.klogctl(10, None, 0))", DENIED),
    ("what becomes of the machine's devices", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)", NO_WAY),
    ("rules of a firewall", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)", NO_WAY),
    ("which addresses there are", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()", (None,)),
    ("sockets of its own processes", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4).close()", (None,)),
    ("a pair of sockets", "[end.close() for end in socket.socketpair()]", ([None, None],)),
    ("a pair of another family", "check(libc.socketpair(30, 1, 0, (ctypes.c_int * 2)()))", NO_WAY),
    ("a folder of the machine that all may write", "open({shared!r} + '/x', 'w').close()", NO_WAY + NOT_THERE),
    ("the machine's memory", "open('/dev/mem').read()", NOT_THERE),
    ("the machine's disks", "[p for p in os.listdir('/dev') if p.startswith(('sd', 'vd', 'nvme', 'loop'))]", ([],)),
    ("devices of its own making", "os.mknod('/tmp/disk', 0o60600, os.makedev(8, 0))", DENIED),
    ("a file in /dev", "open('/dev/made', 'w')", ("OSError", "PermissionError")),
    ("a terminal of its own", "[os.close(end) for end in os.openpty()]", ([None, None],)),
    ("randomness", "len(open('/dev/urandom', 'rb').read(8))", (8,)),
    ("mounting", "check(libc.mount(b'none', b'/tmp', b'tmpfs', 0, 0))", DENIED),
    ("uncovering what is covered", "check(libc.umount2(b'/run', 2))", DENIED),
    ("another machine's name", "socket.sethostname('x')", DENIED),
    ("the clock", "__import__('time').clock_settime(0, 0)", DENIED),
    ("control groups", "os.listdir('/sys/fs')", ([],)),
    ("interfaces of the machine by name", "os.listdir('/sys/class/net')", ([],)),
    ("settings of the kernel", "open('/proc/sys/kernel/hostname', 'w')", ("OSError", "PermissionError")),
    ("a new root", "os.chroot('/tmp')", DENIED),
    ("the root by an id", "os.setuid(0)", ("PermissionError", "OSError")),
    ("the root by a program", "status('NoNewPrivs')", ("1",)),
    ("capabilities", "status('CapEff')", ("0000000000000000",)),
    ("capabilities that a program could give", "status('CapBnd')", ("0000000000000000",)),
    ("descriptors that were left open", "len(os.listdir('/proc/self/fd')) - 4", (0,)),
    ("the arguments of the launcher", "'{secret}' in open('/proc/1/cmdline').read()", (False,)),
    ("the platform's home", "os.listdir({home!r})", (["jobs"],)),
    ("other jobs", "os.listdir({home!r} + '/jobs')", (["mine"],)),
]
_KEY = f"cloister-test-{os.getpid()}"


def _give_a_key() -> None:
    """Put a key into the keyring of this session, as a login does (add_key(2); 248 on x86_64)."""
    if os.uname().machine == "x86_64":
        ctypes.CDLL(None).syscall(248, b"user", _KEY.encode(), b"hush", 4, -3)


def _this_machine() -> str:
    """An address of this machine that is not loopback's, or one that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        try:
            made.connect(("192.0.2.1", 9))
        except OSError:
            return "192.0.2.7"
        return str(made.getsockname()[0])


def _echo(listening: socket.socket) -> None:
    with suppress(OSError):
        while True:
            with listening.accept()[0] as taken:
                taken.sendall(taken.recv(100))


@pytest.fixture(scope="module")
def answers() -> Iterator[dict[str, object]]:
    """What the machine answered to each attack."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/tmp")))
        (home / "jobs" / "other").mkdir(parents=True)
        place = next((path for path in (Path("/srv"), Path(__file__).parent) if os.access(path, os.W_OK)), home)
        shared = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=place)))
        shared.chmod(0o1777)
        (home / "secrets").mkdir()
        abstract = socket.socket(socket.AF_UNIX)
        abstract.bind(f"\0{_KEY}")
        abstract.listen()
        doors = [socket.create_server(("", 0)), socket.create_server(("127.0.0.1", 0)), abstract]
        closed, way = (door.getsockname()[1] for door in doors[:2])
        for door in doors:
            stack.callback(door.close)
            threading.Thread(target=_echo, args=(door,), daemon=True).start()
        _give_a_key()
        config = AgentConfig(
            home=home,
            jobs_folder=home / "jobs",
            database_url="",
            engine_database_url="",
            gateway_url=f"http://127.0.0.1:{way}",
        )
        confinement = confine(config, {})
        if not confinement.isolation.closed_network:
            pytest.skip(str(confinement.isolation))
        folder = StepFolder(home / "jobs" / "mine" / "step")
        folder.clear()
        tree(folder).mkdir()
        facts = {"way": way, "closed": closed, "address": _this_machine(), "abstract": _KEY, "agent": os.getpid()}
        facts |= {"key": _KEY, "secret": "hush", "home": str(home), "shared": str(shared)}
        (folder.code / "probe.py").write_text(_PROBER)
        (folder.code / "probes.json").write_text(
            json.dumps({name: probe.format(**facts) for name, probe, _ in ATTACKS})
        )

        async def run() -> str:
            out = io.BytesIO()
            with confinement.user("mine", "step") as uid:
                prepared = Prepared("python probe.py probes.json", folder, ())
                variables = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "SECRET": "hush"}
                command = await asyncio.to_thread(confinement.command, prepared, variables, uid)
                await (await start(command)).ended(Log(out, (), limit_bytes=100_000), 60)
            return out.getvalue().decode()

        printed = asyncio.run(run())
        assert printed.startswith("{"), printed
        yield json.loads(printed)


@pytest.mark.parametrize(("attack", "expected"), [(row[0], row[2]) for row in ATTACKS], ids=[row[0] for row in ATTACKS])
def test_what_a_step_gets_by_trying(answers: dict[str, object], attack: str, expected: tuple[object, ...]) -> None:
    assert answers[attack] in expected
