"""The reference page of cloister.yaml is what the models say."""

from pathlib import Path

from cloister.sources.document.reference import reference
from cloister.sources.document.root import Document

PAGE = Path(__file__).parents[2] / "docs" / "cloister-yaml.md"


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference() + "\n", (
        "run: python -m cloister.sources.document.reference > docs/cloister-yaml.md"
    )


def test_every_section_has_its_table() -> None:
    page = reference()
    for section in Document.model_fields:
        assert f"| `{section}` |" in page
    for block in ("networks.NAME.subnets.NAME", "private_dns_zones.NAME.links.NAME", "intents.NAME"):
        assert f"### `{block}`" in page


def test_a_row_says_how_a_value_is_written_what_it_is_and_what_stands_in_for_it() -> None:
    rows = reference().splitlines()
    assert (
        "| `prefix` | prefix | Its address prefix. Azure keeps the first four addresses and the last. | **needed** |"
        in rows
    )
    assert "| `source` | list of where | Prefixes, one service tag, or *. | `*` |" in rows
    assert "| `tier` | `Dedicated`, `LowPriority` | Low priority may be taken away. | `Dedicated` |" in rows
    assert "| `idle_seconds` | number | Seconds without work until nodes are released. | nothing |" in rows
