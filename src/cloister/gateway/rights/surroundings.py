"""What conditions may look at of every request: where it comes from, when, who asks, and how long ago that was proved.

Key names after IAM's global condition keys (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys,
read 2026-11); `cloister:AuthenticationAge` is ours, in seconds.
"""

from datetime import UTC, datetime
from functools import lru_cache

from cloister.access.conditions import Context
from cloister.gateway.identity.identified import Identified


def surroundings(identified: Identified, source: str, now: datetime) -> Context:
    """The context of a request from the address `source` at the time `now`."""
    context = {
        **identified.context,
        "aws:SourceIp": (source,),
        **_time(int(now.timestamp())),
        "aws:username": (identified.principal.name,),
        **{f"aws:PrincipalTag/{key}": (value,) for key, value in identified.principal.tags},
    }
    if identified.authenticated_at is not None:
        age = max(0, int((now - identified.authenticated_at).total_seconds()))
        context["cloister:AuthenticationAge"] = (str(age),)
    return context


@lru_cache(maxsize=1)
def _time(seconds: int) -> Context:
    """The time as conditions see it, which is the same for every request of a second."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return {"aws:CurrentTime": (f"{moment:%Y-%m-%dT%H:%M:%SZ}",), "aws:EpochTime": (str(seconds),)}
