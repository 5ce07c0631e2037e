"""Who asks MLflow for something, with all that the policies are asked with."""

from collections.abc import Sequence
from dataclasses import dataclass

from cloister.access.conditions import Context
from cloister.access.decision import Request, decide
from cloister.access.policies import Policy
from cloister.access.principals import Principal
from cloister.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, which policies speak for it, and what its request comes with whatever it is about."""

    principal: Principal
    policies: Sequence[Policy]
    around: Context

    def asks(self, action: str, resource: str, context: Context | None = None) -> Request:
        """One question to the policies."""
        return Request(self.principal, action, resource, {**self.around, **(context or {})})

    def decide(self, action: str, resource: str) -> Verdict:
        """The answer to one question."""
        return decide(self.policies, self.asks(action, resource))
