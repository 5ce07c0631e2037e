"""The page: what came of it, the score, what matters most, the map, both sides, findings, what is due, notes.

It makes no request: styles, script and map stand in it, and its content security policy forbids all else, scripts other
than its own included. It follows the reader's light or dark, is printed with everything unfolded, and can be used from
a keyboard and with a screen reader.
"""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from cloister import __version__
from cloister.controls.report.page.controls import due_part, findings_part, notes_part
from cloister.controls.report.page.markup import Markup, element, joined
from cloister.controls.report.page.matters import diagnosis_part, matters_part
from cloister.controls.report.page.score import score_part
from cloister.controls.report.page.sides import approved_part, side_part
from cloister.controls.report.page.stated import stated_part
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.controls.report.summary import summary


def page(report: Report, say: Phrases, drawing: str = "") -> str:
    """The whole document, with a line break at its end; `drawing` is the map as SVG, where there is one."""
    title = f"{report.inventory.name} - Cloister"
    body = element("body", _skip(say), _header(report, say), _main(report, say, drawing), _footer(say), _script())
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy()),
        element("title", title),
        element("style", Markup(_file("page.css"))),
    )
    return f"<!doctype html>\n{element('html', head, body, lang=say.html_code)}\n"


def _main(report: Report, say: Phrases, drawing: str) -> Markup:
    judgement = report.judgement
    parts = [
        ("score", say.capital("page.score"), score_part(report, say)),
        ("matters", say.capital("matters"), matters_part(report, say)),
        ("diagnosis", say.capital("diagnosis"), diagnosis_part(report, say)),
        ("map", say.capital("page.map"), _map(drawing, say)),
        ("closure", say.capital("closure"), side_part(judgement.closure, say)),
        ("flow", say.capital("flow"), side_part(judgement.flow, say)),
        ("findings", say.capital("controls"), findings_part(report, say)),
        ("due", say.capital("due"), due_part(report, say)),
        ("stated", say.capital("page.stated"), stated_part(report, say)),
        ("approved", say.capital("page.approved"), approved_part(report, say)),
        ("notes", say.capital("notes"), notes_part(report, say)),
    ]
    told = [(name, title, part) for name, title, part in parts if part]
    links = (element("a", title, href=f"#{name}") for name, title, _ in told)
    tools = element("button", say("page.unfold"), type="button", id="unfold", data_fold=say("page.fold"))
    search = element("input", type="search", id="filter", placeholder=say("page.filter"), aria_label=say("page.filter"))
    navigation = element("nav", *links, element("span", search, tools, class_="tools"), aria_label=say("page.parts"))
    sections = (
        element("section", element("h2", title, id=f"{name}-title"), part, id=name, aria_labelledby=f"{name}-title")
        for name, title, part in told
    )
    return joined(navigation, element("main", *sections, id="main"))


def _header(report: Report, say: Phrases) -> Markup:
    outcome = report.outcome.value
    return element(
        "header",
        element("p", say("page.report"), class_="over"),
        element("h1", report.inventory.name),
        element("p", summary(report, say), class_=f"outcome {outcome.replace(' ', '-')}"),
        element("p", report.file, class_="file"),
    )


def _map(drawing: str, say: Phrases) -> Markup | None:
    if not drawing:
        return None
    hint = element("p", say("page.map hint"), class_="hint")
    frame = element("div", Markup(drawing), class_="map", tabindex="0", role="group", aria_label=say("page.map"))
    return joined(hint, frame)


def _skip(say: Phrases) -> Markup:
    return element("a", say("page.skip"), href="#main", class_="skip")


def _footer(say: Phrases) -> Markup:
    return element("footer", element("p", say("page.footer", version=__version__)))


def _script() -> Markup:
    return element("script", Markup(_file("page.js")))


def _policy() -> str:
    digest = b64encode(sha256(_file("page.js").encode()).digest()).decode()
    allowed = f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
