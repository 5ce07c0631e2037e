"""What the way between two ends comes to when every filter and every appliance lets everything through.

The plain evaluator walks it once for each pair of classes, in a data plane whose rules are replaced by ones that allow
all and that leave their name in the trace. So the trace says which filters and appliances were asked, and under which
source: what they really say is painted. Whatever else the evaluator knows, it decides here by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.appliances import AddressRule, Appliance
from cloister.fabric.fabric import Fabric, Place, Segment
from cloister.fabric.filters import Filter, FilterRule
from cloister.fabric.flows import Protocol
from cloister.fabric.sets import AddressSet, PortSet
from cloister.reach.matrix.choices import is_settled
from cloister.reach.matrix.ends import Destination
from cloister.reach.way import reach
from cloister.verdict import Answer, Rule, Step

OWN = -1
"""The source of a flow that nothing has translated; otherwise the position of the appliance that stood in for it."""
_ALL = AddressSet.everything()


class Layer(StrEnum):
    """What can be asked on the way: the filters of the sender, an appliance, the filters of the receiver."""

    OUT = "filters of the sender"
    APPLIANCE = "appliance"
    IN = "filters of the receiver"


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """Something that was asked on the way, and by whom: `source`. An appliance is told by its position."""

    layer: Layer
    source: int
    appliance: int = OWN


@dataclass(frozen=True, slots=True)
class Crossing:
    """The answer where all that was asked lets everything through, and what was asked.

    `balanced`: a balancer chose between machines on the way, or a probe did, and nothing of that is painted.
    """

    answer: Answer
    asked: frozenset[Asked]
    balanced: bool = False


class Transparent:
    """A data plane in which all filters and appliances let everything through and say that they were asked."""

    def __init__(self, fabric: Fabric) -> None:
        self._asked: dict[Rule, Asked] = {}
        self._sources = [(OWN, AddressMatch.of("anyone", _ALL)), *map(_standing_in, range(len(fabric.appliances)))]
        self._out = self._marker_rules(Layer.OUT)
        self._in = self._marker_rules(Layer.IN)
        self._balancing = {rule.rule for one in fabric.frontends for rule in one.rules if not is_settled(fabric, rule)}
        self._asking = Filter("filter", self._in, self._out, Rule("filter"))
        self._forwarding = {appliance.machine for appliance in fabric.appliances}
        open_filters = replace(
            fabric,
            places={name: self._place(place) for name, place in fabric.places.items()},
            segments={name: self._segment(segment) for name, segment in fabric.segments.items()},
        )
        appliances = tuple(self._appliance(at, appliance) for at, appliance in enumerate(fabric.appliances))
        self._without_names = replace(open_filters, appliances=appliances)
        self._with_names = open_filters

    def cross(self, place: Place, destination: Destination, port: int, protocol: Protocol) -> Crossing:
        """The way between two ends for one port. Appliances decide by themselves on flows that carry a host name."""
        fabric = self._with_names if destination.host else self._without_names
        verdict = reach(fabric, self._place(place), destination.target(port, protocol)).verdict
        balanced = any(step.rule in self._balancing for step in verdict.trace)
        return Crossing(verdict.answer, frozenset(self._found(verdict.trace)), balanced)

    def _found(self, trace: Iterable[Step]) -> Iterable[Asked]:
        return (self._asked[step.rule] for step in trace if step.rule in self._asked)

    def _place(self, place: Place) -> Place:
        """The place with a filter that says when it is asked: also where none stands, unless that counts by itself."""
        as_it_is = stands_open(place) or place.name in self._forwarding
        return replace(place, filter=self._filter(place.filter) if as_it_is else self._asking)

    def _segment(self, segment: Segment) -> Segment:
        return replace(
            segment,
            filter=self._filter(segment.filter),
            guard=self._filter(segment.guard),
            replies=self._filter(segment.replies),
        )

    def _filter(self, known: Filter | None) -> Filter | None:
        return self._asking if known else None

    def _marker(self, asked: Asked) -> Rule:
        rule = Rule(f"asked: {asked}")
        self._asked[rule] = asked
        return rule

    def _marker_rules(self, layer: Layer) -> tuple[FilterRule, ...]:
        """Rules that let everything through, one for each source that a flow may have by then."""
        everyone = AddressMatch.of("everyone", _ALL)
        return tuple(
            FilterRule(
                rule=self._marker(Asked(layer, source)),
                allow=True,
                protocols=frozenset(Protocol),
                sources=(match,),
                destinations=(everyone,),
                ports=PortSet.everything(),
            )
            for source, match in reversed(self._sources)
        )

    def _appliance(self, at: int, appliance: Appliance) -> Appliance:
        rules = tuple(
            AddressRule(
                rule=self._marker(Asked(Layer.APPLIANCE, source, at)),
                allow=True,
                protocols=frozenset(Protocol),
                sources=(match,),
                destinations=(AddressMatch.of("everyone", _ALL),),
                hosts=(),
                ports=PortSet.everything(),
            )
            for source, match in reversed(self._sources)
        )
        own = replace(appliance.own, labels=_standing_in(at)[1].labels)
        return replace(appliance, address_rules=rules, host_rules=(), own=own, translations=())


def stands_open(place: Place) -> bool:
    """Whether it counts before any rule is read that a filter stands at a place: a public address needs one."""
    return place.public_address


def _standing_in(at: int) -> tuple[int, AddressMatch]:
    """What matches flows that the appliance in that position has translated, and no others: a label made up for it."""
    return at, AddressMatch("appliance", labels=frozenset({f"in place of the sender: {at}"}))
