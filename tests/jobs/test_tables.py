"""MLTable folders as Azure ML documents them: what is read, how, and what is refused by its name."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from cloister.jobs.running.drivers.tables import TableError, read_table

FILES = {
    "a/2026/01/x.csv": "id,name,when\n1,ann,31/12/2025\n2,,01/01/2026\n",
    "b/2026/02/x.csv": "id,name,when\n3,NA,02/01/2026\n",
    "lines.jsonl": '{"id": 1, "ok": "yes"}\n\n{"id": 2, "ok": "no"}\n',
    "bad.jsonl": '{"id": 1}\n{"id": \n{"id": 3}\n',
    "plain.txt": "1;2\n3;4\n",
    "latin.csv": "name\nGrün\n",
}
CSV = {"pattern": "./**/*.csv"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("table")
    for name, text in FILES.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text, encoding="latin-1" if name == "latin.csv" else "utf-8")
    pd.DataFrame({"id": [7, 8]}).to_parquet(made / "p.parquet")
    return made


def read(folder: Path, paths: object, *transformations: object) -> list[dict[str, Any]]:
    document = {"paths": paths, "transformations": list(transformations)}
    (folder / "MLTable").write_text(yaml.safe_dump(document))
    frame = read_table(folder).frame
    assert frame is not None
    return frame.astype(object).where(frame.notna(), None).to_dict("records")  # type: ignore[return-value]


TWO = [{"folder": "./a"}, {"file": "./b/2026/02/x.csv"}]
IDS = [{"id": 1}, {"id": 2}, {"id": 3}]
FORMAT = {"extract_columns_from_partition_format": {"partition_format": "{shop}/{month:yyyy/MM}/x.csv"}}
READ: list[tuple[str, object, list[object], list[dict[str, Any]]]] = [
    (
        "an empty field is nothing, and every other text is text",
        TWO,
        [{"read_delimited": {"delimiter": ","}}, {"drop_columns": "when"}],
        [{"id": 1, "name": "ann"}, {"id": 2, "name": None}, {"id": 3, "name": "NA"}],
    ),
    (
        "an empty field as text, and no types",
        [{"file": "a/2026/01/x.csv"}],
        [{"read_delimited": {"empty_as_string": True, "infer_column_types": False}}, {"keep_columns": ["id", "name"]}],
        [{"id": "1", "name": "ann"}, {"id": "2", "name": ""}],
    ),
    ("rows left out", TWO, ["read_delimited", {"keep_columns": "id"}, {"skip": 1}, {"take": 1}], [{"id": 2}]),
    (
        "another delimiter, no header",
        [{"file": "plain.txt"}],
        [{"read_delimited": {"delimiter": ";", "header": "no_header"}}],
        [{"Column1": 1, "Column2": 2}, {"Column1": 3, "Column2": 4}],
    ),
    ("another encoding", [{"file": "latin.csv"}], [{"read_delimited": {"encoding": "latin1"}}], [{"name": "Grün"}]),
    ("parquet", [{"file": "p.parquet"}], ["read_parquet"], [{"id": 7}, {"id": 8}]),
    (
        "lines of JSON, with where they came from",
        [{"file": "lines.jsonl"}],
        [{"read_json_lines": {"include_path_column": True}}],
        [{"Path": "lines.jsonl", "id": 1, "ok": "yes"}, {"Path": "lines.jsonl", "id": 2, "ok": "no"}],
    ),
    (
        "lines that are no JSON dropped",
        [{"file": "bad.jsonl"}],
        [{"read_json_lines": {"invalid_lines": "drop"}}],
        [{"id": 1}, {"id": 3}],
    ),
    (
        "what paths say",
        TWO,
        ["read_delimited", FORMAT, {"keep_columns": ["id", "shop", "month"]}],
        [
            {"id": 1, "shop": "a", "month": pd.Timestamp(2026, 1, 1)},
            {"id": 2, "shop": "a", "month": pd.Timestamp(2026, 1, 1)},
            {"id": 3, "shop": "b", "month": pd.Timestamp(2026, 2, 1)},
        ],
    ),
    (
        "a filter",
        TWO,
        [
            "read_delimited",
            {"filter": 'not col("name") == "ann" and (col("id") >= 3 or col("id") < -1)'},
            {"keep_columns": "id"},
        ],
        [{"id": 3}],
    ),
    (
        "other types",
        [{"file": "lines.jsonl"}],
        [
            "read_json_lines",
            {
                "convert_column_types": [
                    {"columns": "id", "column_type": "float"},
                    {"columns": ["ok"], "column_type": {"boolean": {"true_values": ["yes"], "false_values": ["no"]}}},
                ]
            },
        ],
        [{"id": 1.0, "ok": True}, {"id": 2.0, "ok": False}],
    ),
    (
        "dates",
        [{"file": "b/2026/02/x.csv"}],
        [
            "read_delimited",
            {
                "convert_column_types": [
                    {"columns": "when", "column_type": {"datetime": {"formats": ["%d.%m.%Y", "%d/%m/%Y"]}}}
                ]
            },
            {"keep_columns": "when"},
        ],
        [{"when": pd.Timestamp(2026, 1, 2)}],
    ),
    (
        "a sample, always the same",
        TWO,
        ["read_delimited", {"take_random_sample": {"probability": 0.6, "seed": 1}}, {"keep_columns": "id"}],
        [{"id": 1}],
    ),
]


@pytest.mark.parametrize(("paths", "steps", "rows"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_a_table_is_read(folder: Path, paths: object, steps: list[object], rows: list[dict[str, Any]]) -> None:
    assert read(folder, paths, *steps) == rows


REFUSED: list[tuple[object, list[object], str]] = [
    ([], ["read_delimited"], "{folder}/MLTable names no paths"),
    (
        [{"file": "https://example.org/x.csv"}],
        ["read_delimited"],
        "paths: https://example.org/x.csv lies elsewhere; make it an input of the step, or put it into the folder",
    ),
    ([{"file": "no.csv"}], ["read_delimited"], "paths: no.csv does not exist"),
    ([{"glob": "*"}], ["read_delimited"], "paths: glob is none of file, folder and pattern"),
    (
        TWO,
        [{"read_delta_lake": {"version_as_of": 1}}],
        "read_delta_lake does not begin a table here; these do: read_delimited, read_parquet, read_json_lines",
    ),
    (
        TWO,
        ["read_delimited", {"pivot": 1}],
        (
            "the transformation pivot is not read here; those that are: take, skip, take_random_sample, keep_columns,"
            " drop_columns, convert_column_types, filter, extract_columns_from_partition_format"
        ),
    ),
    (TWO, [{"read_delimited": {"comment": "#"}}], "read_delimited: comment is not read here"),
    (TWO, ["read_delimited", {"keep_columns": ["x"]}], "the table has no column x; it has id, name, when"),
    (TWO, ["read_delimited", {"take": "all"}], "take takes a count of rows, not 'all'"),
    (
        TWO,
        ["read_delimited", {"filter": "__import__('os')"}],
        "filter: \"__import__('os')\" is no comparison of a column, nor such joined by and, or, not",
    ),
    (TWO, ["read_delimited", {"filter": 'col("x") > 1'}], "filter: the table has no column 'x'"),
    ([{"file": "bad.jsonl"}], ["read_json_lines"], "bad.jsonl, line 2: Expecting value: line 1 column 8 (char 7)"),
    (
        TWO,
        ["read_delimited", {"extract_columns_from_partition_format": "{a}/y.csv"}],
        "a/2026/01/x.csv does not fit the partition format {{a}}/y.csv",
    ),
]


@pytest.mark.parametrize(("paths", "steps", "reason"), REFUSED)
def test_what_cannot_be_read_is_told(folder: Path, paths: object, steps: list[object], reason: str) -> None:
    with pytest.raises(TableError) as caught:
        read(folder, paths, *steps)
    assert str(caught.value) == reason.format(folder=folder)


def test_a_folder_that_does_not_say_how_is_a_list_of_files(folder: Path) -> None:
    (folder / "MLTable").write_text(yaml.safe_dump({"paths": [CSV], "transformations": [FORMAT]}))
    with pytest.raises(TableError, match=r"^latin\.csv does not fit"):
        read_table(folder)
    (folder / "MLTable").write_text(yaml.safe_dump({"paths": TWO, "transformations": [FORMAT]}))
    found = read_table(folder)
    assert (found.files, found.frame) == ([folder / "a/2026/01/x.csv", folder / "b/2026/02/x.csv"], None)
    assert [told["shop"] for told in found.told_by_path] == ["a", "b"]
