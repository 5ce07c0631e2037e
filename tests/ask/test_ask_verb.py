"""`cloister ask` from the outside: what it prints and with which code it leaves."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cloister.cli.ask import ask
from cloister.errors import SourceError, SpecError

SPEC = "version: 1\nblueprint: azure-hub-spoke\nname: here\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "cloister.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(ask, arguments)


@pytest.mark.parametrize(
    ("question", "first", "code"),
    [
        ("compute -> workspace:443", "ALLOW  ml/compute -> workspace:443 (10.20.0.4)", 0),
        ("internet -> workspace:443", "DENY  internet -> workspace:443 (a public address)", 10),
        ("compute -> go.microsoft.com:443", "UNKNOWN  ml/compute -> go.microsoft.com:443 (a public address)", 11),
    ],
)
def test_the_answer_comes_first_and_decides_the_exit_code(spec: Path, question: str, first: str, code: int) -> None:
    result = _run(question, str(spec))
    assert (result.output.splitlines()[0], result.exit_code) == (first, code)
    assert "\x1b" not in result.output


def test_the_json_form_says_the_same(spec: Path) -> None:
    result = _run("internet -> workspace:443", str(spec), "--format", "json")
    found = json.loads(result.output)
    assert (found["answer"], found["place"], found["target"], result.exit_code) == (
        "DENY",
        "internet",
        "workspace:443",
        10,
    )
    assert list(found) == ["question", "place", "target", "address", "answer", "reason", "mend", "trace"]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert isinstance(_run("compute -> workspace:443", str(tmp_path / "none.yaml")).exception, SourceError)


def test_a_question_that_is_none_is_told_before_the_file_is_read(tmp_path: Path) -> None:
    assert isinstance(_run("what now", str(tmp_path / "none.yaml")).exception, SpecError)


def test_the_published_service_tags_decide_what_an_address_belongs_to(tmp_path: Path) -> None:
    spec, tags = tmp_path / "cloister.yaml", tmp_path / "tags.json"
    spec.write_text(
        "version: 1\nname: small\nregion: westeurope\n"
        "networks:\n  net:\n    address_space: [10.0.0.0/16]\n"
        "    subnets: {a: {prefix: 10.0.1.0/24, network_security_group: nsg}}\n"
        "network_security_groups:\n  nsg:\n    rules:\n"
        "      a: {priority: 100, direction: Outbound, access: Allow, destination: Storage}\n"
        "      b: {priority: 200, direction: Outbound, access: Deny}\n",
        encoding="utf-8",
    )
    values = [{"name": "Storage", "properties": {"addressPrefixes": ["20.1.0.0/16"], "networkFeatures": ["API"]}}]
    tags.write_text(json.dumps({"cloud": "Public", "changeNumber": 7, "values": values}), encoding="utf-8")
    assert _run("a -> 20.1.9.9:443", str(spec)).exit_code == 11
    result = _run("a -> 20.1.9.9:443", str(spec), "--service-tags", str(tags))
    assert (result.stdout.splitlines()[0], result.exit_code) == ("ALLOW  net/a -> 20.1.9.9:443 (20.1.9.9)", 0)
    assert result.stderr.startswith('warning: rule "nsg/a": a security rule cannot use the service tag Storage')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not JSON"),
        (
            '{"cloud": "China", "values": []}',
            "holds the service tags of the cloud China, and the environment is in Public",
        ),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_is_not_that_of_the_service_tags(spec: Path, tmp_path: Path, text: str | None, reason: str) -> None:
    tags = tmp_path / "tags.json"
    if text is not None:
        tags.write_text(text, encoding="utf-8")
    result = _run("compute -> workspace:443", str(spec), "--service-tags", str(tags))
    assert isinstance(result.exception, SourceError)
    assert result.exception.faults[0].reason == reason
