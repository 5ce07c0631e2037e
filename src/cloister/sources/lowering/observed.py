"""What was seen of the running estate, each record with the place at which it was printed."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from cloister.inventory import azure
from cloister.sources.document.observed import ObservedBlock
from cloister.sources.lowering.spots import Spot, attributes

R = TypeVar("R")


def observed(block: ObservedBlock | None, here: Spot) -> azure.Observed | None:
    """What was seen, where anything was."""
    if block is None:
        return None
    place = here.of("observed")

    def records(key: str, kind: Callable[..., R]) -> tuple[R, ...] | None:
        return _records(getattr(block, key), place.of(key), kind) if getattr(block, key) is not None else None

    return azure.Observed(
        collected=block.collected,
        computes=records("computes", azure.SeenCompute),
        jobs=records("jobs", azure.SeenJob),
        online_deployments=records("online_deployments", azure.SeenDeployment),
        schedules=records("schedules", azure.SeenSchedule),
        models=records("models", azure.SeenModel),
        usages=records("usages", azure.SeenUsage),
        network_usages=records("network_usages", azure.SeenNetworkUsage),
        resources=records("resources", azure.SeenResource),
        origin=place.origin,
    )


def _records(blocks: tuple[BaseModel, ...], place: Spot, kind: Callable[..., R]) -> tuple[R, ...]:
    return tuple(
        kind(**attributes(block), origin=item.origin) for block, item in zip(blocks, place.members(), strict=True)
    )
