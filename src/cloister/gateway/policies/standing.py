"""The kept policies as they stand: held in memory, and asked about at most twice a second whether they changed.

What is asked is one number that every change counts on, so a change made anywhere counts everywhere within a second,
and requests cost no query of their own. Where the number cannot be read nobody is answered from what once stood.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import anyio
import anyio.to_thread
from sqlalchemy import Engine

from cloister.access.policies import Policy, read_policy
from cloister.access.principals import Principal
from cloister.errors import SpecError
from cloister.gateway.policies.kept import Everything, Target, everything, revision

_ASK_SECONDS: Final = 0.5
_DENY_ALL: Final = """{"Version": "2012-10-17", "Statement": [
    {"Sid": "TheDocumentCannotBeRead", "Effect": "Deny", "Action": "*", "Resource": "*"}]}"""


@dataclass(frozen=True, slots=True)
class Stand:
    """The kept policies of one revision, by name, and the names of those that are attached, by target."""

    revision: int
    policies: Mapping[str, Policy]
    attached: Mapping[Target, tuple[str, ...]]

    def speaking_for(self, principal: Principal, roles: tuple[str, ...]) -> tuple[Policy, ...]:
        """The policies that speak for a principal who has these roles, by name."""
        names = {name for target in targets_of(principal, roles) for name in self.names_attached_to(target)}
        return tuple(self.policies[name] for name in sorted(names))

    def names_attached_to(self, target: Target) -> tuple[str, ...]:
        """The names of the policies that are attached to a target."""
        return self.attached.get(target, ())


class StandingPolicies:
    """The kept policies of one process."""

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = anyio.Lock()
        self._asked_at: float | None = None
        # Replaced as a whole, so that whoever holds it has one revision in hand.
        self.now = Stand(-1, {}, {})

    async def refresh(self) -> None:
        """Make sure that what stands is at most half a second old."""
        if self._is_fresh():
            return
        async with self._lock:
            if not self._is_fresh():
                # The time counts from before the question: what changes meanwhile is seen at the next one.
                asked_at = self._clock()
                await anyio.to_thread.run_sync(self._read)
                self._asked_at = asked_at

    def forget(self) -> None:
        """Ask at the next request (after a change through this process)."""
        self._asked_at = None

    def _is_fresh(self) -> bool:
        return self._asked_at is not None and self._clock() < self._asked_at + _ASK_SECONDS

    def _read(self) -> None:
        # The number first: should the policies be newer than it says, they are read once more.
        number = revision(self._engine)
        if number != self.now.revision:
            self.now = stand(everything(self._engine), number)


def targets_of(principal: Principal, roles: tuple[str, ...]) -> tuple[Target, ...]:
    """What a policy may be attached to so that it speaks for the principal. A workload is attached to like a user."""
    named = (Target("user", principal.name),) if principal.kind in ("user", "workload") else ()
    return (*named, *map(partial(Target, "group"), principal.groups), *map(partial(Target, "role"), roles))


def stand(kept: Everything, number: int) -> Stand:
    """What is kept, read."""
    policies = {one.policy: _read_or_deny(one.policy, one.document or "") for one in kept.versions}
    attached: dict[Target, tuple[str, ...]] = {}
    for name, target in kept.attachments:
        if name in policies:
            attached[target] = (*attached.get(target, ()), name)
    return Stand(number, policies, attached)


def _read_or_deny(name: str, document: str) -> Policy:
    """The policy. One that an older release took and this one cannot read denies, because it may have denied."""
    try:
        return read_policy(document, name)
    except SpecError:
        return read_policy(_DENY_ALL, name)
