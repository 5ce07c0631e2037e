"""What a caller may cost the gateway: bounds with defaults that no ordinary client meets."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

_KEPT: Final = 10_000


class Limits(BaseModel):
    """Bounds of one process; several workers or replicas allow as many times the rates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    head_bytes: int = Field(default=64 * 1024, ge=4096)
    # Until a request's head is whole, and how long its body may send nothing, or its answer be left unread.
    head_seconds: float = Field(default=30, gt=0)
    idle_seconds: float = Field(default=120, gt=0)
    connections: int = Field(default=1000, ge=1)
    # Requests a second of one principal, and how many at once after a pause.
    rate: float = Field(default=500, gt=0)
    burst: int = Field(default=2000, ge=1)
    # Requests a second of one address that prove nobody.
    unknown_rate: float = Field(default=20, gt=0)
    unknown_burst: int = Field(default=200, ge=1)


class Rate:
    """Tokens by key: a request takes one, and they grow back at the rate up to the burst."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """0 where the request may go on, else the seconds until the next one may."""
        now = self._clock()
        left, at = self._left.get(key, (float(self._burst), now))
        left = min(float(self._burst), left + (now - at) * self._rate)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate
        self._left[key] = (left - 1 if left >= 1 else left), now
        self._left.move_to_end(key)
        if len(self._left) > _KEPT:
            self._left.popitem(last=False)
        return wait
