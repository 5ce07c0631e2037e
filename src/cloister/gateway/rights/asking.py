"""Who asks MLflow for something, with all that the policies are asked with."""

from dataclasses import dataclass, replace

from cloister.access.conditions import Context
from cloister.access.decision import Breadth, Request, is_explicit_deny
from cloister.access.invocations import INVOKE, Api, about_calls, joined
from cloister.access.policies import Effect
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.access.visible import Visible
from cloister.verdict import Answer, Verdict


@dataclass(frozen=True, slots=True)
class Call:
    """The call of an API that a request is, and what the asker's policies say of calls."""

    api: Api
    name: str
    policies: PolicySet


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, which policies speak for it, and what its request comes with whatever it is about.

    `call` is there only where some policy speaks of calls; then whatever is asked of objects is asked of it as well.
    """

    principal: Principal
    policies: PolicySet
    around: Context
    call: Call | None = None

    def calling(self, api: Api | None, method: str, path: str) -> "Asker":
        """The same asker with a request that is a call of `api`."""
        policies = about_calls(self.policies) if api else None
        return replace(self, call=Call(api, api.call(method, path), policies)) if api and policies else self

    def by_way_of(self, method: str, path: str) -> "Asker":
        """The same asker, had its request been another call."""
        return replace(self, call=replace(self.call, name=self.call.api.call(method, path))) if self.call else self

    def asks(self, action: str, resource: str, context: Context | None = None) -> Request:
        """One question to the policies."""
        return Request(self.principal, action, resource, {**self.around, **(context or {})})

    def answer(self, request: Request) -> Verdict:
        """The answer to one question: of the object, and of the call that the request is."""
        of_object = self.policies.decide(request)
        return joined(of_object, self._of_call(self.call, request.context)) if self.call else of_object

    def decide(self, action: str, resource: str) -> Verdict:
        """The answer to one question without a context of its own."""
        return self.answer(self.asks(action, resource))

    def looks_at(self, action: str) -> frozenset[str]:
        """The keys of the context that a policy may look at when the action is asked for."""
        of_object = self.policies.looks_at(action)
        return of_object | self.call.policies.looks_at(INVOKE) if self.call else of_object

    def breadth(self, action: str, kind: str) -> Breadth:
        """How much of a kind of resource the asker may use; an allowed call means all that nothing denies."""
        of_objects = self.policies.breadth(action, kind)
        if self.call is None:
            return of_objects
        of_call = self._of_call(self.call, self.around)
        if is_explicit_deny(of_call):
            return Breadth.NONE
        if of_call.answer is not Answer.ALLOW:
            return of_objects
        return Breadth.SOME if self._is_denied_anything(action) else Breadth.ALL

    def visible(self, action: str, kind: str, told: Context | None = None) -> Visible:
        """Names of a kind of resource that the asker may use; an allowed call means all that nothing denies.

        `told` is what the resources that are meant have in common, for conditions that look at it.
        """
        found = self.policies.patterns(action, kind, {**self.around, **(told or {})})
        if self.call is None:
            return found
        of_call = self._of_call(self.call, self.around)
        if is_explicit_deny(of_call):
            return Visible((), (), exact=True)
        return Visible(("*",), found.deny, exact=False) if of_call.answer is Answer.ALLOW else found

    def _of_call(self, call: Call, context: Context) -> Verdict:
        return call.policies.decide(Request(self.principal, INVOKE, call.name, context))

    def _is_denied_anything(self, action: str) -> bool:
        return any(
            statement.effect is Effect.DENY and statement.actions.matches(action)
            for policy in self.policies.policies
            for statement in policy.statements
        )
