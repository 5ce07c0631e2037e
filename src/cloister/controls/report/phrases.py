"""The words of a report's frame in the languages that it speaks, from `languages/`.

A language has two tables: `LANGUAGE.tsv` with a text for each key, and `titles.LANGUAGE.tsv` with the title of each
control; the English titles stand in the controls. A text may hold `{placeholders}`, and where it is about a count two
forms with `|` between them, the first for one. What was found, its mend and the steps of a trace stay in English: they
quote the input and the names that people search for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from importlib.resources import files

from cloister.controls.control import Control

LANGUAGES = {"en": "English", "zh": "简体中文", "ja": "日本語", "vi": "Tiếng Việt"}
"""The languages by their codes, as each calls itself."""
ENGLISH = "en"
_HTML_CODES = {"zh": "zh-Hans"}


@dataclass(frozen=True, slots=True)
class Phrases:
    """The texts of one language."""

    language: str
    texts: Mapping[str, str]
    titles: Mapping[str, str]

    def __call__(self, key: str, **words: object) -> str:
        """The text of a key with its placeholders filled in."""
        return self.texts[key].format_map(words)

    def capital(self, key: str) -> str:
        """The text of a key as a heading has it, with a capital letter where the language has those."""
        text = self.texts[key]
        return text[:1].upper() + text[1:]

    def count(self, key: str, count: int, **words: object) -> str:
        """The text of a key for so many things; `{count}` is among its placeholders."""
        one, _, many = self.texts[key].partition("|")
        return (one if count == 1 or not many else many).format_map({"count": count, **words})

    def listed(self, words: Iterable[str]) -> str:
        """Words one after the other, with the comma of the language."""
        return reduce(lambda first, second: self("listed", first=first, second=second), words)

    def joined(self, words: Sequence[str]) -> str:
        """Words as a sentence has them: `a`, `a and b`, `a, b and c`."""
        *most, last = words
        return self("joined", most=self.listed(most), last=last) if most else last

    def named(self, family: str, name: str) -> str:
        """The words for one of a family of names, such as the headings of packs; the name itself where it has none."""
        return self.texts.get(f"{family}.{name}", name)

    def title(self, control: Control) -> str:
        """The claim of a control; in English while nobody has translated it."""
        return self.titles.get(control.id, control.title)

    @property
    def html_code(self) -> str:
        """The language as HTML names it."""
        return _HTML_CODES.get(self.language, self.language)


@cache
def phrases(language: str = ENGLISH) -> Phrases:
    """The texts of a language, by its code; in English what nobody has translated yet."""
    titles = {} if language == ENGLISH else _table(f"titles.{language}.tsv")
    return Phrases(language, translated(ENGLISH) | translated(language), titles)


def translated(language: str) -> dict[str, str]:
    """The texts of a language that are written in it."""
    return _table(f"{language}.tsv")


def language_of(locale: str) -> str:
    """The language that a locale such as `ja_JP.UTF-8` asks for; English where it is none of ours."""
    code = locale.partition(".")[0].partition("_")[0].partition("-")[0].lower()
    return code if code in LANGUAGES else ENGLISH


def _table(name: str) -> dict[str, str]:
    text = files(__package__).joinpath("languages", name).read_text(encoding="utf-8")
    rows = (line.partition("\t") for line in text.splitlines())
    return {key: words for key, _, words in rows}
