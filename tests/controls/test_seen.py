"""A report says when the running estate was seen, and how old that is."""

import json
from datetime import date
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from cloister.controls.report.forms import write
from cloister.controls.report.report import Report, check_environment
from cloister.sources.spec import read_text

SMALL = "version: 1\nname: small\nregion: westeurope\nstorage_accounts: {st: {}}\n"
SEEN = "observed: {collected: '2026-11-20', resources: []}\n"


def _report(text: str, today: date) -> Report:
    return check_environment(read_text(text, "seen.yaml"), "seen.yaml", today=today)


@pytest.mark.parametrize(
    ("today", "told", "days"),
    [
        (date(2026, 11, 25), "seen      what runs, on 2026-11-20 (seen.yaml), 5 days ago\n", 5),
        (date(2026, 11, 21), "seen      what runs, on 2026-11-20 (seen.yaml), 1 day ago\n", 1),
        (date.min, "seen      what runs, on 2026-11-20 (seen.yaml)\n", None),
    ],
)
def test_when_it_was_seen(today: date, told: str, days: int | None) -> None:
    report = _report(SMALL + SEEN, today)
    assert told in write(report, "text")
    assert _json(report)["environment"]["seen"] == {"on": "2026-11-20", "days": days, "file": "seen.yaml"}


def test_nothing_was_seen() -> None:
    report = _report(SMALL, date(2026, 11, 25))
    assert "\nseen " not in write(report, "text")
    assert _json(report)["environment"]["seen"] is None


def _json(report: Report) -> Any:  # noqa: ANN401 - any JSON value
    schema = files("cloister.controls.report").joinpath("check.schema.json").read_text(encoding="utf-8")
    document = json.loads(write(report, "json"))
    jsonschema.validate(document, json.loads(schema))
    return document
