"""Which route a packet takes: the longest prefix, then whose route it is, with the exceptions that clouds make."""

from dataclasses import dataclass

from cloister.fabric.addresses import Address
from cloister.fabric.fabric import Fabric, Segment
from cloister.fabric.routes import HopKind, Preference, Route
from cloister.verdict import Rule

_GROUP_LENGTHS = (8, 32)  # how short and how long the prefixes of published address groups are


@dataclass(frozen=True, slots=True)
class Choice:
    """The route that is taken; or none, with the reason, and whether that is a doubt or surely no route."""

    route: Route | None
    doubt: str = ""
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    route: Route
    sure: bool

    @property
    def lengths(self) -> tuple[int, int]:
        """The shortest and the longest prefix with which the route may match."""
        return _GROUP_LENGTHS if self.route.length is None else (self.route.length, self.route.length)


def choose(fabric: Fabric, segment: Segment, address: Address) -> Choice:
    """The route from a segment to an address."""
    candidates = _without_losers(_candidates(fabric, segment, address))
    conflict = _conflict(fabric, candidates)
    if conflict is not None:
        return conflict
    contenders = _contenders(candidates)
    hops = {candidate.route.hop for candidate in contenders}
    if not contenders:
        return Choice(None)
    if len(hops) > 1:
        names = " or ".join(sorted({candidate.route.rule.name for candidate in contenders}))
        return Choice(None, f"the address is not known well enough to tell which route it takes: {names}")
    return Choice(contenders[0].route)


def _candidates(fabric: Fabric, segment: Segment, address: Address) -> list[_Candidate]:
    shared = fabric.networks[segment.network].routes
    found: list[_Candidate] = []
    for route in (*segment.routes, *shared):
        if route.preference is Preference.LEARNED and not segment.learns_routes:
            continue
        matches = route.to.holds(address, fabric.public)
        if matches is not False:
            found.append(_Candidate(route, sure=matches is True))
    return found


def _without_losers(candidates: list[_Candidate]) -> list[_Candidate]:
    """Without learned routes where a fixed one matches, and without endpoint routes that a user's route overrides."""
    fixed = any(c.sure and c.route.preference is Preference.FIXED for c in candidates)
    longest = max((c.lengths[0] for c in candidates if c.sure and c.route.preference is Preference.USER), default=-1)
    return [
        candidate
        for candidate in candidates
        if not (fixed and candidate.route.preference is Preference.LEARNED) and candidate.route.yields_at > longest
    ]


def _conflict(fabric: Fabric, candidates: list[_Candidate]) -> Choice | None:
    """A route by service identity against a user's route for the same service: sources disagree which one wins."""
    service = any(c.sure and c.route.hop.kind is HopKind.SERVICE for c in candidates)
    for candidate in candidates:
        long_enough = candidate.lengths[1] >= _GROUP_LENGTHS[0]
        if service and candidate.route.preference is Preference.USER and long_enough:
            rule = fabric.behaviours["service-route"]
            text = f"{candidate.route.rule.name} and a service endpoint lead to the same service, and sources disagree"
            return Choice(None, f"{text} which one is taken", rule)
    return None


def _contenders(candidates: list[_Candidate]) -> list[_Candidate]:
    """The routes that may be taken: the best sure one, and each unsure one that could be better."""
    sure = [candidate for candidate in candidates if candidate.sure]
    if not sure:
        return candidates
    best = min(sure, key=lambda c: (-c.lengths[0], c.route.preference))
    rivals = [
        candidate
        for candidate in candidates
        if candidate is not best
        and (candidate.lengths[1], -candidate.route.preference) > (best.lengths[0], -best.route.preference)
        and not (candidate.sure and candidate.route.length is not None)
    ]
    return [best, *rivals]
