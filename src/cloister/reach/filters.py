"""What a filter says to a flow: the first rule that matches decides, unless an undecided rule before it disagrees."""

from typing import Protocol

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.fabric import Fabric
from cloister.fabric.filters import Filter, FilterRule
from cloister.fabric.flows import Flow
from cloister.fabric.sets import AddressSet
from cloister.reach.judged import Judged, called, noted, passed, refused, unsure
from cloister.verdict import Layer


def judge_inbound(fabric: Fabric, at: str, levels: tuple[Filter | None, ...], flow: Flow) -> list[Judged]:
    """What the filters at the receiving end say, the outer one first."""
    return _judge_levels(fabric, at, [(f, f.inbound) for f in levels if f], flow, "in")


def judge_outbound(fabric: Fabric, at: str, levels: tuple[Filter | None, ...], flow: Flow) -> list[Judged]:
    """What the filters at the sending end say, the inner one first."""
    return _judge_levels(fabric, at, [(f, f.outbound) for f in levels if f], flow, "out")


def _judge_levels(
    fabric: Fabric, at: str, levels: list[tuple[Filter, tuple[FilterRule, ...]]], flow: Flow, way: str
) -> list[Judged]:
    if not levels:
        text = f"no filter stands here, so it is let {way}"
        return [noted(Layer.FILTER, at, text, fabric.behaviours["no-filter-inside"])]
    judged: list[Judged] = []
    for level, rules in levels:
        judged.append(_judge(fabric, at, level, rules, flow, way))
        if judged[-1].refuses:
            break
    return judged


def _judge(fabric: Fabric, at: str, level: Filter, rules: tuple[FilterRule, ...], flow: Flow, way: str) -> Judged:
    spared = flow.destination.within <= fabric.platform.spared
    if spared:
        rules = tuple(rule for rule in rules if _names_platform(fabric, rule))
    decided, doubtful = first_match(rules, flow, fabric)
    if decided is None and spared:
        return passed(Layer.FILTER, at, f"{level.name} spares the platform's own addresses", fabric.platform.rule)
    if decided is None:
        return refused(Layer.FILTER, at, f"no rule of {level.name} is about it", level.rule)
    opposed = next((rule for rule in doubtful if rule.allow != decided.allow), None)
    if opposed is not None:
        text = f"{doubt(opposed, flow, fabric.public)}, so {called(opposed.rule)} may or may not be about it"
        return unsure(Layer.FILTER, at, text, opposed.rule)
    by = "" if decided.rule.origin else f" by default rule {decided.rule.name}"
    if decided.allow:
        return passed(Layer.FILTER, at, f"{level.name} lets it {way}{by}", decided.rule)
    other = f"to {flow.destination}" if way == "out" else f"from {flow.source}"
    mend = f"allow {flow.protocol}/{flow.port} {other} in {level.name}" if level.rule.origin else ""
    return refused(Layer.FILTER, at, f"{level.name} does not let it {way}{by}", decided.rule, mend)


def _names_platform(fabric: Fabric, rule: FilterRule) -> bool:
    return any(match.labels & fabric.platform.labels for match in rule.destinations)


class _OfAddresses(Protocol):
    """A rule on sources and, but for rules on names, destinations."""

    @property
    def sources(self) -> tuple[AddressMatch, ...]:
        """What it says of the source."""


def doubt(rule: _OfAddresses, flow: Flow, public: AddressSet) -> str:
    """The fact that is missing to tell whether a rule is about a flow, in words."""
    matches = (*((match, flow.source) for match in rule.sources),)
    matches += tuple((match, flow.destination) for match in getattr(rule, "destinations", ()))
    found = next(((match, address) for match, address in matches if match.holds(address, public) is None), None)
    return f"whether {found[1]} belongs to {found[0].text} is not known" if found else "it is not known well enough"


def first_match(
    rules: tuple[FilterRule, ...], flow: Flow, fabric: Fabric
) -> tuple[FilterRule | None, tuple[FilterRule, ...]]:
    """The first rule that surely matches, and the rules before it of which that cannot be told."""
    doubtful: list[FilterRule] = []
    for rule in rules:
        matches = rule.matches(flow, fabric.public)
        if matches:
            return rule, tuple(doubtful)
        if matches is None:
            doubtful.append(rule)
    return None, tuple(doubtful)
