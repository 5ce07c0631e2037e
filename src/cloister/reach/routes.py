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
    """A route that matches, surely or not, and the shortest and the longest prefix with which it may match."""

    route: Route
    sure: bool
    lengths: tuple[int, int]

    @classmethod
    def of(cls, route: Route, address: Address, *, sure: bool) -> "_Candidate":
        length = next((length for length, part in route.parts if address.within <= part), route.length)
        return cls(route, sure, _GROUP_LENGTHS if length is None else (length, length))

    @property
    def exact(self) -> bool:
        """Whether the length of its prefix is known."""
        return self.lengths[0] == self.lengths[1]


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
    shared = fabric.networks[segment.network].routes_near(address.within)
    found: list[_Candidate] = []
    for route in (*segment.routes, *shared):
        if route.preference is Preference.LEARNED and not segment.learns_routes:
            continue
        matches = route.to.holds(address, fabric.public)
        if matches is not False:
            found.append(_Candidate.of(route, address, sure=matches is True))
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
    service = [c.lengths[0] for c in candidates if c.sure and c.route.hop.kind is HopKind.SERVICE]
    for candidate in candidates:
        long_enough = candidate.lengths[1] >= max(service, default=0)
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
    best = min(sure, key=lambda c: (-c.lengths[0], c.route.preference, c.route.rank))
    rivals = [
        candidate
        for candidate in candidates
        if candidate is not best
        and _may_beat(candidate, best)
        and not (candidate.sure and candidate.exact)
        and not _is_wider_group(candidate.route, best.route)
    ]
    return [best, *rivals]


def _may_beat(candidate: _Candidate, best: _Candidate) -> bool:
    """Whether a route wins if its prefix is as long as it may be."""
    mine = (candidate.lengths[1], -candidate.route.preference, -candidate.route.rank)
    return mine > (best.lengths[0], -best.route.preference, -best.route.rank)


def _is_wider_group(route: Route, best: Route) -> bool:
    """Whether a route is for the address group of which the other one's is a part: no prefix of it can be longer."""
    parts = {label.partition(".")[0] for label in best.to.labels if "." in label}
    return bool(parts) and route.to.labels == parts and route.preference is best.preference
