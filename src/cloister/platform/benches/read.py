"""Reading a document of 5 MB against PyYAML's own loader in C on the same text, and lowering a large environment.

The baseline makes plain values without places, checks nothing, and is what a reader of one's own has to beat.
"""

import time
from functools import cache

import yaml

from cloister.fabric.lower_azure import lower
from cloister.platform.bench import Benchmark, Comparison, Figures, Target
from cloister.platform.benches.large import large_environment
from cloister.sources.expanded import document_text
from cloister.sources.spec import read_text

_INTERFACES_OF_5_MB = 2_900
_LARGE, _SMALL = 10_000, 1_000
_MILLION = 1_000_000


@cache
def _text() -> str:
    return document_text(large_environment(_INTERFACES_OF_5_MB))


def _read() -> Figures:
    """The seconds of processor from the text to the checked inventory, each value with its place."""
    text = _text()
    start = time.process_time()
    read_text(text, "large.yaml")
    return {"cpu_seconds": time.process_time() - start, "megabytes_of_text": len(text) / _MILLION}


def _plain() -> Figures:
    text = _text()
    start = time.process_time()
    yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - the safe loader, in C
    return {"cpu_seconds": time.process_time() - start}


def _lowered(interfaces: int) -> Figures:
    inventory = large_environment(interfaces)
    start = time.process_time()
    lower(inventory)
    return {"cpu_seconds": time.process_time() - start}


BENCHMARK = Benchmark(
    "read",
    (
        Comparison("document", _read, "PyYAML's CSafeLoader", _plain, (Target("cpu_seconds", 3.0),), runs=3),
        Comparison(
            f"lowering {_LARGE} interfaces",
            lambda: _lowered(_LARGE),
            f"the same with {_SMALL}",
            lambda: _lowered(_SMALL),
            runs=3,
        ),
    ),
)
