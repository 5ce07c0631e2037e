"""A compute: a named queue for steps, with how many run at a time and how large each may be. Pure.

It is kept as the official SDK's REST object, of `workspaces/computes`; a `Compute` is what acts of it. What does not
act here is said in notes, key by key.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cloister.errors import Fault, SpecError
from cloister.facts.compute_sizes import size_of

# Steps that name no compute, or one that nobody here has made, run on it.
DEFAULT: Final = "default"
CLUSTER: Final = "AmlCompute"
INSTANCE: Final = "ComputeInstance"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,30}[A-Za-z0-9]")
_IDLE = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
_MOST_INSTANCES = 1000
_ELSEWHERE: Final = {
    "Kubernetes": "a cluster of Kubernetes is not reached from here",
    "AKS": "a cluster of Kubernetes is not reached from here",
    "VirtualMachine": "another machine is not reached from here",
    "SynapseSpark": "a Spark pool is not reached from here",
    "HDInsight": "a cluster of HDInsight is not reached from here",
    "Databricks": "a workspace of Databricks is not reached from here",
    "DataFactory": "a data factory is not reached from here",
}
_AGENT: Final = "make it of type amlcompute, and run an agent for it on that machine: see docs/jobs/compute.md"
# Keys of the REST object that act here, and what the SDK writes where the author wrote nothing.
_ACTING: Final = frozenset({"id", "name", "type", "tags", "properties"})
# `disableLocalAuth` follows from whether credentials were given.
_ACTING_BELOW: Final = frozenset({"computeType", "description", "disableLocalAuth", "properties"})
_ACTING_BOTTOM: Final = frozenset({"vmSize", "vmPriority", "scaleSettings"})
_UNSAID: Final = {
    "remoteLoginPortPublicAccess": "NotSpecified",
    "enableNodePublicIp": True,
    "osType": "Linux",
    "enableSSO": True,
    "enableRootAccess": True,
    "releaseQuotaOnStop": False,
    "enableOSPatching": False,
    "applicationSharingPolicy": "Shared",
    "computeInstanceAuthorizationType": "personal",
}
# What becomes of keys that do not act; others are kept, and that is said.
_INSTEAD: Final = {
    "location": "it runs on this platform's machines",
    "identity": "each step has an identity of its own",
    "subnet": "its steps have the network of this platform",
    "userAccountCredentials": "nobody logs in to it; what was given is not kept",
    "sshSettings": "nobody logs in to it; what was given is not kept",
    "schedules": "it holds nothing while no step runs, so there is nothing to start or stop",
    "enableNodePublicIp": "it has no address of its own",
}
SECRET: Final = frozenset({"userAccountCredentials", "administratorAccount"})


@dataclass(frozen=True, slots=True)
class Compute:
    """What acts of a compute. `cores` and `memory_bytes` are those of a step; None where its size is not known."""

    name: str
    kind: str
    size: str = ""
    max_instances: int = 1
    min_instances: int = 0
    idle_seconds: int = 120
    low_priority: bool = False
    cores: int | None = None
    memory_bytes: int | None = None


def read(document: Mapping[str, object]) -> Compute:
    """The compute of a REST object. Raises SpecError with every fault."""
    name, above = document.get("name"), _mapping(document, "properties")
    kind, below = above.get("computeType"), _mapping(above, "properties")
    faults = [*_name_faults(name), *_kind_faults(name, kind)]
    if faults:
        raise SpecError(faults)
    size = str(below.get("vmSize") or "")
    known = size_of(size)
    scale = _mapping(below, "scaleSettings")
    least, most = _count(scale, "minNodeCount", 0), _count(scale, "maxNodeCount", 4)
    if (kind == CLUSTER and not 0 <= least <= most <= _MOST_INSTANCES) or most < 1:
        reason = f"has from {least} to {most} instances"
        mend = f"write min_instances and max_instances from 0 to {_MOST_INSTANCES}, the larger last"
        raise SpecError(Fault(f'compute "{name}"', reason, mend))
    priority = str(below.get("vmPriority") or "Dedicated")
    if priority.lower() not in ("dedicated", "lowpriority"):
        raise SpecError(Fault(f'compute "{name}"', f'has the tier "{priority}"', "write dedicated or low_priority"))
    return Compute(
        name=str(name),
        kind=str(kind),
        size=size,
        max_instances=most if kind == CLUSTER else 1,
        min_instances=least if kind == CLUSTER else 0,
        idle_seconds=_idle(str(name), scale.get("nodeIdleTimeBeforeScaleDown")),
        low_priority=priority.lower() == "lowpriority",
        cores=known.cores if known else None,
        memory_bytes=known.memory_bytes if known else None,
    )


def notes(document: Mapping[str, object]) -> Iterator[str]:
    """What was written and does not act here, and what holds instead."""
    compute = read(document)
    above = _mapping(document, "properties")
    below = _mapping(above, "properties")
    if compute.size and compute.cores is None:
        yield f"size {compute.size} is not known here: its steps get what the machine has"
    if compute.min_instances:
        yield f"min_instances {compute.min_instances}: no place is kept ready; a step starts at once where one is free"
    if compute.kind == INSTANCE:
        yield "type computeinstance: one step at a time; there is nobody's notebook on it yet"
    for level, acting in ((document, _ACTING), (above, _ACTING_BELOW), (below, _ACTING_BOTTOM)):
        for key in sorted(set(level) - acting):
            if level[key] is not None and (key not in _UNSAID or level[key] != _UNSAID[key]):
                yield f"{key}: {_INSTEAD.get(key, 'kept, and has no effect')}"


def without_secrets(document: Mapping[str, object]) -> dict[str, object]:
    """The REST object as it is kept: what would open a door is not."""
    return {
        key: without_secrets(value) if isinstance(value, Mapping) else value
        for key, value in document.items()
        if key not in SECRET
    }


def _name_faults(name: object) -> Iterator[Fault]:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        mend = "use 2 to 32 letters, digits and hyphens, a letter first and no hyphen last"
        yield Fault(f'compute "{str(name)[:40]}"', "is no name for a compute", mend)
    elif name == DEFAULT:
        yield Fault(f'compute "{name}"', "is there always", "give it another name")


def _kind_faults(name: object, kind: object) -> Iterator[Fault]:
    thing = f'compute "{str(name)[:40]}"'
    if kind in _ELSEWHERE:
        yield Fault(thing, f"is of type {str(kind).lower()}: {_ELSEWHERE[str(kind)]}", _AGENT)
    elif kind not in (CLUSTER, INSTANCE):
        yield Fault(thing, f'is of type "{str(kind)[:40]}"', "write type: amlcompute")


def _mapping(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = document.get(key)
    return found if isinstance(found, Mapping) else {}


def _count(scale: Mapping[str, object], key: str, default: int) -> int:
    found = scale.get(key, default)
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    raise SpecError(Fault(key, f'"{str(found)[:40]}" is no whole number', "write digits"))


def _idle(name: str, written: object) -> int:
    match = _IDLE.fullmatch(str(written or "PT2M"))
    if match is None:
        reason = f'"{str(written)[:40]}" is no time of idleness'
        raise SpecError(Fault(f'compute "{name}"', reason, "write idle_time_before_scale_down in seconds"))
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return (hours * 60 + minutes) * 60 + seconds
