"""Where a job's files lie below the folder of jobs, and how they get there whole or not at all."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cloister.jobs.running import left_behind


@dataclass(frozen=True, slots=True)
class StepFolder:
    """The folder of one step. Only `code`, `temporary`, `making` and `checkpoints` are the command's to write."""

    root: Path

    @property
    def code(self) -> Path:
        """The working folder: a copy of the snapshot's code."""
        return self.root / "code"

    @property
    def temporary(self) -> Path:
        """For temporary files and as the command's home."""
        return self.root / "tmp"

    @property
    def making(self) -> Path:
        """Outputs while the command runs."""
        return self.root / "outputs.partial"

    @property
    def checkpoints(self) -> Path:
        """What the command keeps for its next attempt; there until the step has completed."""
        return self.root / "checkpoints"

    @property
    def writes(self) -> tuple[Path, ...]:
        """The folders that are the command's own."""
        return (self.code, self.temporary, self.making, self.checkpoints)

    @property
    def outputs(self) -> Path:
        """Outputs of a step that completed."""
        return self.root / "outputs"

    @property
    def artifacts(self) -> Path:
        """What the command left in `outputs` and `logs` of its working folder."""
        return self.root / "artifacts"

    @property
    def log(self) -> Path:
        """What the command printed, in all its attempts; the name is Azure ML's."""
        return self.root / "std_log.txt"

    def clear(self, *, keep_outputs: bool = False) -> None:
        """Make room for a new attempt: nothing of a half-run one stays but the log and its checkpoints.

        With `keep_outputs` what it had written of its outputs stays as well, for a command that goes on from there.
        """
        kept = (self.making,) if keep_outputs else ()
        for folder in (self.code, self.temporary, self.making, self.outputs, self.artifacts):
            if folder not in kept:
                left_behind.remove(folder)
            if folder not in (self.outputs, self.artifacts):
                folder.mkdir(parents=True, exist_ok=folder in kept)
        self.checkpoints.mkdir(exist_ok=True)

    def tell(self, *notes: str) -> None:
        """Write what the platform has to say of the step into its log, a line each."""
        with self.log.open("ab") as log:
            log.writelines(f"[cloister: {note}]\n".encode() for note in notes)

    def forget_checkpoints(self) -> None:
        """Remove what was kept for another attempt: there will be none."""
        with suppress(OSError):
            left_behind.remove(self.checkpoints)


@dataclass(frozen=True, slots=True)
class JobFolders:
    """The folder that holds all jobs."""

    root: Path

    def step(self, job: str, step: str) -> StepFolder:
        """The folder of one step."""
        return StepFolder(self.root / job / step)

    def input_data(self, job: str) -> Path:
        """Where the files that the author sent along are unpacked."""
        return self.root / job / ".data"

    def snapshot(self, sha256: str) -> Path:
        """The snapshot with that hash; jobs with the same code share one."""
        return self.root / ".snapshots" / f"{sha256}.tar.gz"
