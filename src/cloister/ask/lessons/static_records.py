"""Names are typed in on-premises, so a new compute instance has none there. The way out is to forward the suffixes."""

from collections.abc import Iterator
from typing import Any

from cloister.ask.judgement import Asked, Judged
from cloister.ask.lessons.changes import joined
from cloister.ask.lessons.forwarding import forwarding, resolver_of, suffixes
from cloister.ask.lessons.seen import Seen, place_of
from cloister.ask.lessons.values import Lesson, WayOut, lesson, way_out
from cloister.ask.posed import must
from cloister.ask.question import parse_question
from cloister.facts.well_known_ports import HTTPS
from cloister.inventory.azure import Compute, OnPremises
from cloister.verdict import Answer, Layer, Outcome, Step, Verdict

ID = "static-records"
_INSTANCE = "instance"


def recognise(seen: Seen) -> Lesson | None:
    """The lesson, where a site knows Azure's names by hand, and that of an instance not at all."""
    hidden = [one for site in _typing_in(seen) for one in _hidden(seen, site)]
    if not hidden:
        return None
    sites = tuple(dict.fromkeys(site for site, _, _ in hidden))
    explains = tuple(judged for _, _, judged in hidden)
    return lesson(
        ID,
        _unknown_name(explains[0].verdict) or explains[0].decisive,
        explains,
        tuple(_ways(seen, sites)),
        sites=" and ".join(site.name for site in sites),
        records=str(sum(len(site.static_records) for site in sites)),
        instances=", ".join(dict.fromkeys(compute.name for _, compute, _ in hidden)),
    )


def _typing_in(seen: Seen) -> Iterator[OnPremises]:
    """The sites with a record of their own for a name that Azure makes."""
    for site in seen.inventory.on_premises:
        if any(_under(host, suffixes(seen.inventory)) for host, _ in site.static_records):
            yield site


def _hidden(seen: Seen, site: OnPremises) -> Iterator[tuple[OnPremises, Compute, Judged]]:
    """The instances whose names lead from the site to no private endpoint, because it asks public name servers."""
    for compute in seen.inventory.computes:
        if compute.kind == _INSTANCE:
            judged = _asked(seen, site, compute)
            if judged.verdict.answer is Answer.DENY and _unknown_name(judged.verdict):
                yield site, compute, judged


def _asked(seen: Seen, site: OnPremises, compute: Compute) -> Judged:
    """An intent that somebody at the site opens the instance: one that was judged, or a question of our own."""
    places = {site.name, *(machine.name for machine in seen.inventory.machines if machine.subnet == site.name)}
    target = f"{compute.name}:{HTTPS}"
    for one in seen.judgement.flow:
        if place_of(one) in places and one.question.endswith(f" -> {target}"):
            return one
    posed = must(ID, f"{site.name}-opens-{compute.name}", f"{site.name} -> {target}", "", origin=compute.origin)
    question = posed.intent.question
    return Judged(posed.heading, posed.intent, (Asked(question, seen.ask(parse_question(question))),))


def _unknown_name(verdict: Verdict) -> Step | None:
    """The note that a name server elsewhere forwards the name to nobody inside."""
    notes = (step for step in verdict.trace if step.layer is Layer.NAME and step.outcome is Outcome.NOTE)
    return next((step for step in notes if "no forwarder" in step.text), None)


def _under(host: str, suffixes: tuple[str, ...]) -> bool:
    return any(host.lower().endswith(f".{suffix}") for suffix in suffixes)


def _ways(seen: Seen, sites: tuple[OnPremises, ...]) -> Iterator[WayOut]:
    """Forwarders to a firewall's DNS proxy; none where no firewall could answer."""
    resolver = resolver_of(seen.inventory)
    if resolver is not None:
        asking = forwarding(seen.inventory, [site.name for site in sites], resolver)
        change = joined(asking, _untyped(seen, sites))
        yield way_out(ID, "forwarders", change, resolver=f"{resolver.name} ({resolver.private_ip})")


def _untyped(seen: Seen, sites: tuple[OnPremises, ...]) -> dict[str, Any]:
    """The records of the suffixes that are forwarded now, taken out."""
    known = suffixes(seen.inventory)
    gone = {site.name: {host: None for host, _ in site.static_records if _under(host, known)} for site in sites}
    return {"on_premises": {site: {"static_records": records} for site, records in gone.items()}}
