"""The map of a judged environment: the judged questions, handed to the drawing as ways."""

from collections.abc import Iterator
from dataclasses import fields
from types import MappingProxyType

from cloister.ask.judgement import Judged, Judgement, Standing
from cloister.controls.report.phrases import Phrases
from cloister.inventory.clouds import AnyInventory
from cloister.inventory.intents import Side
from cloister.render.diagram.document import render_map
from cloister.render.diagram.labels import Labels
from cloister.render.diagram.ways import Way, WayKind
from cloister.verdict import Layer, Verdict

_KINDS = {
    (Side.CLOSURE, Standing.MET): WayKind.CLOSED_RIGHT,
    (Side.CLOSURE, Standing.MISSED): WayKind.OPEN_WRONG,
    (Side.FLOW, Standing.MET): WayKind.OPEN_RIGHT,
    (Side.FLOW, Standing.MISSED): WayKind.CLOSED_WRONG,
}


def drawing(inventory: AnyInventory, judgement: Judgement, say: Phrases) -> str:
    """The map as SVG, with a line break at its end."""
    ways = tuple(way for judged in judgement.all() for way in _ways(judged))
    return render_map(inventory, ways, _labels(say))


def _labels(say: Phrases) -> Labels:
    """The words on the map in the language of the report."""
    words = {field.name: say.texts[f"map.{field.name}"] for field in fields(Labels) if field.name != "kinds"}
    return Labels(**words, kinds=MappingProxyType({kind: say(f"map.{kind.value}") for kind in WayKind}))


def _ways(judged: Judged) -> Iterator[Way]:
    for asked in judged.asked:
        place, arrow, target = asked.question.partition(" -> ")
        if arrow:
            kind = _KINDS.get((judged.intent.side, judged.standing_of(asked)), WayKind.UNKNOWN)
            yield Way(place.rpartition(" at ")[2], target, kind, _door(asked.verdict))


def _door(verdict: Verdict) -> str:
    """The service at whose door a way ends, as far as its trace got there."""
    return next((step.at for step in reversed(verdict.trace) if step.layer is Layer.ENDPOINT), "")
