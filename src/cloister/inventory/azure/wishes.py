"""What the owner requires of an environment: facts no resource states."""

from dataclasses import dataclass
from typing import Literal

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What the owner requires; where nothing is stated, nobody has said.

    `stage` is what the environment is for, `api` which version of Azure Machine Learning's API its people use.
    `customer_managed_keys`: whether data must be encrypted with keys of one's own. `user_assigned_identities`: whether
    workspaces must act as identities that live apart from them. `on_premises_names`: whether what stands in Azure asks
    for names that only sites know.
    `availability` is that of serving, in percent. `recovery`: whether work goes on in another region when one is lost.
    `training` are the classes of machines that training needs, `peak_nodes` pairs (cluster, nodes that it needs at
    once). What follows are targets: hours that a training may take, days until a model is trained again, and for what
    serves the time of a response, the load, and the share of errors.
    """

    stage: Literal["dev", "test", "prod"] | None = None
    api: Literal["v1", "v2"] | None = None
    customer_managed_keys: bool | None = None
    user_assigned_identities: bool | None = None
    on_premises_names: bool | None = None
    availability: float | None = None
    recovery: Literal["region", "none"] | None = None
    training: tuple[Literal["general", "compute", "memory", "gpu"], ...] = ()
    peak_nodes: tuple[tuple[str, int], ...] = ()
    training_hours: int | None = None
    retrain_days: int | None = None
    response_ms: int | None = None
    requests_per_second: int | None = None
    error_percent: float | None = None
    origin: Origin
