"""Who may: the port through which the router and the control routes ask, before they look at anything else."""

from typing import Protocol

from starlette.requests import Request

from cloister.errors import RefusedError, SourceError
from cloister.gateway.guard import Guard, RequestFacts
from cloister.gateway.mlflow.resources import named

INVOKE = "cloister:InvokeEndpoint"
READ = "cloister:ReadEndpoint"
MANAGE = "cloister:ManageEndpoint"


class Authorizer(Protocol):
    """Decides one request, and writes the decision down where decisions are kept."""

    async def recognize(self, request: Request) -> None:
        """Nothing, where it is known who asks. Raises the gateway's UnauthenticatedError, or RefusedError."""

    async def admit(self, request: Request, action: str, resource: str) -> str:
        """The name of the principal who asks. Raises the gateway's UnauthenticatedError, or RefusedError."""


class Guarded:
    """The gateway's guard as the authorizer: the same tokens, roles and record of decisions as for MLflow."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def recognize(self, request: Request) -> None:
        """As the port says; a refusal is on record before this raises."""
        try:
            await self._guard.authenticate(request.scope)
        except (RefusedError, SourceError) as error:
            await self._guard.record_refusal(error, RequestFacts.of(request.scope))
            raise

    async def admit(self, request: Request, action: str, resource: str) -> str:
        """As the port says; the decision is on record before this returns."""
        return (await self._guard.require(request.scope, action, resource)).name


def resource_of(endpoint: str) -> str:
    """The name of an endpoint in policies."""
    return named("online-endpoint", endpoint)
