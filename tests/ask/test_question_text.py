"""Questions as text: every form that is understood, next to what is not, and why."""

import pytest

from cloister.ask.question import Question, parse_question
from cloister.errors import SpecError
from cloister.fabric.flows import Protocol


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("compute -> workspace:443", Question("compute -> workspace:443", "compute", "workspace", 443)),
        ("compute->workspace:443", Question("compute->workspace:443", "compute", "workspace", 443)),
        (
            "  ml/compute  ->  storage/file:445 ",
            Question("ml/compute -> storage/file:445", "ml/compute", "storage/file", 445),
        ),
        ("compute -> workspace", Question("compute -> workspace", "compute", "workspace")),
        ("compute -> 10.0.0.4:53/udp", Question("compute -> 10.0.0.4:53/udp", "compute", "10.0.0.4", 53, Protocol.UDP)),
        ("compute -> ml/data/icmp", Question("compute -> ml/data/icmp", "compute", "ml/data", protocol=Protocol.ICMP)),
        ("internet -> pypi.org:443/TCP", Question("internet -> pypi.org:443/TCP", "internet", "pypi.org", 443)),
        (
            "group:readers at jump-host -> workspace:443",
            Question(
                "group:readers at jump-host -> workspace:443", "jump-host", "workspace", 443, principal="group:readers"
            ),
        ),
        (
            "group:readers at jump-host: promote model/churn",
            Question(
                "group:readers at jump-host: promote model/churn",
                "jump-host",
                principal="group:readers",
                action="promote",
                resource="model/churn",
            ),
        ),
        (
            "user:ada  at jump-host : read  data/raw from lake",
            Question(
                "user:ada at jump-host : read data/raw from lake",
                "jump-host",
                principal="user:ada",
                action="read",
                resource="data/raw",
                where="lake",
            ),
        ),
        *[
            (
                f"sp:ci at ci-agent: push image {word} registry",
                Question(
                    f"sp:ci at ci-agent: push image {word} registry",
                    "ci-agent",
                    principal="sp:ci",
                    action="push",
                    resource="image",
                    where="registry",
                ),
            )
            for word in ("on", "in", "from", "to", "of")
        ],
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_question_is_understood(text: str, expected: Question) -> None:
    assert parse_question(text) == expected


@pytest.mark.parametrize(
    ("text", "thing", "reason"),
    [
        ("can compute reach it?", 'question "can compute reach it?"', "is not a question that can be answered"),
        ("", 'question ""', "is not a question that can be answered"),
        ("a -> b -> c", 'question "a -> b -> c"', "is not a question that can be answered"),
        ("compute -> workspace:0", 'target "workspace:0"', "0 is not a port"),
        ("compute -> workspace:70000", 'target "workspace:70000"', "70000 is not a port"),
        (
            "compute -> workspace:443/sctp",
            'target "workspace:443/sctp"',
            '"sctp" is not a protocol that a question can name',
        ),
        ("compute -> workspace:443/icmp", 'target "workspace:443/icmp"', "icmp has no ports"),
        ("user:ada at jump-host: read", 'action "read"', "is not an action that can be asked about"),
        (
            "user:ada at jump-host: read data at lake",
            'action "read data at lake"',
            "is not an action that can be asked about",
        ),
        ("compute -> workspace:https", 'target "workspace:https"', "is not NAME:PORT or NAME:PORT/udp"),
    ],
)
def test_what_is_no_question_is_refused(text: str, thing: str, reason: str) -> None:
    with pytest.raises(SpecError) as refusal:
        parse_question(text)
    (fault,) = refusal.value.faults
    assert (fault.thing, fault.reason) == (thing, reason)
    assert fault.mend
