"""What a command leaves in `outputs` and `logs` of its working folder."""

import os
from pathlib import Path

import pytest

from cloister.jobs.planning.plan import PlannedOutput, PlannedStep
from cloister.jobs.running.artifacts import gather, make_places
from cloister.jobs.running.folders import StepFolder
from cloister.jobs.running.left_behind import DEEPEST, TooDeepError


@pytest.fixture
def folder(tmp_path: Path) -> StepFolder:
    made = StepFolder(tmp_path / "step")
    made.clear()
    make_places(made)
    return made


def step(*outputs: PlannedOutput) -> PlannedStep:
    return PlannedStep("train", "python train.py", outputs=outputs)


def found(top: Path) -> dict[str, str]:
    return {str(p.relative_to(top)): p.read_text() for p in sorted(top.rglob("*")) if p.is_file()}


def test_both_folders_are_there_and_what_is_in_them_stays(folder: StepFolder) -> None:
    (folder.code / "outputs" / "a.txt").write_text("a")
    (folder.code / "logs" / "deep").mkdir()
    (folder.code / "logs" / "deep" / "b.txt").write_text("b")
    gather(folder, step())
    assert found(folder.artifacts) == {"outputs/a.txt": "a", "logs/deep/b.txt": "b"}


def test_folders_that_the_author_sent_along_are_the_places(folder: StepFolder) -> None:
    (folder.code / "logs").rmdir()
    (folder.code / "logs").write_text("a file of the author's")
    make_places(folder)
    (folder.code / "outputs" / "a.txt").write_text("a")
    gather(folder, step())
    assert found(folder.artifacts) == {"outputs/a.txt": "a"}


def test_a_command_that_leaves_nothing_leaves_no_folder(folder: StepFolder) -> None:
    gather(folder, step())
    assert not folder.artifacts.exists()


@pytest.mark.parametrize("name", ["artifacts", "default"])
def test_an_output_of_that_name_stands_for_both(folder: StepFolder, name: str) -> None:
    (folder.making / name).mkdir()
    (folder.code / "outputs" / "a.txt").write_text("a")
    gather(folder, step(PlannedOutput(name, "uri_folder")))
    assert found(folder.making / name) == {"outputs/a.txt": "a"}
    assert not folder.artifacts.exists()


def test_an_output_that_the_command_fills_by_itself_is_its_own(folder: StepFolder) -> None:
    (folder.making / "artifacts").mkdir()
    (folder.making / "artifacts" / "own.txt").write_text("own")
    (folder.code / "outputs" / "a.txt").write_text("a")
    gather(folder, step(PlannedOutput("artifacts", "uri_folder")))
    assert found(folder.making) == {"artifacts/own.txt": "own"}
    assert found(folder.artifacts) == {"outputs/a.txt": "a"}


def test_of_artifacts_only_plain_files_stay(folder: StepFolder, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not the step's")
    outputs = folder.code / "outputs"
    (outputs / "plain.txt").write_text("plain")
    (outputs / "link").symlink_to(secret)
    (outputs / "folder").symlink_to(tmp_path, target_is_directory=True)
    os.link(secret, outputs / "second_name")
    os.mkfifo(outputs / "pipe")
    gather(folder, step())
    assert [str(p.relative_to(folder.artifacts)) for p in sorted(folder.artifacts.rglob("*"))] == [
        "outputs",
        "outputs/plain.txt",
    ]
    assert secret.read_text() == "not the step's"


def test_a_link_in_the_place_of_a_folder_is_not_followed(folder: StepFolder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x").write_text("x")
    (folder.code / "outputs").rmdir()
    (folder.code / "outputs").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    gather(folder, step())
    assert not folder.artifacts.exists()


@pytest.mark.parametrize("name", ["artifacts", "default"])
def test_a_link_in_the_place_of_an_output_puts_nothing_where_it_leads(
    folder: StepFolder, tmp_path: Path, name: str
) -> None:
    """An empty folder of anybody's, of another job perhaps, would take what the command left."""
    (tmp_path / "anothers").mkdir()
    (folder.making / name).symlink_to(tmp_path / "anothers", target_is_directory=True)
    (folder.code / "outputs" / "a.txt").write_text("a")
    gather(folder, step(PlannedOutput(name, "uri_folder")))
    assert found(folder.artifacts) == {"outputs/a.txt": "a"}
    assert list((tmp_path / "anothers").iterdir()) == []


def test_names_that_nobody_should_have_to_bear_do_not_stay(folder: StepFolder) -> None:
    outputs = folder.code / "outputs"
    for name in (b"plain", b"bell\x07", b"two\nlines", b"\xff", b"\x1b]0;title\x07"):
        (Path(os.fsdecode(os.fsencode(outputs) + b"/" + name))).write_text("x")
    (outputs / "folder\n").mkdir()
    (outputs / "folder\n" / "x").write_text("x")
    gather(folder, step())
    assert found(folder.artifacts) == {"outputs/plain": "x"}


def test_folders_nested_without_end_fail_the_step_and_leave_nothing(folder: StepFolder) -> None:
    Path(folder.code, "outputs", *["d"] * (DEEPEST + 1)).mkdir(parents=True)
    with pytest.raises(TooDeepError, match=f"nested more than {DEEPEST} deep"):
        gather(folder, step())
    assert not folder.artifacts.exists()
