"""`cloister check` and `cloister render terraform` as a person runs them: exit codes, streams, files."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cloister.cli.main import cli

HEAD = "version: 1\nblueprint: azure-hub-spoke\nname: example\n"


def _spec(folder: Path, text: str) -> Path:
    path = folder / "cloister.yaml"
    path.write_text(text)
    return path


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


UNKNOWN_SERVER = """networks: {source-control: {dns_servers: [10.30.0.53, 10.30.0.54]}}
network_security_groups:
  nsg-agents:
    rules:
      names: {destination: 10.30.0.52/30}
      names-in:
        {priority: 110, direction: Inbound, access: Allow, protocol: Udp, source: 10.30.0.0/26, destination_ports: 53}
"""


@pytest.mark.parametrize(
    ("text", "code", "last_line"),
    [
        (HEAD, 0, r"holds: \d{3} intents met, \d+ controls pass, \d+ to be attested"),
        (HEAD + "computes: {training: {local_auth: true}}\n", 10, "does not hold: 1 finding in 1 control"),
        (HEAD + "undeclared: [a, b]\n", 10, "does not hold: 2 findings in 1 control"),
        (
            "version: 1\nname: nothing\nregion: westeurope\n",
            3,
            "nothing was checked: there is no service, machine or compute to ask about",
        ),
    ],
    ids=["holds", "one finding", "two findings", "nothing to check"],
)
def test_the_exit_code_says_what_came_of_it(tmp_path: Path, text: str, code: int, last_line: str) -> None:
    result = _run("check", _spec(tmp_path, text))
    assert (result.exit_code, result.stderr) == (code, "")
    assert re.fullmatch(last_line, result.stdout.splitlines()[-1])


def test_what_cannot_be_told_has_a_code_of_its_own(tmp_path: Path) -> None:
    result = _run("check", _spec(tmp_path, HEAD + UNKNOWN_SERVER), "--format", "json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["outcome"], told["closure"]["missed"], told["flow"]["missed"]) == (
        11,
        "undecided",
        0,
        0,
    )


def test_the_file_is_cloister_yaml_where_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _spec(tmp_path, HEAD)
    monkeypatch.chdir(tmp_path)
    result = _run("check")
    assert re.match(r"example  cloister.yaml\n\nclosure   (\d+) of \1 intents met\n", result.stdout)


def test_output_goes_to_a_file_and_the_sum_to_stderr(tmp_path: Path) -> None:
    target = tmp_path / "reports" / "check.sarif"
    result = _run("check", _spec(tmp_path, HEAD), "--format", "sarif", "--output", target)
    assert (result.exit_code, result.stdout) == (0, "")
    assert re.fullmatch(r"holds: \d+ intents met, \d+ controls pass, \d+ to be attested \((.*)\)\n", result.stderr)
    assert result.stderr.endswith(f"({target})\n")
    assert json.loads(target.read_text())["version"] == "2.1.0"
    assert [path.name for path in target.parent.iterdir()] == ["check.sarif"]


def test_an_unwritable_output_is_a_fault_with_its_mend(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, where a folder would have to be")
    spec = _spec(tmp_path, HEAD)
    done = subprocess.run(
        [sys.executable, "-m", "cloister", "check", str(spec), "--output", str(tmp_path / "taken" / "check.txt")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        f'file "{tmp_path}/taken/check.txt": it cannot be written: File exists\n'
        "  mend: choose a place with room that you may write to\n"
    )


def test_a_full_disk_leaves_neither_a_half_file_nor_a_folder(tmp_path: Path) -> None:
    target = tmp_path / "infra" / "prod"
    command = (
        f"ulimit -f 8; exec {sys.executable} -m cloister render terraform {_spec(tmp_path, HEAD)} --output {target}"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        f'file "{target}/main.tf.json": it cannot be written: File too large\n'
        "  mend: choose a place with room that you may write to\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["cloister.yaml"]


def test_an_intent_about_nothing_is_told_at_its_line(tmp_path: Path) -> None:
    intents = (
        "intents:\n"
        "  typo: {must: 'compute -> workspaces:443', why: a typo}\n"
        "  nonsense: {must_not: 'compute workspace', why: no arrow}\n"
    )
    spec = _spec(tmp_path, HEAD + intents)
    done = subprocess.run(
        [sys.executable, "-m", "cloister", "check", str(spec)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f'intent "typo": target "workspaces": is not in the environment ({spec}:5:10)' in done.stderr
    assert f"({spec}:6:14)" in done.stderr
    assert "did you mean workspace" in done.stderr


def test_the_check_imports_nothing_heavy() -> None:
    """The light verbs install and start without the platform."""
    code = (
        "import sys; from cloister.controls.report import forms; from cloister.controls.report.text import text; "
        "heavy = {'mlflow', 'pandas', 'numpy', 'sqlalchemy', 'starlette', 'azure', 'sklearn', 'httpx', 'jsonschema'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_terraform_is_printed(tmp_path: Path) -> None:
    result = _run("render", "terraform", _spec(tmp_path, HEAD))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "azurerm_virtual_network" in json.loads(result.stdout)["resource"]


def test_terraform_is_written_over_its_own_file_only(tmp_path: Path) -> None:
    folder, spec = tmp_path / "infra", _spec(tmp_path, HEAD)
    target = folder / "main.tf.json"
    assert _run("render", "terraform", spec, "--output", folder).exit_code == 0
    first = target.read_text()
    spec.write_text(HEAD + "region: northeurope\n")
    assert _run("render", "terraform", spec, "--output", folder).exit_code == 0
    second = target.read_text()
    assert (first != second, "northeurope" in second) == (True, True)

    edited = second.replace("northeurope", "westus")
    target.write_text(edited)
    refused = _run("render", "terraform", spec, "--output", folder)
    assert refused.exit_code != 0
    assert str(refused.exception) == (
        f'file "{target}": a file stands there that cloister did not write, or that was changed since\n'
        "  mend: give another place with --output, or overwrite it with --force"
    )
    assert target.read_text() == edited
    assert _run("render", "terraform", spec, "--output", folder, "--force").exit_code == 0
    assert target.read_text() == second
    assert [path.name for path in folder.iterdir()] == ["main.tf.json"]


def test_what_cannot_be_rendered_leaves_no_folder_behind(tmp_path: Path) -> None:
    spec = _spec(tmp_path, HEAD + "undeclared: [azurerm_subnet.lost]\n")
    result = _run("render", "terraform", spec, "--output", tmp_path / "infra")
    assert str(result.exception).startswith('"azurerm_subnet.lost": it is referred to, but nothing of that name')
    assert not (tmp_path / "infra").exists()


RECORDS = "version: 1\nblueprint: azure-static-records\nname: example\n"


def test_the_change_of_a_way_out_is_printed_to_be_laid_over(tmp_path: Path) -> None:
    path = _spec(tmp_path, RECORDS)
    assert _run("check", path).exit_code == 10
    result = _run("check", path, "--way-out", "static-records/forwarders")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[:4] == [
        "# Forward Azure's public suffixes to firewall (10.60.0.4).",
        "# Cost: one change on the name server, agreed once; each query is answered in Azure.",
        "# Effect: a name resolves on-premises as soon as Azure has made it; the records typed in by hand go.",
        "on_premises:",
    ]
    _spec(tmp_path, RECORDS + result.stdout)
    mended = _run("check", path)
    assert (mended.exit_code, "diagnosis" in mended.stdout) == (0, False)


def test_a_way_out_that_is_none_is_told_with_those_that_are(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["check", str(_spec(tmp_path, RECORDS)), "--way-out", "static-records/pray"])
    assert str(result.exception) == (
        'way out "static-records/pray": is not one of this environment\n  mend: write static-records/forwarders'
    )
    result = CliRunner().invoke(cli, ["check", str(_spec(tmp_path, HEAD)), "--way-out", "nsg-only/firewall"])
    assert str(result.exception).endswith("mend: write nothing: no known-bad environment is recognised here")


def test_one_pack_is_told_in_full(tmp_path: Path) -> None:
    result = _run("check", _spec(tmp_path, HEAD), "--pack", "packages-r", "--pack", "owner")
    told = result.stdout.splitlines()
    assert result.exit_code == 0
    assert re.fullmatch(r"closure   (\d) of \1 intents met", told[2])
    assert "  ok  packages: R  training, notebook -> cloud.r-project.org:443" in told
    assert not [line for line in told if line.startswith("controls")]


def test_a_pack_that_is_none_is_told_with_its_near_miss(tmp_path: Path) -> None:
    result = _run("check", _spec(tmp_path, HEAD), "--pack", "package-r")
    assert str(result.exception) == 'pack "package-r": is no built-in pack\n  mend: write packages-r'


def test_the_page_is_written_with_the_map_in_it(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    result = _run("check", _spec(tmp_path, HEAD), "--format", "html", "--output", page)
    assert result.exit_code == 0
    assert re.fullmatch(rf"holds: .* \({re.escape(str(page))}\)\n", result.stderr)
    assert page.read_text().startswith('<!doctype html>\n<html lang="en">')
    assert page.read_text().count('<svg xmlns="http://www.w3.org/2000/svg" class="cloister-map"') == 1


def test_the_map_is_printed_or_written(tmp_path: Path) -> None:
    spec, drawn = _spec(tmp_path, HEAD), tmp_path / "map.svg"
    printed = _run("map", spec)
    assert (printed.exit_code, printed.stderr, printed.stdout[:5]) == (0, "", "<svg ")
    written = _run("map", spec, "--output", drawn)
    assert (written.exit_code, written.stdout, written.stderr) == (0, "", f"{drawn} written\n")
    assert drawn.read_text() == printed.stdout
    faulty = _run("map", _spec(tmp_path, HEAD + "machines: {x: {purpose: other, subnet: nowhere/none}}\n"))
    assert (faulty.exit_code, faulty.stdout[:5]) == (2, "<svg ")


@pytest.mark.parametrize(
    ("arguments", "locale", "line"),
    [
        (("--language", "ja"), "", "成立\uff1a意図"),
        (("--language", "auto"), "vi_VN.UTF-8", "đạt: "),
        (("--language", "auto"), "de_DE.UTF-8", "holds: "),
        ((), "ja_JP.UTF-8", "holds: "),
    ],
    ids=["asked for", "of the environment, when asked", "of none of ours", "never unasked"],
)
def test_the_language_is_that_which_was_asked_for(
    tmp_path: Path, arguments: tuple[str, ...], locale: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "")
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", locale)
    result = _run("check", _spec(tmp_path, HEAD), *arguments)
    assert (result.exit_code, result.stdout.splitlines()[-1][: len(line)]) == (0, line)
