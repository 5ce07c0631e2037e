"""Separation of duties: nobody moves a version into production that was made by a run of their own.

What counts is who stands behind the version: whoever created its run or its logged model or wrote into them, directly
or through a job. Where that is not known, the move is refused: unknown is not a pass.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from cloister.access.decision import Request, refused
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

_RULE = Rule(name="separation of duties")


@dataclass(frozen=True, slots=True)
class Duties:
    """Which moves need a second person. `separated` off is for a site that decides so; it is on by default."""

    separated: bool = True
    stages: tuple[str, ...] = ("Production",)
    aliases: tuple[str, ...] = ("production", "champion")

    def approves(self, request: Request) -> bool:
        """Whether the request moves a version to a protected stage or alias; letter case does not matter."""
        moved = {value.casefold() for key in ("mlflow:Stage", "mlflow:Alias") for value in request.context.get(key, ())}
        return bool(moved & {name.casefold() for name in (*self.stages, *self.aliases)})

    def guards(self, request: Request) -> bool:
        """Whether the request is an approval that needs a second person."""
        return self.separated and self.approves(request)


def separate(
    allowed: Verdict,
    request: Request,
    makers: Collection[str] | None,
    answering_for: Callable[[Collection[str]], Collection[str]] = frozenset,
) -> Verdict:
    """The verdict after the second look at an allowed move; `makers` None: nobody recorded who made the version.

    `answering_for` adds to names everybody who could log in under one of them.
    """
    if allowed.answer is not Answer.ALLOW:
        return allowed
    mend = "let a model approver move it who did not take part in making it"
    if not makers:
        reason = f"it is not recorded who made {request.resource}"
        return refused(request, reason, _RULE, "register a version whose run or logged model was made through Cloister")
    if own := request.principal.persons & set(makers):
        reason = f"{request.principal} made {request.resource} ({', '.join(sorted(own))}) and may not approve it"
        return refused(request, reason, _RULE, mend)
    if same := set(answering_for(request.principal.persons)) & set(answering_for(makers)):
        who = ", ".join(sorted(same))
        reason = f"{who} set up the account or password of {request.principal} or of who made {request.resource}"
        own_mend = "let a model approver move it whose account comes from cloister.yaml, as its maker's does"
        return refused(request, reason, _RULE, own_mend)
    text = f"{request.resource} was made by {', '.join(sorted(makers))}"
    step = Step(Layer.AUTHORIZATION, request.resource, Outcome.PASS, text, _RULE)
    return Verdict(Answer.ALLOW, allowed.reason, (*allowed.trace, step))


def not_by_a_job(verdict: Verdict, request: Request) -> Verdict:
    """The refusal of an approval by no person, whatever its policy says: nobody has looked at the version."""
    if verdict.answer is not Answer.ALLOW:
        return verdict
    reason = f"{request.principal} is a {request.principal.kind}, and only people approve"
    return refused(request, reason, _RULE, "let a model approver move it who did not take part in making it")
