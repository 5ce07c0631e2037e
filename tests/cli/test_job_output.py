"""What steps print, as it is shown while it grows: whole lines, each once, and harmless on a terminal."""

from io import StringIO

import httpx
import pytest

from cloister.cli.job_output import Lines, harmless
from cloister.cli.job_progress import Progress
from cloister.client.stored import Credentials
from cloister.errors import SourceError
from cloister.sdk import Job, Seen
from cloister.sdk.control import ControlClient
from cloister.sdk.jobs import Jobs


def document(status: str, *steps: tuple[str, str]) -> dict[str, object]:
    told = dict.fromkeys(Job.__slots__, "") | {"name": "j", "status": status, "seconds": 2.0, "tags": {}}
    step = {"reason": "", "attempt": 1, "seconds": 1.0, "parent": ""}
    return told | {"archived": False, "steps": [step | {"name": name, "status": at} for name, at in steps]}


def seen(printed: dict[str, str], over: tuple[str, ...] = (), steps: tuple[str, ...] = ("a", "b")) -> Seen:
    states = [(name, "Completed" if name in over else "Running") for name in steps]
    return Seen(Job.of(document("Running", *states)), printed, frozenset(over))


LOOKS = [
    ("whole lines are shown as they come", [("one\ntwo\n", False)], [["one", "two"]]),
    (
        "the beginning of a line waits for its end",
        [("on", False), ("e\nt", False), ("wo", True)],
        [[], ["one"], ["two"]],
    ),
    ("an empty line is one", [("\n\n", False), ("", True)], [["", ""], []]),
    ("only a newline ends a line", [("a\x0bb\u2028c\rd\n", True)], [["a\x0bb\u2028c\rd"]]),
    ("what has ended is not shown again", [("one", True), ("", True)], [["one"], []]),
    ("a line without an end is shown in parts", [("x" * 70_000, False), ("y\n", False)], [["x" * 70_000], ["y"]]),
]


@pytest.mark.parametrize(("looks", "lines"), [row[1:] for row in LOOKS], ids=[row[0] for row in LOOKS])
def test_lines(looks: list[tuple[str, bool]], lines: list[list[str]]) -> None:
    held = Lines()
    assert [held.of(seen({"a": text}, ("a",) if over else ()), "a") for text, over in looks] == lines


def test_the_line_that_a_step_is_at_is_the_last_state_of_what_is_written_over() -> None:
    held = Lines()
    assert held.of(seen({"a": "done\n\r10%\r\x1b[1A55%"}), "a") == ["done"]
    assert held.begun == {"a": "[1A55%"}


HARMLESS = [
    ("colours stay", "\x1b[1;31mred\x1b[0m\tx", "\x1b[1;31mred\x1b[0m\tx"),
    ("the clipboard is not written", "\x1b]52;c;aGk=\x07", "]52;c;aGk="),
    ("nothing moves", "\x1b[2J\x1b[1A", "[2J[1A"),
    ("nor by the one character that begins a command", "\x9b2J", "2J"),
    ("nor where a piece ends within a command", "\x1b", ""),
    ("ends of lines stay", "a\r\nb", "a\r\nb"),
]


@pytest.mark.parametrize(("text", "shown"), [row[1:] for row in HARMLESS], ids=[row[0] for row in HARMLESS])
def test_a_terminal_is_not_commanded(text: str, shown: str) -> None:
    assert harmless(text) == shown


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_than_on_a_terminal_a_line_is_what_was_printed() -> None:
    talk, output = StringIO(), StringIO()
    with Progress(talk, output) as progress:
        progress.show(seen({"a": "\x1b[1m1\x1b[2J\n"}))
        progress.show(seen({"a": "2", "b": "x\n"}, over=("a",)))
    assert output.getvalue() == "a | \x1b[1m1\x1b[2J\na | 2\nb | x\n"
    told = [("a", "Running"), ("b", "Running"), ("a", "Completed")]
    assert [tuple(line.split()[:2]) for line in talk.getvalue().splitlines()] == told


def test_the_only_step_needs_no_name() -> None:
    output = StringIO()
    with Progress(StringIO(), output) as progress:
        progress.show(seen({"a": "1\n"}, steps=("a",)))
    assert output.getvalue() == "1\n"


def test_on_a_terminal_lines_stand_above_the_tree_with_names_also_where_they_were_written_over() -> None:
    screen = Screen()
    with Progress(screen, screen) as progress:
        progress.show(seen({"a": "10%\r100%\n\x1b]0;title\x07\r\n"}))
    shown = screen.getvalue()
    assert "\x1b[2ma | \x1b[0m100%\n\x1b[2ma | \x1b[0m]0;title\n" in shown
    assert shown.index("100%") < shown.rindex("j  Running")


def test_a_log_that_goes_through_a_pipe_leaves_the_terminal_without_a_tree() -> None:
    screen, pipe = Screen(), StringIO()
    with Progress(screen, pipe) as progress:
        progress.show(seen({"a": "1\n"}))
    assert screen.getvalue().splitlines()[0].split()[:2] == ["a", "Running"]
    assert pipe.getvalue() == "a | 1\n"


class Answers(httpx.BaseTransport):
    """A platform that answers one thing after the other, and nothing where there is None."""

    def __init__(self, *answers: "httpx.Response | None") -> None:
        self.answers = list(answers)
        self.asked: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.read())
        if (answer := self.answers.pop(0)) is None:
            raise httpx.ConnectError(str(request.url))
        return answer


def look(status: str, text: str, next_offset: int, *, complete: bool = False) -> httpx.Response:
    printed = {"a": {"text": text, "next_offset": next_offset, "complete": complete}}
    return httpx.Response(200, json={"job": document(status, ("a", status)), "printed": printed, "more": False})


def followed(answers: Answers) -> list[str]:
    found: list[str] = []
    control = ControlClient(Credentials("http://platform", "token"), transport=answers)
    Jobs(control).stream("j", lambda one: found.extend(one.printed.values()))
    return found


def test_a_platform_that_comes_back_is_followed_from_where_it_was() -> None:
    answers = Answers(look("Running", "1\n", 2), httpx.Response(503), None, look("Completed", "2\n", 4, complete=True))
    assert followed(answers) == ["1\n", "2\n"]
    assert answers.asked == [b'{"offsets":{}}', *[b'{"offsets":{"a":2}}'] * 3]


def test_a_platform_that_never_answered_is_not_waited_for() -> None:
    with pytest.raises(SourceError, match="nothing answers there"):
        followed(Answers(None))
