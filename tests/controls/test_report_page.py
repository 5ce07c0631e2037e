"""The page: what stands in it, and that a real browser shows, folds, filters and prints it without asking anybody."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloister.cli.drawing import drawing
from cloister.controls.control import Result
from cloister.controls.report.forms import page_of
from cloister.controls.report.page.markup import Markup, element, joined
from cloister.controls.report.phrases import phrases
from cloister.controls.report.report import Report, check_environment
from cloister.sources.spec import read_text

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog

_CHROMIUM = shutil.which("chromium")
_OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
HOSTILE = '"><img src=x onerror=alert(1)></script><script>alert(2)</script>'


@pytest.fixture(scope="module")
def published() -> Report:
    text = "version: 1\nblueprint: azure-published-terraform\nname: golden\n"
    return check_environment(read_text(text, "cloister.yaml"), "cloister.yaml")


def _page(report: Report) -> str:
    return page_of(report, drawing(report.inventory, report.judgement, phrases()))


@pytest.mark.parametrize(
    ("built", "html"),
    [
        (element("p", 'a < "b" & c'), "<p>a &lt; &quot;b&quot; &amp; c</p>"),
        (element("p", element("b", "x"), None, "y"), "<p><b>x</b>y</p>"),
        (element("a", "x", href='"/>', class_="k", data_of="1"), '<a href="&quot;/&gt;" class="k" data-of="1">x</a>'),
        (element("input", type="text", hidden=True, disabled=False), '<input type="text" hidden>'),
        (joined("a\x1b", Markup("<br>")), "a\\x1b<br>"),
    ],
)
def test_text_becomes_no_markup(built: Markup, html: str) -> None:
    assert built == html


class _Outline(HTMLParser):
    """The elements of a page that are still open, its headings, ids and addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.elements: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.elements.add(tag)
        if tag not in ("meta", "input", "br", "path", "rect"):
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        self.ids += [told["id"] or ""] if "id" in told else []
        self.addresses += [told[name] or "" for name in ("src", "href") if name in told]

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag == self.open[-1]:
            self.open.pop()


def test_the_page_is_whole_and_its_headings_are_in_order(published: Report) -> None:
    outline = _Outline(_page(published))
    assert outline.open == []
    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    assert [pair for pair in zip(outline.levels, outline.levels[1:], strict=False) if pair[1] > pair[0] + 1] == []
    assert len(outline.ids) == len(set(outline.ids))
    inside = [address[1:] for address in outline.addresses if address.startswith("#")]
    assert set(inside) <= set(outline.ids)


def test_the_page_holds_every_finding_every_cause_and_every_note(published: Report) -> None:
    text = re.sub(r"<[^>]+>", "", _page(published)).replace("&quot;", '"').replace("&#x27;", "'").replace("&gt;", ">")
    for _, finding in published.failures():
        assert (finding.resource in text, finding.message in text, finding.mend in text) == (True, True, True)
    for judged in published.judgement.all():
        assert judged.standing == "met" or judged.decisive.text in text
    for note in published.notes:
        assert (note.thing in text, note.text in text) == (True, True)


def test_a_healthy_environment_has_no_part_on_what_matters() -> None:
    report = check_environment(read_text("version: 1\nblueprint: azure-hub-spoke\nname: golden\n", "c.yaml"), "c.yaml")
    parts = re.findall(r'<section id="(\w+)"', _page(report))
    assert parts == ["score", "map", "closure", "flow", "findings", "due", "approved", "notes"]


def test_what_waits_for_a_statement_has_a_part_with_what_is_asked(published: Report) -> None:
    head, *tail = (one for one in published.results if not one.dues)
    control = replace(head.control, question="Does somebody read the alerts?")
    waiting = Result(control, 1, (), (), (control.due("workspace", at=published.inventory.origin),))
    told = _page(replace(published, results=(waiting, *tail)))
    part = told.partition('<section id="due"')[2].partition("</section>")[0]
    assert "1 claim waits for a person&#x27;s statement" in part
    assert '<th scope="row">AZ001</th>' in part
    assert "<small>Does somebody read the alerts?</small>" in part
    security = told.partition("<h3>Security</h3>")[2].partition("</li>")[0]
    assert '<span class="due">1 due</span>' in security


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if _CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where it can run

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=_CHROMIUM, args=_OPTIONS)
        yield started
        started.close()


class _Opened:
    """A page in the browser, with what it asked for and complained about."""

    def __init__(self, browser: Browser, path: Path, width: int, height: int, scheme: str) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.goto(path.as_uri())

    def _dismiss(self, dialog: Dialog) -> None:
        self.complaints.append(dialog.message)
        dialog.dismiss()


def _opened(
    browser: Browser, report: Report, folder: Path, width: int = 1280, height: int = 900, scheme: str = "light"
) -> _Opened:
    path = folder / "report.html"
    path.write_text(_page(report), encoding="utf-8")
    return _Opened(browser, path, width, height, scheme)


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore")  # Playwright leaves its pipes to the interpreter
def test_a_browser_shows_folds_and_filters_it_without_asking_anybody(
    browser: Browser, published: Report, tmp_path: Path
) -> None:
    opened = _opened(browser, published, tmp_path)
    page = opened.page
    control = page.locator("#AZ001")
    assert control.get_by_text("it answers on the internet").is_visible() is False
    control.locator("summary").first.click()
    assert control.get_by_text("it answers on the internet").is_visible() is True
    page.get_by_role("button", name="Unfold all").click()
    assert page.locator("main details:not([open])").count() == 0
    assert page.get_by_role("button", name="Fold all").get_attribute("aria-pressed") == "true"
    page.get_by_role("searchbox", name="Filter").fill("my_acr")
    shown = page.locator("main .item:not([hidden])").all_inner_texts()
    assert shown
    assert [text for text in shown if "my_acr" not in text] == []
    page.get_by_role("searchbox", name="Filter").fill("")
    assert page.locator("main .item[hidden]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") is True
    assert opened.asked == [page.url.partition("#")[0]]
    assert opened.complaints == []


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore")  # as above
def test_it_can_be_used_from_a_keyboard_and_read_aloud(browser: Browser, published: Report, tmp_path: Path) -> None:
    page = _opened(browser, published, tmp_path).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    first = page.locator("#findings summary").first
    first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#findings details").first.get_attribute("open") is not None
    assert page.get_by_role("img", name="Map of golden").count() == 1
    assert page.get_by_role("region", name="What matters most").count() == 1
    assert page.get_by_role("navigation").count() == page.get_by_role("main").count() == 1


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore")  # as above
def test_it_is_printed_on_a4_with_everything_unfolded(browser: Browser, published: Report, tmp_path: Path) -> None:
    page = _opened(browser, published, tmp_path, width=690, height=980).page
    page.emulate_media(media="print")
    assert page.locator("nav").is_visible() is False
    assert page.locator("#AZ001").get_by_text("it answers on the internet").is_visible() is True
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") is True
    box = page.locator(".cloister-map").bounding_box()
    assert box["width"] <= 690
    assert box["height"] <= 980
    printed = page.pdf(prefer_css_page_size=True)
    width, height = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)[0]
    assert (round(float(width)), round(float(height))) == (595, 842)


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore")  # as above
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(browser: Browser, scheme: str, published: Report, tmp_path: Path) -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5, for each chip, label and text that the page has."""
    page = _opened(browser, published, tmp_path, scheme=scheme).page
    page.get_by_role("button", name="Unfold all").click()
    assert page.evaluate(_CONTRASTS) == []


_CONTRASTS = """() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((one) => one / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const found = parts(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const low = new Set();
  for (const one of document.querySelectorAll("body *:not(svg *)")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || one.tagName === "SCRIPT") continue;
    const pair = [light(parts(getComputedStyle(one).color).slice(0, 3)), light(ground(one))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < 4.5) low.add(`${one.tagName}.${one.className} ${contrast.toFixed(2)}`);
  }
  return [...low];
}"""


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore")  # as above
def test_a_hostile_name_does_nothing_in_a_browser(browser: Browser, published: Report, tmp_path: Path) -> None:
    head, *tail = published.results
    finding = head.control.finding(
        f'workspace "{HOSTILE}"', HOSTILE, at=replace(published.inventory.origin), mend=HOSTILE
    )
    first, *rest = published.notes
    hostile = replace(
        published,
        inventory=replace(published.inventory, name=HOSTILE),
        file=HOSTILE,
        results=(replace(head, findings=(finding,)), *tail),
        notes=(replace(first, thing=HOSTILE, text=HOSTILE, mend=HOSTILE), *rest),
    )
    opened = _opened(browser, hostile, tmp_path)
    assert opened.page.locator("img[src], main script").count() == 0
    assert opened.page.locator("h1").inner_text() == HOSTILE
    assert (opened.complaints, len(opened.asked)) == ([], 1)
