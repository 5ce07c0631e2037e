"""Who was found to be asking, and what that finding rests on."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from starlette.types import Scope

from cloister.access.conditions import Context
from cloister.access.principals import Principal
from cloister.errors import Fault
from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.identity.headers import Headers


@dataclass(frozen=True, slots=True)
class Identified:
    """A principal, when it proved who it is (None: unknown), and what else the proof says.

    `body_sha256` is the hex digest that a signature promises of the body: whoever reads the body must hold it against
    that before anything of it takes effect. `context` holds what conditions may look at beside the principal itself.
    `behind` is the person that a step of a job acts for, with the groups of now.
    """

    principal: Principal
    authenticated_at: datetime | None = None
    body_sha256: str | None = None
    context: Context = field(default_factory=dict)
    behind: Principal | None = None


class Way(Protocol):
    """One way of proving who asks."""

    def speaks(self, headers: Headers) -> bool:
        """Whether the request uses this way. The first way that says so decides alone; there is no falling back."""

    async def identify(self, scope: Scope, headers: Headers) -> Identified:
        """Who asks. Raises UnauthenticatedError, or RefusedError."""


def unauthenticated(*, reason: str) -> UnauthenticatedError:
    """The error where nobody is known to be asking."""
    return UnauthenticatedError(Fault("request", reason, "log in: cloister login, or /cloister/login in a browser"))
