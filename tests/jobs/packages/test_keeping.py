"""What comes from upstream: files of allowed packages, once; nobody who asks the index makes it ask anybody else."""

import hashlib
from pathlib import Path

import httpx
import pytest
from package_index import Served, sdist, wheel  # type: ignore[import-not-found]  # as in conftest.py

from cloister.errors import SourceError
from cloister.jobs.packages import allowing, upstream
from cloister.jobs.packages.keeping import Keeping
from cloister.jobs.packages.names import Entry, read_entry


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip is set up to look in, and nowhere else."""
    folder = tmp_path / "outside"
    for path in (wheel(folder, "tool", "1.0", "below"), wheel(folder, "below", "2.1"), wheel(folder, "unlisted")):
        assert path.exists()
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nno-index = true\nfind-links = {folder}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    return folder


def test_what_is_allowed_is_fetched_once_and_served_without_upstream(served: Served, outside: Path) -> None:
    keeping = Keeping(served.index, fetches=True)
    served.allow("tool==1.0")
    keeping.once()
    (outside / "tool-1.0-py3-none-any.whl").unlink()
    keeping.once()
    served.index._read = None
    assert "tool-1.0" in httpx.get(f"{served.simple}tool/").text
    assert [(one.filename, one.taken_from) for one in served.shelf.listed()] == [
        ("tool-1.0-py3-none-any.whl", "upstream")
    ]


def test_a_name_that_is_asked_for_goes_nowhere(served: Served, outside: Path) -> None:
    asked: list[str] = []
    before = upstream.fetch
    keeping = Keeping(served.index, fetches=True)
    assert (outside / "unlisted-1.0-py3-none-any.whl").exists()
    assert httpx.get(f"{served.simple}unlisted/").status_code == 404
    try:
        upstream.fetch = lambda entry, _: asked.append(str(entry))  # type: ignore[assignment, return-value]
        keeping.once()
    finally:
        upstream.fetch = before
    assert asked == []
    assert served.shelf.listed() == ()
    assert [one.project for one in served.requests.refused()] == ["unlisted"]


def test_what_is_allowed_comes_together_and_what_upstream_does_not_have_is_told(
    served: Served, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    before = upstream._pip

    def counted(*arguments: str, **rest: str) -> str:
        calls.append(sum("==" in one for one in arguments))
        return before(*arguments, **rest)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(upstream, "_pip", counted)
    served.allow("tool==1.0", "below==2.1")
    keeping = Keeping(served.index, fetches=True)
    keeping.once()
    assert calls == [2]
    assert [(one.project, one.version) for one in served.shelf.listed()] == [("below", "2.1"), ("tool", "1.0")]
    assert outside.is_dir()
    served.allow("absent==1.0", "unlisted==1.0")
    keeping.once()
    assert calls == [2, 2, 1, 1]
    faults = {one.entry.project: one.fault for one in served.requests.allowed() if one.fault}
    assert list(faults) == ["absent"]
    assert faults["absent"].startswith("pip did not find it: ")
    assert "absent==1.0" in faults["absent"]
    assert "unlisted" in [one.project for one in served.shelf.listed()]


def test_no_code_of_a_source_archive_runs_while_it_is_fetched(served: Served, outside: Path) -> None:
    ran = outside / "ran"
    sdist(outside, "evil", files={"setup.py": f"open({str(ran)!r}, 'w')".encode()})
    served.allow("evil==1.0", with_source=True)
    # Nor does the list of what packages need, which anybody wrote, end the work.
    served.take(wheel(outside, "odd", "1.0", "below (((", 'below; sys_platform ~= "a"'))
    served.allow("odd==1.0")
    served.requests.note_refused({"odd": ("is not on the allow-list", 1)})
    Keeping(served.index, fetches=True).once()
    assert not ran.exists()
    (fault,) = {one.fault for one in served.requests.allowed() if one.fault}
    assert fault.startswith("pip did not find it: ")
    assert fault.endswith("; a source archive is imported by hand, since pip runs the code of one to look into it")
    assert [one.project for one in served.shelf.listed()] == ["odd"]


def test_what_is_refused_is_not_fetched_again_and_again(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def fetched(entry: Entry, folder: Path) -> Path:
        tried.append(str(entry))
        return Path(wheel(folder, "bad", claims="evil"))

    monkeypatch.setattr(upstream, "fetch", fetched)
    served.allow("bad==1.0")
    keeping = Keeping(served.index, fetches=True)
    for moment, times in ((0.0, 1), (400.0, 1), (90_000.0, 2)):
        monkeypatch.setattr(served.index, "clock", lambda moment=moment: moment)
        keeping.once()
        assert tried == ["bad==1.0"] * times
    assert len(list(served.shelf.quarantine.glob("bad-1.0*.whl.*.txt"))) == len(tried)


def test_what_ships_is_fetched_when_missed_with_what_it_needs_and_with_its_hash_alone(
    served: Served, outside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, needed = wheel(outside, "ships", "1.0", "ships-too"), wheel(outside, "ships-too")
    lock = "".join(f"{p.name.split('-')[0]}==1.0 --hash=sha256:{_sha256(p)}\n" for p in (good, needed))
    monkeypatch.setattr(allowing, "_shipped", lambda: allowing.entries_of([lock]))
    keeping = Keeping(served.index, fetches=True)
    keeping.once()
    assert served.shelf.listed() == ()
    assert httpx.get(f"{served.simple}ships/").status_code == 404
    for _ in range(2):
        keeping.once()
    assert [one.project for one in served.shelf.listed()] == ["ships", "ships-too"]
    other = Keeping(served.index, fetches=True)
    monkeypatch.setattr(
        allowing, "_shipped", lambda: allowing.entries_of([lock, f"tool==1.0 --hash=sha256:{'0' * 64}"])
    )
    served.index._read = None
    assert httpx.get(f"{served.simple}tool/").status_code == 404
    other.once()
    assert "tool" not in [one.project for one in served.shelf.listed()]
    served.take(wheel(tmp_path, "tool"))
    served.index._read = None
    assert httpx.get(f"{served.simple}tool/").status_code == 404


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_files_put_into_the_folder_by_hand_are_served(served: Served, tmp_path: Path) -> None:
    served.allow("tool==1.0")
    served.shelf.files.mkdir(parents=True, exist_ok=True)
    wheel(served.shelf.files, "tool")
    wheel(tmp_path, "evil").rename(served.shelf.files / "good-1.0-py3-none-any.whl")
    Keeping(served.index, fetches=False).once()
    served.index._read = None
    assert "tool-1.0" in httpx.get(f"{served.simple}tool/").text
    assert [one.name for one in served.shelf.files.iterdir()] == ["tool-1.0-py3-none-any.whl"]


def test_what_an_entry_needs_is_found_here_or_upstream(served: Served, outside: Path, tmp_path: Path) -> None:
    entry = read_entry("tool==1.0")
    served.take(wheel(tmp_path, "tool", "1.0", "below"))
    with pytest.raises(SourceError, match="below"):
        upstream.dependencies(entry, served.shelf.files, upstream=False)
    assert outside.is_dir()
    pins = upstream.dependencies(entry, served.shelf.files, upstream=True)
    assert [str(pin) for pin in pins] == ["below==2.1", "tool==1.0"]
