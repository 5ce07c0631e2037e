import json
import os
import pwd
from pathlib import Path

import pytest

from cloister.ask.judgement import Asked, Judged, Judgement
from cloister.errors import InternalError
from cloister.inventory.intents import Intent, Side
from cloister.origin import Origin
from cloister.platform.announcement import Announcement
from cloister.platform.home import Home
from cloister.platform.plan import Settings
from cloister.platform.roles_walk import Row, check_walk, tries
from cloister.verdict import Answer, Layer, Outcome, Step, Verdict

HOME = Home(Path("/h"), Path("/h/run"))
SETTINGS = Settings(5000, 5001, HOME.database_url)
ROWS = (
    Row("admin", "create a run", 200, 200, "policy admin, statement Everything"),
    Row("reader", "create a run", 403, 403, "deny by default"),
)


def judged(name: str, side: Side, answer: Answer) -> Judged:
    outcome = {Answer.ALLOW: Outcome.PASS, Answer.DENY: Outcome.REFUSE, Answer.UNKNOWN: Outcome.UNKNOWN}[answer]
    verdict = Verdict(answer, f"{name} is {answer}", (Step(Layer.ROUTE, "here", outcome, "a step"),), "set next_hop")
    intent = Intent(name=name, side=side, question="a -> b:1", why="", origin=Origin("f", 1))
    return Judged("pack", intent, (Asked(intent.question, verdict),))


JUDGEMENT = Judgement(
    (judged("closed", Side.CLOSURE, Answer.DENY), judged("unclear", Side.CLOSURE, Answer.UNKNOWN)),
    (judged("works", Side.FLOW, Answer.ALLOW), judged("blocked", Side.FLOW, Answer.DENY)),
)


def announcement(**logins: str) -> Announcement:
    return Announcement(HOME, SETTINGS, JUDGEMENT, "each step runs as a user id of its own", logins, ROWS)


def test_people_read_all_of_it() -> None:
    user = pwd.getpwuid(os.geteuid()).pw_name
    assert announcement(reader="r-word", admin="a-word").to_text() == (
        "Environment\n"
        "  closure  1 of 2 intents met: what must not be possible is not\n"
        "  flow     1 of 2 intents met: what people need to do is possible\n"
        "  undecided: unclear: unclear is UNKNOWN\n"
        "    mend: set next_hop\n"
        "  missed: blocked: blocked is DENY\n"
        "    mend: set next_hop\n"
        "\n"
        "This machine\n"
        "  The networks above are proved, not enforced here; what jobs reach is said below.\n"
        f"  All processes run as user {user} and listen on 127.0.0.1 and on Unix sockets only.\n"
        "  Jobs: each step runs as a user id of its own.\n"
        "\n"
        "Addresses\n"
        "  MLflow, in a browser or for its client  http://127.0.0.1:5000\n"
        "  control API of the verbs                http://127.0.0.1:5000/cloister/v1/\n"
        "  endpoints                               http://127.0.0.1:5001/endpoints/NAME/invocations\n"
        "  logs                                    /h/logs\n"
        "\n"
        "Logins\n"
        "  admin   a-word\n"
        "  reader  r-word\n"
        "  shown this once; kept for you alone in /h/secrets/first-logins.json until you remove it\n"
        "\n"
        "What each role could and could not do, tried just now\n"
        "  role    tried to      must be        was            decided by\n"
        "  admin   create a run  allowed (200)  allowed (200)  policy admin, statement Everything\n"
        "  reader  create a run  refused (403)  refused (403)  deny by default"
    )


def test_a_later_start_shows_no_password() -> None:
    assert "  as before; a new password: cloister user passwd NAME\n" in announcement().to_text()


def test_programs_read_the_same_in_one_line() -> None:
    line = announcement(admin="a-word").to_json()
    assert "\n" not in line
    assert json.loads(line) == {
        "ready": True,
        "url": "http://127.0.0.1:5000",
        "serving_url": "http://127.0.0.1:5001",
        "home": "/h",
        "closure": {"met": 1, "missed": 0, "undecided": 1},
        "flow": {"met": 1, "missed": 1, "undecided": 0},
        "isolation": "each step runs as a user id of its own",
        "logins": {"admin": "a-word"},
        "roles": [
            {
                "role": "admin",
                "what": "create a run",
                "expected": 200,
                "status": 200,
                "decided_by": "policy admin, statement Everything",
            },
            {"role": "reader", "what": "create a run", "expected": 403, "status": 403, "decided_by": "deny by default"},
        ],
    }


def test_a_walk_as_expected_is_silent_and_any_other_stops_the_platform() -> None:
    check_walk(ROWS)
    wrong = Row("reader", "create a run", 403, 200, "policy reader, statement ReadMlflow")
    with pytest.raises(InternalError) as caught:
        check_walk((*ROWS, wrong))
    assert [(fault.thing, fault.reason) for fault in caught.value.faults] == [
        (
            "role reader",
            "create a run: answered with 200 where 403 must come (policy reader, statement ReadMlflow)",
        )
    ]


def test_the_walk_asks_every_role_for_something_it_may_and_something_it_may_not() -> None:
    asked = list(tries("1", "r"))
    for role in ("reader", "approver"):
        assert {one.expected for one in asked if one.role == role} == {200, 403, 404}
    assert {one.expected for one in asked if one.role == "nobody"} == {401}
