"""Who asks MLflow for something, with all that the policies are asked with."""

from dataclasses import dataclass

from cloister.access.conditions import Context
from cloister.access.decision import Request
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, which policies speak for it, and what its request comes with whatever it is about."""

    principal: Principal
    policies: PolicySet
    around: Context

    def asks(self, action: str, resource: str, context: Context | None = None) -> Request:
        """One question to the policies."""
        return Request(self.principal, action, resource, {**self.around, **(context or {})})

    def decide(self, action: str, resource: str) -> Verdict:
        """The answer to one question."""
        return self.policies.decide(self.asks(action, resource))
