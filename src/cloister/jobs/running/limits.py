"""How much of a machine one step may use: by what the agent allows, and by the size of the step's compute. Pure."""

from dataclasses import dataclass

_GIB = 2**30


@dataclass(frozen=True, slots=True)
class StepLimits:
    """What all processes of a step together may use; None where nothing bounds it.

    `disk_bytes` is what it may write below its folders, `processes` counts threads as well.
    """

    processors: int | None = None
    memory_bytes: int | None = None
    processes: int | None = None
    disk_bytes: int | None = None

    def within(self, other: "StepLimits") -> "StepLimits":
        """The smaller of each."""
        return StepLimits(
            processors=_least(self.processors, other.processors),
            memory_bytes=_least(self.memory_bytes, other.memory_bytes),
            processes=_least(self.processes, other.processes),
            disk_bytes=_least(self.disk_bytes, other.disk_bytes),
        )


UNBOUNDED = StepLimits()


def amount(size: int) -> str:
    """Bytes as people write them."""
    return f"{size / _GIB:.3g} GiB" if size >= _GIB else f"{size / 2**20:.3g} MiB"


def _least(one: int | None, other: int | None) -> int | None:
    return min((bound for bound in (one, other) if bound is not None), default=None)
