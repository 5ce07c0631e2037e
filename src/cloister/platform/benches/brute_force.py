"""Filters of all pairs by brute force, compiled: the baseline of `cloister bench reach`, and a check of its answers."""

import ctypes
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cloister.fabric.fabric import Fabric, Place
from cloister.fabric.filters import FilterRule
from cloister.fabric.flows import Protocol

_RULE = np.dtype(
    [("source_low", "u4"), ("source_high", "u4"), ("to_low", "u4"), ("to_high", "u4"), ("allow", "i4")], align=True
)
_NONE = -1
Answers = npt.NDArray[np.uint8]


def compiler() -> str | None:
    """The C compiler of this machine, if it has one."""
    return shutil.which("cc")


@dataclass(frozen=True, slots=True)
class Brute:
    """What brute force found for some senders, and the seconds that it took them."""

    answers: Answers
    seconds: float


def brute_force(fabric: Fabric, places: Sequence[Place], senders: Sequence[int], port: int) -> Brute:
    """Whether filters let TCP through to a port, for some of the places against all of them, on all cores."""
    numbers: dict[int, int] = {}
    rules: list[tuple[int, int, int, int, int]] = []
    start = [0]

    def number(direction: tuple[FilterRule, ...]) -> int:
        if id(direction) not in numbers:
            numbers[id(direction)] = len(start) - 1
            rules.extend(_flat(direction, port))
            start.append(len(rules))
        return numbers[id(direction)]

    out, into = [], []
    for place in places:
        segment = fabric.segments[place.where]
        out += _two([number(one.outbound) for one in segment.outbound_levels(place.filter)])
        into += _two([number(one.inbound) for one in segment.inbound_levels(place.filter)])
    addresses = np.array([place.address.within.spans[0][0] for place in places], dtype=np.uint32)
    answers = np.zeros((len(senders), len(places)), dtype=np.uint8)
    arrays = (
        np.array(rules, dtype=_RULE),
        np.array(start, dtype=np.int64),
        addresses,
        np.array(out, dtype=np.int32),
        np.array(into, dtype=np.int32),
        np.array(senders, dtype=np.int64),
    )
    with tempfile.TemporaryDirectory(prefix="cloister-bench-") as folder:
        run = _compiled(Path(folder))
        begin = time.monotonic()
        run(*(ctypes.c_void_p(one.ctypes.data) for one in arrays), len(senders), len(places), answers.ctypes.data)
        return Brute(answers, time.monotonic() - begin)


def _compiled(folder: Path) -> "ctypes._NamedFuncPointer":
    library = folder / "brute_force.so"
    source = Path(__file__).with_name("brute_force.c")
    command = ["cc", "-O3", "-march=native", "-fopenmp", "-shared", "-fPIC", "-o", str(library), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    function = ctypes.CDLL(str(library)).all_pairs
    function.argtypes = [ctypes.c_void_p] * 6 + [ctypes.c_int64] * 2 + [ctypes.c_void_p]
    function.restype = None
    return function


def _two(filters: list[int]) -> list[int]:
    return [*filters, _NONE, _NONE][:2]


def _flat(rules: tuple[FilterRule, ...], port: int) -> Iterator[tuple[int, int, int, int, int]]:
    """The rules about the port, one for each span of sources and each of destinations, in their order."""
    for rule in rules:
        if Protocol.TCP in rule.protocols and port in rule.ports:
            for source in (span for match in rule.sources for span in match.sure.spans):
                for to in (span for match in rule.destinations for span in match.sure.spans):
                    yield (*source, *to, int(rule.allow))
