"""What was seen of the running estate: lists as Azure prints them, from a file or from the document itself."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cloister.errors import SpecError
from cloister.inventory.azure import Observed, SeenCompute, SeenJob, SeenUsage
from cloister.origin import Origin
from cloister.sources.reading import read_sound_part

PAGE = Path(__file__).resolve().parents[2] / "docs" / "export.md"
NOWHERE = Origin("nowhere", 1)


def _seen(tmp_path: Path, content: Any, document: str = "") -> Observed:  # noqa: ANN401 - any JSON value
    file, export = tmp_path / "cloister.yaml", tmp_path / "seen.json"
    file.write_text(f"version: 1\nname: tt\nregion: westeurope\n{document}", encoding="utf-8")
    export.write_text(json.dumps(content), encoding="utf-8")
    sound = read_sound_part(file, export)
    assert sound.faults == ()
    assert sound.inventory.observed is not None
    return sound.inventory.observed


def _bare(records: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any tuple of records
    return [{name: getattr(one, name) for name in one.__slots__ if name != "origin"} for one in records]


ROWS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "the image of an instance": (
        "computes",
        {"name": "a", "type": "computeinstance", "os_image_metadata": {"is_latest_os_image_version": False}},
        SeenCompute(name="a", type="computeinstance", latest_image=False, origin=NOWHERE),
    ),
    "an instance without what is not printed": (
        "computes",
        {"name": "a", "type": "computeinstance", "os_image_metadata": None, "tags": {"x": "y"}},
        SeenCompute(name="a", type="computeinstance", origin=NOWHERE),
    ),
    "schedules that are printed": (
        "computes",
        {"name": "a", "type": "x", "schedules": {"compute_start_stop": [{"state": "enabled"}]}},
        SeenCompute(name="a", type="x", scheduled=True, origin=NOWHERE),
    ),
    "schedules of which there are none": (
        "computes",
        {"name": "a", "type": "x", "schedules": {"compute_start_stop": []}},
        SeenCompute(name="a", type="x", scheduled=False, origin=NOWHERE),
    ),
    "a sweep with its policy": (
        "jobs",
        {"name": "a", "type": "sweep", "limits": {"timeout": 60}, "early_termination": {"type": "bandit", "slack": 1}},
        SeenJob(name="a", type="sweep", timeout=60, early_termination="bandit", origin=NOWHERE),
    ),
    "a quota as the newer command prints it": (
        "usages",
        {"name": {"value": "standardDSv2Family", "localized_value": "DSv2"}, "current_value": 8, "limit": 24},
        SeenUsage(family="standardDSv2Family", current_value=8, limit=24, origin=NOWHERE),
    ),
    "a quota as the older command prints it": (
        "usages",
        {"name": {"value": "standardDSv2Family"}, "currentValue": "8", "limit": "24"},
        SeenUsage(family="standardDSv2Family", current_value=8, limit=24, origin=NOWHERE),
    ),
}


@pytest.mark.parametrize(("key", "printed", "record"), ROWS.values(), ids=ROWS)
def test_a_record_as_azure_prints_it(tmp_path: Path, key: str, printed: dict[str, Any], record: object) -> None:
    seen = _seen(tmp_path, {"collected": "2026-11-20", key: [printed]})
    assert _bare(getattr(seen, key)) == _bare([record])


def test_what_was_not_collected_is_not_nothing(tmp_path: Path) -> None:
    seen = _seen(tmp_path, {"collected": "2026-11-20", "jobs": []})
    assert (seen.jobs, seen.models) == ((), None)


def test_the_example_of_the_page_is_read_whole(tmp_path: Path) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    seen = _seen(tmp_path, json.loads(example))
    lists = [name for name in Observed.__slots__ if name not in ("collected", "origin")]
    assert [(name, len(getattr(seen, name))) for name in lists] == [(name, 1) for name in lists]


def test_a_file_that_is_given_is_laid_over_what_the_document_says(tmp_path: Path) -> None:
    document = "observed:\n  collected: '2026-01-01'\n  jobs: [{name: old, type: command}]\n  models: []\n"
    seen = _seen(tmp_path, {"collected": "2026-11-20", "jobs": [{"name": "new", "type": "command"}]}, document)
    assert (seen.collected, [job.name for job in seen.jobs or ()], seen.models) == (date(2026, 11, 20), ["new"], ())
    (job,) = seen.jobs or ()
    assert (Path(job.origin.file).name, job.origin.line) == ("seen.json", 1)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[]", "is not an export of what runs: it is no mapping, or an empty one"),
        ('{"collected": "2026-11-20", "job": []}', 'does not know the key "job"'),
        ('{"jobs": []}', "does not state collected"),
        ('{"collected": "2026-11-20", "jobs": [{"type": "command"}]}', "does not state name"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place(tmp_path: Path, content: str, told: str) -> None:
    file, export = tmp_path / "cloister.yaml", tmp_path / "seen.json"
    file.write_text("version: 1\nname: tt\nregion: westeurope\n", encoding="utf-8")
    export.write_text(content, encoding="utf-8")
    try:
        faults = read_sound_part(file, export).faults
    except SpecError as error:
        faults = tuple(error.faults)
    assert [(fault.reason, fault.origin.file if fault.origin else "") for fault in faults] == [(told, str(export))]
