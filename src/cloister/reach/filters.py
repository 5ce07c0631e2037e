"""What a filter says to a flow: the first rule that matches decides, unless an undecided rule before it disagrees."""

from typing import Protocol as Typed

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.fabric import Fabric
from cloister.fabric.filters import SENT_FROM, Filter, FilterRule
from cloister.fabric.flows import ANY_HOST, Flow
from cloister.fabric.sets import AddressSet
from cloister.reach.judged import Judged, called, noted, passed, refused, unsure
from cloister.verdict import Layer


def judge_inbound(fabric: Fabric, at: str, levels: tuple[Filter, ...], flow: Flow) -> list[Judged]:
    """What the filters at the receiving end say, in the order in which they are met."""
    return _judge_levels(fabric, at, [(f, f.inbound) for f in levels], flow, "in")


def judge_outbound(fabric: Fabric, at: str, levels: tuple[Filter, ...], flow: Flow) -> list[Judged]:
    """What the filters at the sending end say, in the order in which they are met."""
    return _judge_levels(fabric, at, [(f, f.outbound) for f in levels], flow, "out")


def _judge_levels(
    fabric: Fabric, at: str, levels: list[tuple[Filter, tuple[FilterRule, ...]]], flow: Flow, way: str
) -> list[Judged]:
    if not levels:
        text = f"no filter stands here, so it is let {way}"
        return [noted(Layer.FILTER, at, text, fabric.behaviours["no-filter-inside"])]
    judged: list[Judged] = []
    skipping: FilterRule | None = None
    for level, rules in levels:
        judged.append(_judge(fabric, at, level, rules, flow, way))
        if judged[-1].refuses:
            break
        if not any(rule.ends for rule in rules):  # as in all but those above owners: to read them twice is dear
            continue
        decided, doubtful = first_match(rules, flow, fabric)
        if decided and decided.ends and all(rule.ends for rule in doubtful):
            break
        skipping = skipping or _may_end(decided, doubtful)
    return [_unless_skipped(item, skipping, flow, fabric) for item in judged] if skipping else judged


def _may_end(decided: FilterRule | None, doubtful: tuple[FilterRule, ...]) -> FilterRule | None:
    """The undecided rule on which it hangs whether the reading of filters ends here."""
    ends = decided is not None and decided.ends
    return next((rule for rule in doubtful if rule.ends or ends), None)


def _unless_skipped(item: Judged, skipping: FilterRule, flow: Flow, fabric: Fabric) -> Judged:
    """A refusal that is in doubt, because a rule before it may have ended the reading."""
    if not item.refuses:
        return item
    text = f"{doubt(skipping, flow, fabric.public)}, so {called(skipping.rule)} may or may not let it pass all filters"
    return unsure(Layer.FILTER, item.step.at, text, skipping.rule)


def _judge(fabric: Fabric, at: str, level: Filter, rules: tuple[FilterRule, ...], flow: Flow, way: str) -> Judged:
    spared = flow.destination.within <= fabric.platform.spared
    if spared:
        rules = tuple(rule for rule in rules if _names_platform(fabric, rule))
    decided, doubtful = first_match(rules, flow, fabric)
    if decided is None and spared:
        return passed(Layer.FILTER, at, f"{level.name} spares the platform's own addresses", fabric.platform.rule)
    layer = Layer.RETURN if level.of_replies else Layer.FILTER
    what, way = ("the replies", _BACK[way]) if level.of_replies else ("it", way)
    allowed = decided.allow if decided else level.hands_on
    opposed = next((rule for rule in doubtful if rule.allow != allowed), None)
    if opposed is not None:
        text = f"{doubt(opposed, flow, fabric.public)}, so {called(opposed.rule)} may or may not be about it"
        return unsure(layer, at, text, opposed.rule)
    if decided is None:
        text = f"no rule of {level.name} is about {what}"
        if level.hands_on:
            return noted(layer, at, text, level.rule)
        return refused(layer, at, text, level.rule, _mend(fabric, level, flow, way) if level.rule.origin else "")
    by = "" if decided.rule.origin else f" by default rule {decided.rule.name}"
    if decided.allow:
        return passed(layer, at, f"{level.name} lets {what} {way}{by}", decided.rule)
    mend = _mend(fabric, level, flow, way) if level.rule.origin else ""
    return refused(layer, at, f"{level.name} does not let {what} {way}{by}", decided.rule, mend)


_BACK = {"in": "out", "out": "in"}


def _mend(fabric: Fabric, level: Filter, flow: Flow, way: str) -> str:
    """The rule that would let the flow through, or who has to judge it where no rule on addresses can."""
    if level.of_replies:
        other = flow.source if way == "out" else flow.destination
        end = f"to {other}" if way == "out" else f"from {other}"
        return f"allow {flow.protocol}/{SENT_FROM} {end} in {level.name}, for replies"
    other = flow.destination if way == "out" else flow.source
    if other.single or not other.within <= fabric.public or not flow.host or flow.host == ANY_HOST or way == "in":
        return f"allow {flow.traffic} {'to' if way == 'out' else 'from'} {other} in {level.name}"
    if other.labels:
        return f"allow {flow.traffic} to a service tag that holds {other} in {level.name}"
    return f"let {level.name} pass {flow.traffic} to the internet, and a firewall on the way judge the name {other}"


def _names_platform(fabric: Fabric, rule: FilterRule) -> bool:
    return any(match.labels & fabric.platform.labels for match in rule.destinations)


class _OfAddresses(Typed):
    """A rule on sources and, but for rules on names, destinations."""

    @property
    def sources(self) -> tuple[AddressMatch, ...]:
        """What it says of the source."""


def doubt(rule: _OfAddresses, flow: Flow, public: AddressSet) -> str:
    """The fact that is missing to tell whether a rule is about a flow, in words."""
    matches = (*((match, flow.source) for match in rule.sources),)
    matches += tuple((match, flow.destination) for match in getattr(rule, "destinations", ()))
    found = next(((match, address) for match, address in matches if match.holds(address, public) is None), None)
    if found:
        return f"whether {found[1]} belongs to {found[0].text} is not known"
    if isinstance(rule, FilterRule) and rule.about_ports(flow) is None:
        has = "which port it is sent from is not known" if flow.protocol.has_ports else f"{flow.traffic} has no ports"
        return f"{has}, and the rule names ports"
    return f"what the rule says of {flow.traffic} is not known"


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
