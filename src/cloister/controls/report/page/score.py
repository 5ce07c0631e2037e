"""The page's part on the score: a card for closure, for flow and for each pillar."""

from collections.abc import Mapping

from cloister.ask.judgement import Standing
from cloister.controls.control import Pillar, Status
from cloister.controls.report.page.markup import Markup, element
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report, counted

_COLUMNS = ("holds", "fails", "undecided", "due")
_STANDINGS = {"holds": Standing.MET, "fails": Standing.MISSED, "undecided": Standing.UNDECIDED}
_STATUSES = {
    "holds": Status.PASS,
    "fails": Status.FAIL,
    "undecided": Status.UNDECIDED,
    "due": Status.DUE,
}


def score_part(report: Report, say: Phrases) -> Markup:
    """How much holds of what applies: what is undecided or waits for a statement does not count as holding."""
    sides = (("closure", report.judgement.closure), ("flow", report.judgement.flow))
    cards = [
        _card(say.capital(key), {name: counted(judged, one) for name, one in _STANDINGS.items()}, say)
        for key, judged in sides
        if judged
    ]
    for pillar in Pillar:
        statuses = [result.status for result in report.results if result.control.pillar is pillar]
        counts = {name: statuses.count(status) for name, status in _STATUSES.items()}
        if any(counts.values()):
            cards.append(_card(say.capital(f"pillar.{pillar.value}"), counts, say))
    return element("ul", *cards, class_="cards")


def _card(title: str, counts: Mapping[str, int], say: Phrases) -> Markup:
    whole = sum(counts.values())
    share = 100 * counts["holds"] // whole
    told = [
        element("span", f"{counts[name]} {say(f'column.{name}')}", class_=name) for name in _COLUMNS if counts.get(name)
    ]
    parts = [
        element("span", class_=name, style=f"width:{100 * counts[name] / whole:.2f}%")
        for name in _COLUMNS
        if counts.get(name)
    ]
    return element(
        "li",
        element("h3", title),
        element("p", f"{share}%", class_="share"),
        element("div", *parts, class_="bar", aria_hidden="true"),
        element("p", *told, class_="counts"),
        class_="card",
    )
