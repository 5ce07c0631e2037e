"""A step made ready to run: its folder filled, its inputs and outputs placed, its command line complete."""

import contextlib
import os
import stat
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from cloister.jobs.assets.snapshot import extract
from cloister.jobs.planning.plan import (
    Constant,
    FromReference,
    FromSearch,
    FromSnapshot,
    FromStep,
    PlannedInput,
    PlannedStep,
)
from cloister.jobs.running.artifacts import make_places
from cloister.jobs.running.folders import JobFolders, StepFolder
from cloister.jobs.running.known_variables import azureml_variables
from cloister.jobs.running.left_behind import Left, everything, opened
from cloister.jobs.running.limits import amount
from cloister.jobs.running.lines import line_of
from cloister.jobs.running.path_faults import fault_of_path
from cloister.jobs.running.ray_certificates import write_certificates
from cloister.jobs.running.script_mode import Machine, make_tree, script_mode_variables
from cloister.jobs.running.step_data import Placed, StepData


class OutputError(Exception):
    """A command that succeeded did not write what it says it makes; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The command line, where it runs, what it reads, and the variables that tell it of these."""

    line: str
    folder: StepFolder
    reads: tuple[Path, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


def prepare(
    folders: JobFolders, job: str, step: PlannedStep, snapshot: str, data: StepData, held: ExitStack
) -> Prepared:
    """Fill the step's folder anew; what a half-run attempt left is removed first.

    What it reads from outside of the job stays until `held` is closed.
    """
    folder = folders.step(job, step.name)
    # A parallel step goes on where its last attempt was interrupted; every other one begins anew.
    folder.clear(keep_outputs=step.parallel is not None)
    archive = folders.snapshot(snapshot)
    if step.code:
        extract(archive, step.code, folder.code)
    make_places(folder)
    if step.distribution is not None and step.distribution.kind == "ray":
        write_certificates(folder.temporary / ".ray-tls")
    placed = {
        wanted.name: _place(folders, job, step.name, as_placed(step, wanted), data, held) for wanted in step.inputs
    }
    for wanted in step.inputs:
        if isinstance(wanted.binding, FromSnapshot):
            _unpack_data(folders, job, wanted.binding, archive)
    outputs = {}
    for output in step.outputs:
        outputs[output.name] = str(folder.making / output.name)
        if not output.is_file:
            (folder.making / output.name).mkdir(exist_ok=step.parallel is not None)
    inputs = {name: one.text for name, one in placed.items()}
    reads = tuple(path for one in placed.values() for path in one.reads)
    make_tree(folder, step, inputs, outputs)
    variables = azureml_variables(step, inputs, outputs) | script_mode_variables(folder, step, inputs, _machine())
    return Prepared(line_of(step, inputs, outputs), folder, reads, variables)


def as_placed(step: PlannedStep, wanted: PlannedInput) -> PlannedInput:
    """The input in the mode that it is had in: what a parallel step cuts up is had as files.

    Azure ML asks for the mode `direct` where that is a table, and has a library in the step that reads addresses.
    """
    is_cut = step.parallel is not None and wanted.name == step.parallel.mini_batch_input
    return replace(wanted, mode="") if is_cut else wanted


def _machine() -> Machine:
    return Machine(len(os.sched_getaffinity(0)), len(list(Path("/dev").glob("nvidia[0-9]*"))))


def _place(folders: JobFolders, job: str, step: str, wanted: PlannedInput, data: StepData, held: ExitStack) -> Placed:
    """What stands for the input in the command line, and where its data lies."""
    match wanted.binding:
        case Constant(text):
            return Placed(text, ())
        case FromSnapshot(path):
            return _at(folders.input_data(job) / path.removeprefix("data/"))
        case FromStep(source, output):
            return _at(folders.step(job, source).outputs / output)
        case FromReference(uri):
            return data.place(job, step, wanted, uri, held)
        case FromSearch(dimension):
            message = f"{dimension} has no value outside of a trial"
            raise OutputError(message)


def _at(path: Path) -> Placed:
    return Placed(str(path), (path,))


def _unpack_data(folders: JobFolders, job: str, binding: FromSnapshot, archive: Path) -> None:
    """Unpack an input once for the whole job; it appears whole, by a rename."""
    name = binding.path.split("/")[1]
    target = folders.input_data(job) / name
    if target.exists():
        return
    draft = target.with_name(f"{name}.{os.getpid()}.partial")
    extract(archive, f"data/{name}", draft)
    try:
        draft.rename(target)
    except OSError:
        # A step beside this one was quicker.
        if not target.exists():
            raise


def give_to(folder: StepFolder, uid: int) -> None:
    """Make the user the owner of the step's folders and all in them; links are not followed.

    Raises OutputError on what an earlier attempt left there as a second name of some file: the file may be anybody's
    (link(2), protected_hardlinks in proc(5)).
    """
    told = {folder.checkpoints: "checkpoint folder", folder.making: "folder of outputs"}
    for place in folder.writes:
        for left in everything(place):
            if place in told and not left.is_folder and left.found.st_nlink > 1:
                message = f"its {told[place]} holds {left.path!r}, a file with more than one name (hard links)"
                raise OutputError(message)
            left.give(uid, uid)
            if not left.path:
                # For nobody else, also where steps see the whole machine.
                left.allow(0o700)


def close(folder: StepFolder) -> None:
    """Make the step's folders ours again, and nobody else's to enter: its user id will be another step's."""
    for place in folder.writes:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), opened(place) as held:
            os.fchown(held, os.geteuid(), os.getegid())
            os.fchmod(held, 0o700)


def publish(folder: StepFolder, step: PlannedStep, *, take_back: bool, most_bytes: int) -> None:
    """Turn what the command wrote into the step's outputs, at one moment.

    Raises OutputError where one is missing, and on all that is no plain file or folder: later steps and we ourselves
    would follow a link to wherever it leads, with other rights than those of its author. All files together have at
    most so many bytes to read: one of holes takes nothing of the disk until somebody copies it.
    """
    size = 0
    for left in everything(folder.making):
        if reason := _unfit(left):
            message = f"it left {left.path!r} among its outputs, which is {reason}"
            raise OutputError(message)
        size += 0 if left.is_folder else left.found.st_size
        if size > most_bytes:
            message = f"its outputs hold more than {amount(most_bytes)} to read, with the holes in them"
            raise OutputError(message)
        if take_back:
            left.give(os.geteuid(), os.getegid())
        # The steps that read it are other users.
        left.allow(0o755 if left.is_folder else 0o644 | left.found.st_mode & 0o111)
    for output in step.outputs:
        path = folder.making / output.name
        if output.is_file and not path.is_file():
            message = f'it declares output "{output.name}" (uri_file), but wrote no such file'
            raise OutputError(message)
        if not output.is_file and not path.is_dir():
            message = f'it declares output "{output.name}" ({output.type}), but left no such folder'
            raise OutputError(message)
    folder.making.rename(folder.outputs)


def _unfit(left: Left) -> str:
    """Why it cannot be handed on; empty for a folder, and for a file that has this one name."""
    if left.is_plain:
        return fault_of_path(left.path)
    several = stat.S_ISREG(left.found.st_mode)
    return "a file with more than one name (hard links)" if several else "a link, or no regular file or folder"
