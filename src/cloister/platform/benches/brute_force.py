"""Filters of all pairs by brute force, compiled: the baseline of `cloister bench reach`, and a check of its answers.

For each pair it reads the pair's own lists of rules, and tests of each rule protocol, port, source and destination
until one matches. With `of_port` the rules about other ports and protocols are left out before it starts, which one who
is after one port only may do as well.
"""

import ctypes
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cloister.fabric.fabric import Fabric, Place
from cloister.fabric.filters import FilterRule
from cloister.fabric.flows import Protocol

_RULE = np.dtype(
    [(name, "u4") for name in ("protocols", "port_low", "port_high", "source_low", "source_high", "to_low", "to_high")]
    + [("allow", "i4")]
)
_BIT = {protocol: 1 << number for number, protocol in enumerate(Protocol)}
_Flat = tuple[int, int, int, int, int, int, int, int]
_NONE = -1
Answers = npt.NDArray[np.uint8]


def compiler() -> str | None:
    """The C compiler of this machine, if it has one."""
    return shutil.which("cc")


@dataclass(frozen=True, slots=True)
class Brute:
    """What brute force found for some senders, and the seconds that it took them: by the clock, and of all cores."""

    answers: Answers
    seconds: float
    processor_seconds: float


def brute_force(
    fabric: Fabric, places: Sequence[Place], senders: Sequence[int], port: int, *, of_port: bool = False
) -> Brute:
    """Whether filters let TCP through to a port, for some of the places against all of them, on all cores."""
    numbers: dict[int, int] = {}
    rules: list[_Flat] = []
    start = [0]

    def number(direction: tuple[FilterRule, ...]) -> int:
        if id(direction) not in numbers:
            numbers[id(direction)] = len(start) - 1
            rules.extend(_flat(one for one in direction if not of_port or _is_about(one, port)))
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
        begin, begin_processor = time.monotonic(), time.process_time()
        found = (len(senders), len(places), _BIT[Protocol.TCP], port, answers.ctypes.data)
        run(*(ctypes.c_void_p(one.ctypes.data) for one in arrays), *found)
        return Brute(answers, time.monotonic() - begin, time.process_time() - begin_processor)


def _compiled(folder: Path) -> "ctypes._NamedFuncPointer":
    library = folder / "brute_force.so"
    source = Path(__file__).with_name("brute_force.c")
    command = ["cc", "-O3", "-march=native", "-fopenmp", "-shared", "-fPIC", "-o", str(library), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    function = ctypes.CDLL(str(library)).all_pairs
    sizes = [ctypes.c_int64] * 2 + [ctypes.c_uint32] * 2
    function.argtypes = [ctypes.c_void_p] * 6 + sizes + [ctypes.c_void_p]
    function.restype = None
    return function


def _two(filters: list[int]) -> list[int]:
    return [*filters, _NONE, _NONE][:2]


def _is_about(rule: FilterRule, port: int) -> bool:
    return Protocol.TCP in rule.protocols and port in rule.ports


def _flat(rules: Iterable[FilterRule]) -> Iterator[_Flat]:
    """The rules in their order, each as often as it has spans of ports, of sources and of destinations together."""
    for rule in rules:
        protocols = sum(_BIT[protocol] for protocol in rule.protocols)
        sources = [span for match in rule.sources for span in match.sure.spans]
        to = [span for match in rule.destinations for span in match.sure.spans]
        for spans in product(rule.ports.spans, sources, to):
            (port_low, port_high), (source_low, source_high), (to_low, to_high) = spans
            yield (protocols, port_low, port_high, source_low, source_high, to_low, to_high, int(rule.allow))
