"""Where an open way is open and what would close it; what would decide an undecided one."""

from cloister.verdict import Layer, Outcome, Step, Verdict


def open_at(verdict: Verdict) -> Step:
    """The step that lets an open way through.

    A firewall decides for whom it lets out, so its rule comes first; from the inside out it is else the route, which
    leads past every firewall; from the outside in there is no route of ours, and the door itself is what stands open.
    """
    passed = [step for step in verdict.trace if step.outcome is Outcome.PASS and step.layer is not Layer.RETURN]
    for layer in (Layer.FIREWALL, *((Layer.ENDPOINT,) if _comes_from_outside(verdict) else (Layer.ROUTE,))):
        steps = [step for step in passed if step.layer is layer]
        if steps:
            return steps[-1]
    return passed[-1] if passed else verdict.trace[-1]


def closing_mend(verdict: Verdict) -> str:
    """The smallest change that would close an open way."""
    step = open_at(verdict)
    rule = step.rule
    if step.layer is Layer.FIREWALL and rule is not None:
        where = f" ({rule.origin})" if rule.origin else ""
        return f"remove or narrow rule {rule.name}{where}"
    if step.layer is Layer.ROUTE:
        return f"route 0.0.0.0/0 of {step.at} to a firewall that permits approved names only"
    return f"close the public door of {step.at}: no public network access, no public address"


def deciding_mend(verdict: Verdict) -> str:
    """What to state so that the question can be decided, or nothing where the verdict was decided."""
    step = verdict.first_refusal
    if step is None or step.outcome is not Outcome.UNKNOWN:
        return ""
    if step.rule is None or not step.rule.name:
        return f"describe what the spec leaves open at {step.at}"
    where = f" ({step.rule.origin})" if step.rule.origin else ""
    return f"let rule {step.rule.name}{where} name what it is about, so that it can be decided"


def _comes_from_outside(verdict: Verdict) -> bool:
    """Traffic from the internet leaves no place of ours, so nothing asks a resolver of ours or meets a filter first."""
    return any(step.layer is Layer.ROUTE and step.at == "internet" for step in verdict.trace)
