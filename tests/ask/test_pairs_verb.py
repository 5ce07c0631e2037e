"""`cloister pairs` from the outside: what it prints in each form, and that it says what `ask` says."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from cloister.ask.asking import Environment, answer
from cloister.ask.pairs import Kind, Wanted, all_pairs
from cloister.ask.question import Question
from cloister.cli.pairs import pairs
from cloister.errors import SourceError, SpecError
from cloister.fabric.flows import Protocol
from cloister.fabric.sets import PortSet
from cloister.verdict import Answer

SPEC = "version: 1\nblueprint: azure-hub-spoke\nname: here\n"
FROM_SERVERS = """\
source-control/servers
  ok  tcp 53; udp 53                  firewall
  ok  tcp 80, 443                     AzureActiveDirectory
"""
TO_STORAGE = """\
ml/compute
  ok  tcp 443                         storage/blob
  ok  tcp 445                         storage/file
  ??  tcp 80, 443                     Storage

1 place, 7 targets: 2 open on some port, 1 undecided on some
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "cloister.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(pairs, arguments)


def test_services_stand_there_as_people_name_them(spec: Path) -> None:
    result = _run(str(spec), "--from", "compute", "--to", "storage")
    assert (result.output, result.exit_code) == (TO_STORAGE, 0)


def test_a_file_with_faults_leaves_with_2_after_what_can_be_told(spec: Path) -> None:
    spec.write_text(f"{SPEC}machines: {{box: {{purpose: other, subnet: ml/compute, wheels: 4}}}}\n", encoding="utf-8")
    result = _run(str(spec), "--from", "compute", "--to", "storage")
    assert result.exit_code == 2
    assert 'machine "box": does not know the key "wheels"' in result.stderr
    assert result.stdout.splitlines()[0] == "ml/compute"


def test_targets_with_the_same_ports_stand_together_under_their_place(spec: Path) -> None:
    result = _run(str(spec))
    assert FROM_SERVERS in result.output
    assert (
        "\n  ??  every port                      workspace/azure-machine-learning-service, factory/service,\n"
        in result.output
    )
    assert max(len(line) for line in result.output.splitlines()) <= 100


def test_the_csv_form_has_a_row_for_each_answer_and_protocol(spec: Path) -> None:
    result = _run(str(spec), "--from", "compute", "--to", "firewall", "--format", "csv")
    assert list(csv.DictReader(io.StringIO(result.output))) == [
        {"place": "ml/compute", "target": "firewall", "kind": "place", "answer": "ALLOW", "protocol": p, "ports": "53"}
        for p in ("tcp", "udp")
    ]


def test_the_json_form_says_the_same(spec: Path) -> None:
    result = _run(str(spec), "--from", "compute", "--to", "office", "--format", "json")
    assert json.loads(result.output) == {
        "pairs": [
            {"place": "ml/compute", "target": "office", "kind": "place", "ALLOW": {}, "UNKNOWN": {"tcp": ["1433"]}}
        ]
    }


def test_the_parquet_form_has_the_rows_of_the_csv_form(spec: Path, tmp_path: Path) -> None:
    chosen = (str(spec), "--from", "jump", "--port", "443")
    result = _run(*chosen, "--format", "parquet", "--output", str(tmp_path / "pairs.parquet"))
    assert (result.output, result.exit_code) == ("", 0)
    rows = list(csv.DictReader(io.StringIO(_run(*chosen, "--format", "csv").output)))
    assert pq.read_table(tmp_path / "pairs.parquet").to_pylist() == rows
    assert len(rows) > 20


def test_parquet_without_its_package_says_how_to_get_it(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    result = _run(str(spec), "--format", "parquet")
    assert isinstance(result.exception, SourceError)
    assert [fault.mend for fault in result.exception.faults] == [
        "install the platform parts: pip install 'cloister[platform]'"
    ]


def test_closed_ports_are_told_where_they_are_asked_for(spec: Path) -> None:
    result = _run(str(spec), "--from", "servers", "--to", "ml/compute", "--port", "22", "--answer", "DENY")
    assert result.output.splitlines()[1] == "  NO  tcp 22                          ml/compute"


@pytest.mark.parametrize(
    ("arguments", "thing", "mend"),
    [
        (("--from", "jumps"), 'place "jumps"', "did you mean jump or jump-host or hub/jump?"),
        (("--to", "ml/computes"), 'target "ml/computes"', "did you mean ml/compute or compute or customers?"),
        (("--port", "http"), 'ports "http"', "write one such as 443, 1-1024, 53/udp or icmp"),
        (("--port", "70000"), 'ports "70000"', "write one such as 443, 1-1024, 53/udp or icmp"),
    ],
)
def test_words_that_mean_nothing_are_told_with_near_misses(
    spec: Path, arguments: tuple[str, str], thing: str, mend: str
) -> None:
    result = _run(str(spec), *arguments)
    assert isinstance(result.exception, SpecError)
    assert [(fault.thing, fault.mend) for fault in result.exception.faults] == [(thing, mend)]


def test_ports_can_be_ranges_and_protocols_without_ports(spec: Path) -> None:
    ranged = _run(str(spec), "--from", "bastion", "--to", "jump-host", "--port", "20-30")
    assert ranged.output.splitlines()[1] == "  ok  tcp 22                          jump-host"
    portless = _run(str(spec), "--from", "ml/compute", "--to", "ml/compute", "--port", "icmp", "--format", "csv")
    assert "ml/compute,ml/compute,place,ALLOW,icmp,*" in portless.output


def test_a_compute_that_is_named_like_its_door_is_told_under_its_address(spec: Path) -> None:
    result = _run(str(spec), "--from", "jump", "--to", "notebook", "--format", "csv", "--answer", "DENY")
    assert [line.split(",")[1:4] for line in result.output.splitlines()[1:]] == [["10.20.1.10", "place", "DENY"]] * 2


def test_every_pair_has_the_answer_of_ask(hub_spoke: Environment) -> None:
    """Also of services, and of the internet, which a question names in its own way."""
    found = all_pairs(hub_spoke, Wanted(ports=PortSet.of("443"), protocols=(Protocol.TCP,)))
    assert {pair.kind for pair in found} == {Kind.SERVICE, Kind.PLACE, Kind.ENDPOINT, Kind.GROUP}
    for pair in found:
        question = Question(pair.target, pair.place, pair.target, 443)
        (told,) = (one for one in Answer if pair.ports(one))
        assert told is answer(hub_spoke, question).verdict.answer, pair
