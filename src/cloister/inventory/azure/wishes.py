"""What the owner requires of an environment: facts no resource states."""

from dataclasses import dataclass
from typing import Literal

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What the owner requires; where nothing is stated, nobody has said.

    `stage` is what the environment is for, `api` which version of Azure Machine Learning's API its people use.
    `customer_managed_keys`: whether data must be encrypted with keys of one's own. `user_assigned_identities`: whether
    workspaces must act as identities that live apart from them.
    """

    stage: Literal["dev", "test", "prod"] | None = None
    api: Literal["v1", "v2"] | None = None
    customer_managed_keys: bool | None = None
    user_assigned_identities: bool | None = None
    origin: Origin
