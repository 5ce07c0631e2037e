"""Who asks MLflow for something, with all that the policies are asked with."""

from dataclasses import dataclass, replace

from cloister.access.conditions import Context
from cloister.access.decision import Breadth, Request, is_explicit_deny
from cloister.access.invocations import INVOKE, Api, about_calls, joined
from cloister.access.policies import Effect
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.access.visible import Visible, both
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
    `behind` is whom a step of a job acts for: it may do nothing that its submitter may not.
    """

    principal: Principal
    policies: PolicySet
    around: Context
    call: Call | None = None
    behind: "Asker | None" = None

    def calling(self, api: Api | None, method: str, path: str) -> "Asker":
        """The same asker with a request that is a call of `api`."""
        behind = self.behind.calling(api, method, path) if self.behind else None
        policies = about_calls(self.policies) if api else None
        call = Call(api, api.call(method, path), policies) if api and policies else None
        return replace(self, call=call, behind=behind)

    def by_way_of(self, method: str, path: str) -> "Asker":
        """The same asker, had its request been another call."""
        behind = self.behind.by_way_of(method, path) if self.behind else None
        call = replace(self.call, name=self.call.api.call(method, path)) if self.call else None
        return replace(self, call=call, behind=behind)

    def asks(self, action: str, resource: str, context: Context | None = None) -> Request:
        """One question to the policies."""
        return Request(self.principal, action, resource, {**self.around, **(context or {})})

    def answer(self, request: Request) -> Verdict:
        """The answer to one question: of the object, and of the call that the request is."""
        of_object = self.policies.decide(request)
        verdict = joined(of_object, self._of_call(self.call, request.context)) if self.call else of_object
        if self.behind is None:
            return verdict
        return _first_refusal(verdict, self.behind.answer(_asked_of(self.behind, request)))

    def of_object(self, request: Request) -> Verdict:
        """The answer of the policies of objects alone, whatever call the request is."""
        verdict = self.policies.decide(request)
        if self.behind is None:
            return verdict
        return _first_refusal(verdict, self.behind.of_object(_asked_of(self.behind, request)))

    def decide(self, action: str, resource: str) -> Verdict:
        """The answer to one question without a context of its own."""
        return self.answer(self.asks(action, resource))

    def looks_at(self, action: str) -> frozenset[str]:
        """The keys of the context that a policy may look at when the action is asked for."""
        own = self.policies.looks_at(action)
        own |= self.call.policies.looks_at(INVOKE) if self.call else frozenset()
        return own | self.behind.looks_at(action) if self.behind else own

    def breadth(self, action: str, kind: str) -> Breadth:
        """How much of a kind of resource the asker may use; an allowed call means all that nothing denies."""
        own = self._own_breadth(action, kind)
        if self.behind is None or own is Breadth.NONE:
            return own
        theirs = self.behind.breadth(action, kind)
        return theirs if own is Breadth.ALL or theirs is Breadth.NONE else Breadth.SOME

    def _own_breadth(self, action: str, kind: str) -> Breadth:
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
        own = self._own_visible(action, kind, told)
        return both(own, self.behind.visible(action, kind, told)) if self.behind else own

    def _own_visible(self, action: str, kind: str, told: Context | None) -> Visible:
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


def _asked_of(behind: Asker, request: Request) -> Request:
    """The same question about whom the asker acts for, with what is known of that one."""
    return Request(behind.principal, request.action, request.resource, {**request.context, **behind.around})


def _first_refusal(verdict: Verdict, of_submitter: Verdict) -> Verdict:
    return verdict if verdict.answer is not Answer.ALLOW or of_submitter.answer is Answer.ALLOW else of_submitter
